"""Answering questions from passages."""
import threading
from ctypes import byref, c_void_p
from dataclasses import dataclass
from typing import Any, Iterable, List, Optional, Sequence, Tuple

from . import _interface as c
from ._library import (IngotError, call, check_numbers, chosen, encoded, freed_with, is_freed,
                       library, set_members, text_of)
from ._translator import Models, ensemble_of
from ._work import Interrupter, Work


# The least numbers of the command's.
_LEAST = {"n_best": 1, "max_answer_length": 1, "max_length": 1, "stride": 0, "beam_size": 1,
          "threads": 1, "workers": 1, "batch_tokens": 1}


@dataclass(frozen=True)
class Answer:
    """A stretch of the context, or a text that was generated; "" says that there is no answer."""

    text: str
    score: float
    # Characters of the context, the end excluded; None: the text does not occur in it.
    start: Optional[int]
    end: Optional[int]
    passage: Optional[str] = None  # with show_passage: the sentences that the answer is in
    n_best: Tuple["Answer", ...] = ()  # with n_best above 1: all, the best first
    problem: Optional[str] = None  # why the question could not be asked

    def __str__(self) -> str:
        return self.text


def _answer_of(a: Any) -> Answer:
    return Answer(text_of(a.text), a.score, a.start_code if a.placed else None,
                  a.end_code if a.placed else None,
                  None if a.passage is None else text_of(a.passage))


def _best_of(answers: c.ig_answers) -> Answer:
    """What `ingot answer` prints of a question."""
    if answers.problem is not None:
        return Answer("", 0.0, None, None, problem=text_of(answers.problem))
    listed = tuple(_answer_of(answers.list[i]) for i in range(answers.count))
    if answers.chosen >= 0:
        best = listed[answers.chosen]
    else:
        none = [answer.score for answer in listed if answer.text == ""]
        best = Answer("", none[0] if none else 0.0, 0, 0)
    return Answer(best.text, best.score, best.start, best.end, best.passage, listed)


class Answerer:
    """Answers questions with an encoder that has a head for it, or a model that generates.

    The options are those of `ingot answer`, by the same names, with the same defaults; docs/cli.md
    explains each. Threads may share an Answerer: they wait for one another."""

    def __init__(
        self, model: Models, *, post_processing: str = "pipeline", n_best: Optional[int] = None,
        max_answer_length: Optional[int] = None, max_length: Optional[int] = None,
        stride: Optional[int] = None, no_answer: bool = False,
        null_threshold: Optional[float] = None, part_words: bool = False,
        beam_size: Optional[int] = None, length_penalty: Optional[float] = None,
        show_passage: bool = False, type: Optional[str] = None, threads: Optional[int] = None,
        workers: Optional[int] = None, batch_tokens: Optional[int] = None,
    ) -> None:
        check_numbers(_LEAST, locals())
        options = library.ig_answerer_options_default()
        set_members(
            options, n_best=n_best, max_answer_length=max_answer_length, max_length=max_length,
            stride=stride, no_answer=no_answer, null_threshold=null_threshold,
            part_words=part_words, beam_size=beam_size, length_penalty=length_penalty,
            passages=show_passage, type=type, threads=threads, workers=workers,
            batch_tokens=batch_tokens,
            post_processing=chosen("post_processing", post_processing, "pipeline", "run_qa"))
        self._interrupter = Interrupter()
        options.interrupter = self._interrupter.handle
        self._handle = c_void_p()
        ensemble = ensemble_of(model, None, None)
        call("ig_answerer_open", byref(ensemble), byref(options), byref(self._handle))
        self._lock = threading.Lock()
        self._close = freed_with(self, _free, self._handle, self._interrupter)

    def answer(self, question: str, context: str) -> Answer:
        """The answer to one question. A question that cannot be asked is an IngotError."""
        found = self.answer_all([(question, context)])[0]
        if found.problem is not None:
            raise IngotError(found.problem)
        return found

    def answer_all(self, questions: Iterable[Sequence[str]]) -> List[Answer]:
        """The answers to (question, context) pairs, which are asked together. One that cannot be
        asked has a `problem`."""
        pairs = list(questions)
        for number, pair in enumerate(pairs):
            if isinstance(pair, (str, bytes)) or not hasattr(pair, "__len__") or len(pair) != 2:
                raise TypeError(f"pair {number + 1}: expected (question, context), found {pair!r}")
        asked = (c.ig_question * len(pairs))()
        for number, (question, context) in enumerate(pairs):
            asked[number].question = encoded(question, f"question {number + 1}")
            asked[number].context = encoded(context, f"context {number + 1}")
        out = (c.ig_answers * len(pairs))()
        with self._lock:
            if not self._handle or is_freed(self._close):
                raise IngotError("the Answerer is closed")
            library.ig_interrupter_reset(self._interrupter.handle)
            try:
                Work(self._interrupter).run("ig_answerer_run", self._handle, asked, len(pairs), out)
                return [_best_of(answers) for answers in out]
            finally:
                for answers in out:
                    library.ig_answers_free(byref(answers))

    def close(self) -> None:
        """Gives the memory back, once what is being asked is answered."""
        with self._lock:
            self._close()
            self._handle = c_void_p()

    def __enter__(self) -> "Answerer":
        return self

    def __exit__(self, *_error: Any) -> None:
        self.close()


def _free(handle: c_void_p, _interrupter: Interrupter) -> None:
    library.ig_answerer_free(handle)
