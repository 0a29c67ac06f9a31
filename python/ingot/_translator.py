"""Translating."""
import operator
import os
from collections import deque
from ctypes import POINTER, byref, c_char_p, c_void_p
from itertools import islice
from typing import (Any, Deque, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple, Union,
                    overload)

from . import _interface as c
from ._library import (IngotError, Path, call, check_numbers, check_switches, chosen,
                       error_of, freed_with, is_freed, kind_of, library,
                       log, path_bytes, set_members, source_bytes, take)
from ._progress import ProgressOption, Reporting
from ._texts import TranslatedText, texts_of
from ._translation import Alignment, LineReader, Translation, alignment_of
from ._work import Interrupter, Work

Models = Union[Path, Sequence[Path]]
# A text; with ids_in, ids of tokens.
Source = Union[str, Sequence[int]]

# Texts up to this length are translated at once; longer ones, so that Ctrl-C interrupts.
_SHORT = 1000
# Lines that are taken from an iterable at a time.
_TAKEN = 256
# What ig_translate_stats counts that a user should hear of.
_LOSSES = ("truncated", "repaired", "unknown_codes", "unknown_sources", "empty", "unfinished",
           "unknown_outputs", "divided", "empty_outputs", "late_codes", "missing_terms")
_SWITCHES = ("sample", "ids", "ids_in", "keep_unknown", "alignments", "strict")
# The least numbers of the command's.
_LEAST = {"beam_size": 1, "n_best": 1, "alternatives": 2, "min_length": 0, "max_length": 1,
          "no_repeat_ngram_size": 0, "top_k": 0, "draft_tokens": 1, "threads": 1, "workers": 1,
          "batch_tokens": 1, "seed": 0, "alignments_head": 0}
_ENGINE = ("threads", "workers", "type", "draft", "ensemble", "weights")


def ensemble_of(models: Models, weights: Optional[Sequence[float]],
                mean: Optional[str]) -> c.ig_ensemble:
    """One model, or several that decide together."""
    paths = [models] if isinstance(models, (str, os.PathLike)) else list(models)
    if weights is not None and len(weights) != len(paths):
        raise IngotError(f"weights: expected a number for each of {len(paths)} models, "
                         f"found {len(weights)}")
    members = (c.ig_ensemble_member * len(paths))()
    for index, path in enumerate(paths):
        members[index].directory = path_bytes(path)
        members[index].weight = 0.0 if weights is None else weights[index]
    made = c.ig_ensemble()
    made.members, made.count = members, len(paths)
    made.mean = chosen("ensemble", mean, "arithmetic", "geometric") or 0
    return made


class _Engine:
    """An ig_engine, which translators share. Freed with the last of them."""

    def __init__(self, ensemble: c.ig_ensemble, **options: Any) -> None:
        self.handle = c_void_p()
        values = library.ig_engine_options_default()
        set_members(values, **options)
        call("ig_engine_open", byref(ensemble), byref(values), byref(self.handle))
        self.close = freed_with(self, library.ig_engine_free, self.handle)


def _free_session(handle: c_void_p, _needed: Tuple[Any, ...]) -> None:
    library.ig_translator_free(handle)


