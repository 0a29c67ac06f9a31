"""Long work of the library, which Ctrl-C interrupts.

The library computes on a thread of its own, while the thread that asked for it waits: Python hears
of a signal only in its own code, and only on the main thread. What the work has to ask or to tell
is done by the waiting thread, so that callbacks run where the caller is."""
import sys
import threading
from ctypes import byref, c_void_p
from queue import Empty, SimpleQueue
from typing import Any, Callable, Iterator, Optional, Tuple

from . import _interface as c
from ._library import IngotError, call, error_of, freed_with, library, text_of


class Interrupter:
    """An ig_interrupter."""

    def __init__(self) -> None:
        self.handle = c_void_p()
        call("ig_interrupter_create", byref(self.handle))
        freed_with(self, library.ig_interrupter_free, self.handle)


class _Flag:
    """What threading.Event is for. A signal that comes while an Event is set or waited for may
    leave its lock locked, and whoever touches it next waits for ever. A SimpleQueue does not."""

    def __init__(self) -> None:
        self._queue: "SimpleQueue[None]" = SimpleQueue()

    def set(self) -> None:
        self._queue.put(None)

    def wait(self, timeout: Optional[float] = None) -> None:
        """By one thread, once. Returns after `timeout` seconds at the latest."""
        try:
            self._queue.get(timeout=timeout)
        except Empty:
            pass


class _Question:
    """What the work wants the waiting thread to do."""

    def __init__(self, function: Callable[..., Any], arguments: Tuple[Any, ...]) -> None:
        self.function, self.arguments = function, arguments
        self.answer: Any = None
        self.answered = _Flag()


class Work:
    """One call of the library. Its callbacks `ask` and `put`; its caller takes what comes out."""

    def __init__(self, interrupter: Interrupter) -> None:
        self._interrupter = interrupter
        self._events: "SimpleQueue[Any]" = SimpleQueue()
        self._asked: Optional[_Question] = None
        self._failure: Optional[BaseException] = None

    @property
    def failed(self) -> bool:
        """Has the waiting thread met an exception? Then the work is to end."""
        return self._failure is not None

    def ask(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """On the work's thread: the caller's thread calls the function. None if it has failed."""
        question = _Question(function, arguments)
        self._asked = question
        if self.failed:  # who failed in between may not have seen the question
            return None
        self._events.put(question)
        question.answered.wait()
        self._asked = None
        return question.answer

    def guarded(self, function: Callable[..., int]) -> Callable[..., int]:
        """A callback whose exceptions end the work: the library would not hear of them."""
        def callback(*arguments: Any) -> int:
            try:
                return function(*arguments)
            except BaseException as error:
                self._fail(error)
                return c.IG_INTERRUPTED
        return callback

    def put(self, value: Any) -> None:
        """On the work's thread: `steps` gives the value."""
        self._events.put((value,))

    def run(self, function: str, *arguments: Any) -> None:
        """Calls a function of the library to its end."""
        for _ in self.steps(function, *arguments):
            pass

    def steps(self, function: str, *arguments: Any) -> Iterator[Any]:
        """Calls a function whose last parameter is the error, and gives what the work puts out."""
        if sys.is_finalizing():  # a thread would not begin, and be waited for without end
            raise IngotError("the interpreter is ending: no more long work begins", "interrupted")
        err = c.ig_error()
        status, ended = c.IG_OK, _Flag()

        def compute() -> None:
            nonlocal status
            try:
                if not self.failed:
                    status = getattr(library, function)(*arguments, byref(err))
            except BaseException as error:  # a wrong argument: the waiting thread raises it
                self._failure = self._failure or error
            self._events.put(None)
            ended.set()

        thread = threading.Thread(target=compute, name=function, daemon=True)
        try:
            thread.start()
            yield from self._events_of(thread)
            thread.join()
        except BaseException as error:  # Ctrl-C may come between any two steps
            again = self.failed
            self._fail(error)
            if again:  # a second one is not waited for
                raise
            if not thread.is_alive():  # it may be about to begin; then it ends at once
                ended.wait(0.2)
            if thread.is_alive():
                thread.join()
        self._finish(status, err)

    def _events_of(self, thread: threading.Thread) -> Iterator[Any]:
        """Does what the work asks for, and gives what it puts out, until it ends."""
        while True:
            try:
                if not thread.is_alive() and self._events.empty():
                    return
                # A signal may take away the event that has just come: then nobody waits for it.
                event = self._events.get(timeout=0.2 if self.failed else None)
                if event is None:
                    return
                if isinstance(event, tuple):
                    if not self.failed:
                        yield event[0]
                    continue
                if not self.failed:
                    event.answer = event.function(*event.arguments)
                event.answered.set()
            except Empty:
                pass
            except BaseException as error:
                if self.failed:
                    raise
                self._fail(error)

    def _fail(self, error: BaseException) -> None:
        """The work is to end; what it asked for has no answer."""
        self._failure = error
        library.ig_interrupt(self._interrupter.handle)
        question = self._asked
        if question is not None:
            question.answered.set()

    def _finish(self, status: int, err: c.ig_error) -> None:
        """Raises what ended the work."""
        if self._failure is None:
            if status != c.IG_OK:
                raise error_of(err)
        elif isinstance(self._failure, KeyboardInterrupt) and status == c.IG_INTERRUPTED:
            raise KeyboardInterrupt(text_of(err.message)) from None  # says what was saved
        elif status in (c.IG_OK, c.IG_INTERRUPTED):
            raise self._failure
        else:
            raise error_of(err) from self._failure
