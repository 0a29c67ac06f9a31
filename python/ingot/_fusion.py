"""Fusing several models into one."""
import hashlib
import os
import pathlib
import re
from ctypes import byref, c_void_p, cast, pointer
from typing import Any, Callable, Optional, Union

from . import _interface as c
from ._documents import Document, file_of
from ._library import (IngotError, Path, call, check_numbers, check_switches, chosen, kind_of,
                       library, path_bytes, set_members, take, text_of)
from ._lines import Lines, c_strings, lines_of
from ._progress import ProgressOption, Reporting
from ._scoring import METRICS, metric_of
from ._work import Interrupter, Work

# Of lines those of which more is better, and the loss, which is told with a minus.
_METRICS = (*[name for name in METRICS if name != "ter"], "loss")

# As the command reads them: "B" alone is mergekit's billion.
_UNITS = {"": 1, "B": 10**9}
for _power, _letter in enumerate("KMGT", 1):
    _UNITS.update({_letter: 1000**_power, _letter + "B": 1000**_power,
                   _letter + "iB": 1024**_power})


def _bytes(size: Union[int, str, None]) -> Optional[int]:
    """A number of bytes, or "5GB", "500MB", "1.5GiB"."""
    if not isinstance(size, str):
        return size
    match = re.fullmatch(r"(\d+(?:\.\d*)?)([A-Za-z]*)", size)
    if match is None or match[2] not in _UNITS:
        raise IngotError(f"out_shard_size: expected a size such as 5GB, 500MB or 1.5GiB, "
                         f"found {size!r}")
    return int(float(match[1]) * _UNITS[match[2]])


class _HeldOut:
    """What a recipe scores models by, as options of the library; lives as long as these."""

    def __init__(self, options: c.ig_fuse_options, work: Work, threads: Optional[int]) -> None:
        self._options, self._work, self._threads = options, work, threads
        self._kind = kind_of(options, "score")

    def _identify(self, metric: Optional[str], beam_size: Optional[int], data: bytes) -> None:
        """The words by which a search that goes on knows that its scores still hold."""
        digest = hashlib.sha256(data).hexdigest()
        set_members(self._options, score_identity=f"{metric}, beam size {beam_size}, {digest}")

    def _name_files(self, *files: Lines) -> None:
        """fusion.json has the hashes of what lies in files."""
        paths = [path_bytes(file) for file in files
                 if isinstance(file, str) or hasattr(file, "__fspath__")]
        self._options.score_files = c_strings(paths)
        self._options.score_file_count = len(paths)

    def by_function(self, function: Callable[[str], float]) -> None:
        """A function of the caller's: a model's directory in, a number out, higher is better."""
        def score(_context: Any, directory: bytes, out: Any, _err: Any) -> int:
            found = self._work.ask(lambda: float(function(os.fsdecode(directory))))
            if found is None:
                return c.IG_INTERRUPTED
            out[0] = found
            return c.IG_OK
        self._options.score = self._kind(self._work.guarded(score))

    def by_lines(self, source: Lines, reference: Lines, metric: Optional[str],
                 beam_size: Optional[int]) -> None:
        """Translations of lines."""
        chosen("metric", metric, *_METRICS)
        loss = metric == "loss"
        if loss and beam_size is not None:
            raise IngotError("beam_size has no effect on metric loss")
        sources, references = lines_of(source, "held_out_source"), lines_of(
            reference, "held_out_reference")
        if len(sources) != len(references) or not sources:
            raise IngotError(f"held_out_source has {len(sources)} lines and held_out_reference "
                             f"{len(references)}: expected as many, and some")
        held = library.ig_held_out_options_default()
        held.sources, held.references = c_strings(sources), c_strings(references)
        held.count = len(sources)
        set_members(held, beam_size=beam_size, threads=self._threads)
        held.loss = loss
        if metric is not None and not loss:
            held.score.metric = metric_of(metric)
        held.interrupter = self._options.interrupter
        self._held = held
        self._identify(metric, beam_size, b"\n".join(sources + references))
        self._name_files(source, reference)
        self._options.score = cast(library.ig_score_held_out, self._kind)
        self._options.score_context = cast(pointer(held), c_void_p)

    def by_questions(self, questions: Path, metric: Optional[str],
                     beam_size: Optional[int]) -> None:
        """Answers to questions."""
        if metric not in (None, "f1", "exact"):
            raise IngotError(f"metric: of questions expected f1 or exact, found {metric!r}")
        options = library.ig_held_out_questions_options_default()
        options.exact = metric == "exact"
        set_members(options.answering, beam_size=beam_size, threads=self._threads)
        options.answering.interrupter = self._options.interrupter
        handle = c_void_p()
        call("ig_held_out_questions_open", path_bytes(questions), byref(options), byref(handle))
        self._questions = handle
        self._identify(metric, beam_size, pathlib.Path(questions).read_bytes())
        self._name_files(questions)
        self._options.score = cast(library.ig_score_held_out_questions, self._kind)
        self._options.score_context = handle

    def close(self) -> None:
        """Frees questions."""
        library.ig_held_out_questions_free(getattr(self, "_questions", None))