class _Session:
    """An ig_translator: one thread at a time works with it."""

    def __init__(self, engine: _Engine, options: c.ig_translator_options, aligned: bool) -> None:
        self.interrupter = Interrupter()
        # (line, hypothesis, alignment), of the lines that come next
        self.alignments: Deque[Tuple[int, int, Alignment]] = deque()
        own = c.ig_translator_options.from_buffer_copy(options)
        own.interrupter = self.interrupter.handle
        found = self.alignments

        def keep(_context: Any, alignment: Any, err: Any) -> int:
            try:
                a = alignment.contents
                found.append((a.line, a.hypothesis, alignment_of(a)))
                return c.IG_OK
            except Exception as error:  # must not be lost in the library
                err.contents.message = repr(error).encode()[:1000]
                err.contents.status = c.IG_ERROR_ARGUMENT
                return c.IG_ERROR_ARGUMENT

        if aligned:
            own.alignments.write = kind_of(own.alignments, "write")(keep)
        self.handle, self.out, self.error = c_void_p(), c_void_p(), c.ig_error()
        call("ig_translator_open_on", engine.handle, byref(own), byref(self.handle))
        self.losses = (0,) * len(_LOSSES)
        # What the translator needs lives until it is freed.
        self.close = freed_with(self, _free_session, self.handle,
                                (engine, self.interrupter, own, options))

    def alignments_to(self, line: int) -> List[Tuple[int, Alignment]]:
        """(hypothesis, alignment) of the lines up to this one; they are dropped."""
        found = []
        while self.alignments and self.alignments[0][0] <= line:
            found.append(self.alignments.popleft()[1:])
        return found

    def translate(self, text: bytes) -> str:
        """One text, on this thread."""
        status = library.ig_translate(self.handle, text, byref(self.out), byref(self.error))
        if status != c.IG_OK:
            raise error_of(self.error)
        return take(self.out)

    def new_losses(self) -> str:
        """What has been lost since this was asked last, as words."""
        stats = library.ig_translator_stats(self.handle)
        losses = tuple([getattr(stats, name) for name in _LOSSES])
        if losses == self.losses:
            return ""
        changed = [f"{name} {now - before}" for name, now, before in
                   zip(_LOSSES, losses, self.losses) if now > before]
        self.losses = losses
        return ", ".join(changed)


class _Stream:
    """Sources that come from an iterator and go out as translations, in the same order."""

    def __init__(self, session: _Session, reader: LineReader, sources: Iterator[Source],
                 ids_in: bool) -> None:
        self._session, self._reader, self._sources = session, reader, sources
        self._ids_in = ids_in
        self.work = Work(session.interrupter)
        self._taken: Deque[bytes] = deque()
        self._current = b""  # the library reads it until it asks for the next
        self._breaks: Deque[List[str]] = deque()  # those within each source that is taken
        self._written: List[str] = []  # lines of the source whose turn it is
        self._line = 0  # lines of sources that are written

    def _take(self) -> None:
        """On the caller's thread: the next sources."""
        for source in islice(self._sources, _TAKEN):
            lines, breaks = _divided(_text(source, self._ids_in), self._reader.joins)
            self._taken.extend([source_bytes(line) for line in lines])
            self._breaks.append(breaks)

    def _read(self, _context: Any, line: Any, length: Any, _err: Any) -> int:
        if not self._taken:
            self.work.ask(self._take)
        if self.work.failed:
            return c.IG_INTERRUPTED
        if not self._taken:
            line[0] = None
            return c.IG_OK
        self._current = self._taken.popleft()
        line[0] = self._current
        length[0] = len(self._current)
        return c.IG_OK

    def _write(self, _context: Any, line: Any, length: int, _err: Any) -> int:
        self._written.append(line[:length].decode("utf-8", "surrogateescape"))
        count = 1 + len(self._breaks[0])
        if len(self._written) == count * self._reader.lines_each:
            breaks = self._breaks.popleft()
            self._line += count
            lines = ["".join(map("".join, zip(self._written, [*breaks, ""])))] if breaks else \
                self._written
            self.work.put(self._reader.translation(
                lines, self._session.alignments_to(self._line)))
            self._written = []
        return c.IG_OK

    def translations(self, progress: ProgressOption, total: int) -> Iterator[Translation]:
        """Translates."""
        stream = c.ig_line_stream()
        stream.read = kind_of(stream, "read")(self.work.guarded(self._read))
        stream.write = kind_of(stream, "write")(self.work.guarded(self._write))
        stream.total = total
        if total == 0:  # without an end in sight: what has been taken is translated first
            stream.ready = kind_of(stream, "ready")(lambda _context: bool(self._taken))
        with Reporting(self.work, progress) as reporter:
            yield from self.work.steps("ig_translate_lines", self._session.handle, byref(stream),
                                       byref(reporter))


def _divided(text: str, apart: bool) -> Tuple[List[str], List[str]]:
    """The lines of a source, and the breaks between them; apart: may they be several?"""
    if not apart:
        text = _without_newline(text)
    lines = text.split("\n")
    if len(lines) > 1 and not apart:
        raise IngotError("a source: expected one line with n_best, alternatives, scores, ids "
                         f"or ids_in, found {len(lines)}: {text[:100]!r}")
    breaks = ["\r\n" if line.endswith("\r") else "\n" for line in lines[:-1]]
    return [line[:-1] if line.endswith("\r") else line for line in lines[:-1]] + lines[-1:], breaks


