"""Training."""
import json
import os
import pathlib
import tempfile
from ctypes import byref, c_char_p
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Union

from . import _interface as c
from ._documents import Document, file_of
from ._library import (Path, call, check_numbers, encoded, kind_of, path_bytes, reporter,
                       set_members)
from ._progress import ProgressOption, Reporting
from ._work import Interrupter, Work

Metrics = Dict[str, Any]


def _assignments(values: Union[Mapping[str, Any], Sequence[str]]) -> List[bytes]:
    """"key.path=value", where values may be numbers, texts, lists or dicts."""
    if isinstance(values, str):
        raise TypeError("set: expected a dict, or a list of 'key=value'")
    if not isinstance(values, Mapping):
        return [encoded(text, "set") for text in values]
    return [encoded(f"{key}={json.dumps(value, ensure_ascii=False)}", "set")
            for key, value in values.items()]


def train(config: Document, *, set: Union[Mapping[str, Any], Sequence[str]] = (),
          threads: Optional[int] = None, metrics: Optional[Callable[[Metrics], Any]] = None,
          progress: ProgressOption = False) -> Dict[str, Any]:
    """Trains a model, as `ingot train` does, and returns the statistics (`--stats`).

    config: a path, YAML in a str of several lines, or a dict (docs/training.md lists its keys).
    set: keys to override, {"train.updates": 100}. metrics: is called with each line of
    metrics.jsonl, a dict: every `log_every` updates, and at each validation. progress: a function
    that is told how far the training is, or True for a bar.

    Ctrl-C, or an exception in a callback, saves the state before it goes on its way; the same call
    goes on from there. A training that is finished is not begun again."""
    check_numbers({"threads": 1}, {"threads": threads})
    options = c.ig_train_options()
    values = _assignments(set)
    options.set = (c_char_p * len(values))(*values)
    options.set_count = len(values)
    interrupter = Interrupter()
    options.interrupter = interrupter.handle
    work = Work(interrupter)
    set_members(options, threads=threads)
    if metrics is not None:
        show = metrics

        def tell(_context: Any, line: bytes) -> None:
            work.ask(lambda: show(json.loads(line)))

        options.metrics = kind_of(options, "metrics")(tell)
    with tempfile.TemporaryDirectory(prefix="ingot-") as directory:
        stats = pathlib.Path(directory, "stats.json")
        options.stats_path = path_bytes(stats)
        with file_of(config, "config.yml") as path, Reporting(work, progress) as teller:
            options.reporter = teller
            work.run("ig_train", path, byref(options))
        found: Dict[str, Any] = json.loads(stats.read_text(encoding="utf-8"))
        return found


def report(runs: Union[Path, Sequence[Path]], output: Path, *, title: Optional[str] = None) -> None:
    """Draws trainings, finished or going on, into one page of HTML, as `ingot report` does.

    runs: the output directory of a training, or a metrics.jsonl; or a list of up to eight. What is
    left out of a run is told to the logger "ingot"."""
    given = [runs] if isinstance(runs, (str, bytes, os.PathLike)) else runs
    paths = [path_bytes(run) for run in given]
    options = c.ig_train_draw_options()
    options.reporter = reporter()
    set_members(options, title=title)
    call("ig_train_draw", (c_char_p * len(paths))(*paths), len(paths), path_bytes(output),
         byref(options))
