"""How far long work is: a function of the caller's, or a bar."""
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Callable, Optional, Union

from . import _interface as c
from ._library import reporter, text_of
from ._work import Work


@dataclass(frozen=True)
class Progress:
    """How far long work is."""

    what: str  # "training"
    done: float
    total: float  # 0: not known
    unit: str  # "updates"
    rate: Optional[float]  # per second, of rate_unit
    rate_unit: str
    note: str  # "loss 3.21 ppl 24.8"


# True: a bar, by tqdm where it is installed, else a line on standard error.
ProgressOption = Union[bool, Callable[[Progress], None]]


class _Line:
    """One line on standard error, written again and again."""

    def __init__(self, what: str) -> None:
        self._what = what

    def show(self, progress: Progress) -> None:
        """Writes it again."""
        total = f" of {progress.total:g}" if progress.total else ""
        sys.stderr.write(f"\r{self._what}: {progress.done:g}{total} {progress.unit} "
                         f"{progress.note}\033[K")
        sys.stderr.flush()

    def close(self) -> None:
        """Ends it."""
        sys.stderr.write("\n")


class _TqdmBar:
    """A bar of tqdm: in a notebook, a widget."""

    def __init__(self, what: str, tqdm: Any) -> None:
        self._bar = tqdm(desc=what)

    def show(self, progress: Progress) -> None:
        """Moves it."""
        self._bar.total = progress.total or None
        self._bar.unit = " " + progress.unit
        self._bar.set_postfix_str(progress.note, refresh=False)
        self._bar.n = progress.done
        self._bar.refresh()

    def close(self) -> None:
        """Leaves it as it is."""
        self._bar.close()


class Bar:
    """A bar for each kind of work that comes."""

    def __init__(self) -> None:
        self._what = ""
        self._shown: Any = None

    def __call__(self, progress: Progress) -> None:
        if self._shown is None or progress.what != self._what:
            self.close()
            self._what = progress.what
            try:
                self._shown = _TqdmBar(self._what, import_module("tqdm.auto").tqdm)
            except ImportError:
                self._shown = _Line(self._what)
        self._shown.show(progress)

    def close(self) -> None:
        """Ends the last one."""
        if self._shown is not None:
            self._shown.close()
        self._shown = None


class Reporting:
    """What the library tells during one piece of work; `with` ends the bar."""

    def __init__(self, work: Work, option: ProgressOption) -> None:
        self._bar = Bar() if option is True else None
        self._show: Any = self._bar or option
        self._work = work
        self.reporter = reporter(self._tell if self._show else None)

    def _tell(self, _context: Any, progress: Any) -> None:
        p: c.ig_progress = progress.contents
        has_rate = p.rate_unit is not None
        self._work.ask(self._show, Progress(
            text_of(p.what), p.done, p.total, text_of(p.unit), p.rate if has_rate else None,
            text_of(p.rate_unit), text_of(p.note)))

    def __enter__(self) -> c.ig_reporter:
        return self.reporter

    def __exit__(self, *_error: Any) -> None:
        if self._bar is not None:
            self._bar.close()