def _text(source: Source, ids_in: bool) -> str:
    if isinstance(source, str):
        return source
    if not ids_in or isinstance(source, (bytes, bytearray)):
        raise TypeError(f"a source: expected a str, found {source!r}")
    try:
        return " ".join(str(operator.index(number)) for number in source)
    except TypeError:
        raise TypeError(f"a source: expected ids of tokens, found {source!r}") from None


class Translator:
    """Translates with one model, or with several that decide together.

    model: a model's directory, or "MODEL+ADAPTER", or a list of them (an ensemble, whose `weights`
    are numbers from 0 on). The options are those of `ingot translate`, by the same names, with the
    same defaults (None: the model's own, or the command's); docs/cli.md explains each.

    scores: "sentence" gives translations their score, "tokens" the log-probabilities of their
    tokens, too. n_best above 1 gives each translation its alternatives. ids gives ids of tokens,
    ids_in takes them. alignments gives what each token attends to. glossary, bad_words and
    shortlist are paths of files.

    Any number of threads may translate with one Translator at the same time; they share its
    weights. What the library tells (repaired bytes, unknown tokens, ...) goes to the logger
    "ingot", as warnings. `with` closes it; so does the garbage collector. A process that is forked
    needs a Translator of its own."""

    def __init__(
        self, model: Models, *, ensemble: Optional[str] = None,
        weights: Optional[Sequence[float]] = None, split_sentences: str = "auto",
        source_language: Optional[str] = None, target_language: Optional[str] = None,
        beam_size: Optional[int] = None, n_best: Optional[int] = None,
        alternatives: Optional[int] = None,
        scores: Optional[str] = None, min_length: Optional[int] = None,
        max_length: Optional[int] = None, max_length_factor: Optional[float] = None,
        early_stopping: Union[bool, str, None] = None, length_penalty: Optional[float] = None,
        no_repeat_ngram_size: Optional[int] = None, repetition_penalty: Optional[float] = None,
        sample: bool = False, temperature: Optional[float] = None, top_k: Optional[int] = None,
        top_p: Optional[float] = None, min_p: Optional[float] = None, seed: int = 0,
        type: Optional[str] = None, draft: Optional[Path] = None,
        draft_tokens: Optional[int] = None, shortlist: Optional[Path] = None,
        threads: Optional[int] = None, workers: Optional[int] = None,
        batch_tokens: Optional[int] = None, ids: bool = False, ids_in: bool = False,
        prefix: Optional[str] = None, target_prefix: Optional[str] = None,
        bad_words: Optional[Path] = None, glossary: Optional[Path] = None,
        keep_unknown: bool = False, alignments: bool = False,
        alignments_layer: Optional[int] = None, alignments_head: Optional[int] = None,
        strict: bool = False,
    ) -> None:
        given: Dict[str, Any] = dict(locals())
        del given["self"], given["model"]
        self._open(given, None, model)

    def _open(self, given: Dict[str, Any], engine: Optional[_Engine], model: Models) -> None:
        """engine None: one for the model is opened."""
        self._given, self._model = given, model
        self._idle: List[_Session] = []
        self._options = _library_options(given)
        if engine is None:
            engine = _Engine(
                ensemble_of(model, given["weights"], given["ensemble"]),
                threads=given["threads"], workers=given["workers"], type=given["type"],
                draft=given["draft"], ids_only=given["ids"] and given["ids_in"])
        self._engine: Optional[_Engine] = engine
        self._reader = LineReader(given["scores"], given["alternatives"] or given["n_best"] or 1,
                                  given["ids"], given["ids_in"])
        self._splits = (self._options.split_sentences == c.IG_SPLIT_SENTENCES_AUTO and
                        self._reader.joins)
        self._give_back(self._session())  # what is wrong with the options is told now

    def with_options(self, **changes: Any) -> "Translator":
        """A Translator with other options on the same weights in memory. Options of these (threads,
        workers, type, draft, ensemble, weights) cannot change."""
        for name in changes:
            if name not in self._given:
                raise TypeError(f"with_options: an unknown option, {name!r}")
            if name in _ENGINE:
                raise TypeError(f"with_options: {name} is of the weights, which are loaded")
        made = object.__new__(Translator)
        made._open({**self._given, **changes}, self._running(), self._model)
        return made

    def _running(self) -> _Engine:
        if self._engine is None or is_freed(self._engine.close):
            raise IngotError("the Translator is closed")
        return self._engine

    def _session(self) -> _Session:
        engine = self._running()
        try:
            while is_freed((session := self._idle.pop()).close):
                pass
            return session
        except IndexError:
            return _Session(engine, self._options, self._given["alignments"])

    def _give_back(self, session: _Session) -> None:
        if self._engine is not None:
            self._idle.append(session)

    @overload  # a str is also an Iterable of them
    def translate(  # type: ignore
        self, source: str, *, progress: ProgressOption = ...) -> Translation: ...

    @overload
    def translate(self, source: Iterable[Source], *,
                  progress: ProgressOption = ...) -> List[Translation]: ...

    def translate(self, source: Union[str, Iterable[Source]], *,
                  progress: ProgressOption = False) -> Union[Translation, List[Translation]]:
        """The translation of a text, or those of several, which are translated together.

        A text may have several sentences and lines; one line with n_best, scores, ids and ids_in,
        whose results are of single lines. progress: a function that is told how far the
        work is, or True for a bar."""
        if isinstance(source, str):
            lines, breaks = _divided(source, self._reader.joins)
            if not self._reader.joins:
                return self._whole(lines[0])
            if self._splits or not breaks:
                return self._whole(source)
            return list(self._stream(iter([source]), progress, len(lines)))[0]
        if isinstance(source, (bytes, bytearray)) or not hasattr(source, "__iter__"):
            raise TypeError(f"source: expected a str, or a list of them, found {source!r}")
        sources = list(source)
        apart = [self._splits and isinstance(text, str) and "\n" in text for text in sources]
        together = [text for text, alone in zip(sources, apart) if not alone]
        total = sum(1 + text.count("\n") if isinstance(text, str) and self._reader.joins else 1
                    for text in together)
        streamed = self._stream(iter(together), progress, total)
        if not any(apart):
            return list(streamed)
        found = list(streamed)[::-1]
        return [self._whole(str(text)) if alone else found.pop()
                for text, alone in zip(sources, apart)]

    def translate_lines(self, lines: Iterable[Source], *,
                        progress: ProgressOption = False) -> Iterator[Translation]:
        """The translations of lines, one after another, in bounded memory: the lines may be those
        of an open file, or come from a generator. 256 lines are taken at a time."""
        return self._stream((_without_newline(line) if isinstance(line, str) else line
                             for line in lines), progress, 0)

    def translate_texts(self, texts: Iterable[Source], *, token_scores: bool = False,
                        alignments: bool = False,
                        progress: ProgressOption = False) -> List[TranslatedText]:
        """The translations of texts, with what is known of each sentence: ids, the score of a
        search with beams, and with token_scores and alignments what the options `scores` and
        `alignments` give. Unlike these, they leave texts split into sentences: with the options
        `scores`, `ids`, `ids_in` and `n_best` each text is one. With `ids` it has ids alone. A text
        that `strict` or `ids_in` refuses has an `error`; the others are translated."""
        check_switches(token_scores=token_scores, alignments=alignments)
        if isinstance(texts, (str, bytes, bytearray)) or not hasattr(texts, "__iter__"):
            raise TypeError(f"texts: expected a list of them, found {texts!r}")
        errors: Dict[int, IngotError] = {}
        data = self._encoded_texts(texts, errors)
        options, found = c.ig_texts_options(), POINTER(c.ig_translations)()
        options.log_probs, options.alignments = token_scores, alignments
        session = self._session()
        work = Work(session.interrupter)
        try:
            with Reporting(work, progress) as reporter:
                options.reporter = reporter
                work.run("ig_translate_texts", session.handle, (c_char_p * len(data))(*data),
                         len(data), byref(options), byref(found))
            made = texts_of(found.contents, token_scores)
            for place, error in errors.items():
                made[place] = TranslatedText("", (), error)
        finally:
            library.ig_translations_free(found)
        session.new_losses()  # they have been told
        session.alignments.clear()
        self._give_back(session)
        return made

    def _encoded(self, text: str) -> bytes:
        """A text whose end is a NUL."""
        if "\0" in text:
            place = text.index("\0") + 1
            if self._given["strict"]:
                raise IngotError(f"source: a NUL at character {place}: expected text")
            log.warning("character %d is NUL: read as a space", place)
            text = text.replace("\0", " ")
        return source_bytes(text)

    def _encoded_texts(self, texts: Iterable[Source], errors: Dict[int, IngotError]) -> List[bytes]:
        """The texts, those that cannot be given to the library empty, with their errors."""
        data: List[bytes] = []
        for text in texts:
            try:
                data.append(self._encoded(_text(text, self._given["ids_in"])))
            except IngotError as error:
                errors[len(data)] = error
                data.append(b"")
        return data

    def _whole(self, text: str) -> Translation:
        """A text with its lines. A short one is translated on this thread."""
        data = self._encoded(text)
        session = self._session()
        if len(text) <= _SHORT and not self._given["alignments"]:
            lines = session.translate(data).split("\n")
        else:
            Work(session.interrupter).run("ig_translate", session.handle, data, byref(session.out))
            lines = take(session.out).split("\n")
        if self._reader.lines_each == 1:
            lines = ["\n".join(lines)]
        found = self._reader.translation(lines, session.alignments_to(1))
        losses = session.new_losses()
        if losses:
            log.warning("%s (docs/cli.md, --stats)", losses)
        self._give_back(session)
        return found

    def _stream(self, sources: Iterator[Source], progress: ProgressOption,
                total: int) -> Iterator[Translation]:
        session = self._session()
        stream = _Stream(session, self._reader, sources, self._given["ids_in"])
        yield from stream.translations(progress, total)
        session.new_losses()  # they have been told
        self._give_back(session)

    def close(self) -> None:
        """Gives the memory back, as soon as no thread translates any more."""
        self._engine = None
        self._idle.clear()

    def __enter__(self) -> "Translator":
        return self

    def __exit__(self, *_error: Any) -> None:
        self.close()