def fuse(recipe: Document, output: Optional[Path] = None, *, dry_run: bool = False,
         report: Optional[Path] = None, held_out_source: Optional[Lines] = None,
         held_out_reference: Optional[Lines] = None, held_out_questions: Optional[Path] = None,
         score: Optional[Callable[[str], float]] = None, metric: Optional[str] = None,
         beam_size: Optional[int] = None, statistics: Optional[Path] = None,
         allow_commands: bool = False, out_shard_size: Union[int, str, None] = None,
         sha256: bool = False, threads: Optional[int] = None,
         progress: ProgressOption = False) -> str:
    """Fuses models into the directory `output`, as `ingot fuse` does, and returns its path. With
    dry_run nothing is written, and the plan is returned.

    recipe: a path, YAML in a str of several lines, or a dict (docs/fusion.md). The options are
    those of the command. held_out_source and held_out_reference may be lists of lines, too. score,
    in their place, is a function that is given a model's directory and returns a number, higher is
    better. progress: a function that is told how far the work is, or True for a bar.

    Everything is checked before a weight is read; what is wrong is told to the logger "ingot", and
    counted in the IngotError. Ctrl-C, or an exception in a callback, leaves OUTPUT.partial, from
    which the same call goes on."""
    check_switches(dry_run=dry_run)
    check_numbers({"threads": 1, "beam_size": 1}, {"threads": threads, "beam_size": beam_size})
    if output is None and not dry_run:
        raise IngotError("output: expected a directory, or dry_run=True")
    if (held_out_source is None) != (held_out_reference is None):
        raise IngotError("held_out_source and held_out_reference belong together")
    ways = [held_out_source is not None, held_out_questions is not None, score is not None]
    if sum(ways) > 1:
        raise IngotError("expected one of held_out_source, held_out_questions and score")
    if (metric is not None or beam_size is not None) and not (ways[0] or ways[1]):
        raise IngotError("metric and beam_size are of what is held out: expected held_out_source "
                         "and held_out_reference, or held_out_questions")
    options = library.ig_fuse_options_default()
    interrupter = Interrupter()
    options.interrupter = interrupter.handle
    set_members(options, report_path=report, statistics_directory=statistics, sha256=sha256,
                allow_commands=allow_commands, shard_bytes=_bytes(out_shard_size), threads=threads)
    work = Work(interrupter)
    held_out = _HeldOut(options, work, threads)
    path = None if output is None else path_bytes(output)
    try:
        if held_out_source is not None and held_out_reference is not None:
            held_out.by_lines(held_out_source, held_out_reference, metric, beam_size)
        elif held_out_questions is not None:
            held_out.by_questions(held_out_questions, metric, beam_size)
        elif score is not None:
            held_out.by_function(score)
        with file_of(recipe, "recipe.yml") as file, Reporting(work, progress) as reporter:
            options.reporter = reporter
            if dry_run:
                plan = c_void_p()
                work.run("ig_fuse_describe", file, path, byref(options), byref(plan))
                return take(plan)
            work.run("ig_fuse", file, path, byref(options))
            return text_of(path)
    finally:
        held_out.close()