def _without_newline(line: str) -> str:
    line = line[:-1] if line.endswith("\n") else line
    return line[:-1] if line.endswith("\r") else line


def _early_stopping(value: Union[bool, str, None]) -> Optional[str]:
    return str(value).lower() if isinstance(value, bool) else value


def _library_options(given: Dict[str, Any]) -> c.ig_translator_options:
    """The library's form of the options."""
    check_switches(**{name: given[name] for name in _SWITCHES})
    check_numbers(_LEAST, given)
    attends = given["alignments"] or given["keep_unknown"]
    for name in ("alignments_layer", "alignments_head"):
        if given[name] and not attends:
            raise IngotError(f"{name}: needs alignments or keep_unknown")
    scores = chosen("scores", given["scores"], "sentence", "tokens")
    options: c.ig_translator_options = library.ig_translator_options_default()
    same = ("beam_size", "n_best", "alternatives", "min_length", "max_length", "max_length_factor",
            "length_penalty", "repetition_penalty", "draft", "draft_tokens", "shortlist",
            "batch_tokens", "ids_in", "prefix", "target_prefix", "bad_words", "glossary",
            "keep_unknown", "strict", "source_language", "target_language")
    set_members(options, **{name: given[name] for name in same})
    set_members(
        options, no_repeat_ngram=given["no_repeat_ngram_size"], ids_out=given["ids"],
        early_stopping=_early_stopping(given["early_stopping"]),
        split_sentences=chosen("split_sentences", given["split_sentences"], "auto", "off"),
        score_columns=None if scores is None else c.IG_SCORE_COLUMNS_SENTENCE + scores)
    set_members(options.sampling, temperature=given["temperature"], top_k=given["top_k"],
                top_p=given["top_p"], min_p=given["min_p"], seed=given["seed"],
                on=c.IG_SWITCH_ON if given["sample"] else None)
    set_members(options.alignments, layer=given["alignments_layer"],
                head=given["alignments_head"])
    return options
