"""The shared library: where it is, its functions, its errors and its messages."""
import ctypes
import logging
import math
import os
import pathlib
import sys
import weakref
from ctypes import byref, c_void_p
from typing import Any, Callable, Mapping, Optional, Union

from . import _interface as c

Path = Union[str, "os.PathLike[str]"]

log = logging.getLogger("ingot")


class IngotError(Exception):
    """What the library could not do, in its own words: what, where, expected and found.

    `status` is "argument", "io", "format", "memory", "unsupported", "diverged" or "interrupted"."""

    __module__ = "ingot"  # where it is caught

    def __init__(self, message: str, status: str = "argument") -> None:
        super().__init__(message)
        self.status = status


def _load() -> ctypes.CDLL:
    """$INGOT_LIBRARY, or what lies beside this file, or what the system has."""
    suffix = ".dylib" if sys.platform == "darwin" else ".so"
    beside = pathlib.Path(__file__).with_name("libingot" + suffix)
    name = "libingot." + c.VERSION + suffix if suffix == ".dylib" else "libingot.so." + c.VERSION
    path = os.environ.get("INGOT_LIBRARY") or (str(beside) if beside.exists() else name)
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        raise ImportError(f"ingot: the library cannot be loaded: {error}") from None
    library.ig_version.restype = ctypes.c_char_p
    found = library.ig_version().decode()
    if found.split(".")[:2] != c.VERSION.split("."):
        raise ImportError(f"ingot: {path} is version {found}; this package needs {c.VERSION}")
    for function, (result, parameters) in c.FUNCTIONS.items():
        getattr(library, function).restype = result
        getattr(library, function).argtypes = parameters
    return library


library = _load()
version: str = library.ig_version().decode()

_free = ctypes.CDLL(None).free
_free.argtypes, _free.restype = [c_void_p], None


def text_of(value: Optional[bytes]) -> str:
    """A string of the library's, which is UTF-8; bytes that are none (of a file's name) stay."""
    return (value or b"").decode("utf-8", "surrogateescape")


def error_of(err: c.ig_error) -> IngotError:
    """The exception that an ig_error stands for."""
    return IngotError(text_of(err.message), text_of(library.ig_status_name(err.status)))


def call(function: str, *arguments: Any) -> None:
    """Calls a function whose last parameter is the error; raises it."""
    err = c.ig_error()
    if getattr(library, function)(*arguments, byref(err)) != c.IG_OK:
        raise error_of(err)


def freed_with(owner: object, function: Callable[..., Any],
               *arguments: Any) -> "weakref.finalize[..., Any]":
    """Calls the function as soon as the owner is gone."""
    finalizer = weakref.finalize(owner, function, *arguments)
    # Not at the interpreter's exit, where the owner may still be used: by threads that are daemons,
    # by handlers of atexit, by __del__. The system takes the memory of a process that ends.
    finalizer.atexit = False
    return finalizer


def is_freed(finalizer: "weakref.finalize[..., Any]") -> bool:
    """Has the function been called? So it has in a __del__ that the garbage collector calls, whose
    object was in a cycle. A finalizer that comes up while the interpreter ends does nothing."""
    return not finalizer.alive and not sys.is_finalizing()


def take(pointer: c_void_p) -> str:
    """The text of a malloc'ed string, which is freed."""
    try:
        return text_of(ctypes.string_at(pointer.value)) if pointer.value else ""
    finally:
        _free(pointer)


def encoded(text: str, what: str) -> bytes:
    """A text as the library takes it where its end is a NUL."""
    if not isinstance(text, str):
        raise TypeError(f"{what}: expected a str, found {text!r}")
    place = text.find("\0")
    if place >= 0:
        raise IngotError(f"{what}: a NUL at character {place + 1}: expected text")
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise IngotError(f"{what}: half of a surrogate pair at character {error.start + 1}: "
                         "expected text") from None


def source_bytes(text: str) -> bytes:
    """A text that is to be translated. Halves of surrogate pairs, which are no text, are bytes that
    are no UTF-8, which the library repairs or, if it is strict, refuses: those that were read from
    a file by "surrogateescape" are what the file has."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def path_bytes(path: Path) -> bytes:
    """A path as the library takes it."""
    found = os.fsencode(path)
    if b"\0" in found:
        raise IngotError(f"{path!r}: a NUL in a path")
    return found


def kind_of(struct: Any, member: str) -> Any:
    """The ctypes type of a struct's member."""
    return {name: kind for name, kind, *_ in struct._fields_}[member]


def is_int(value: Any) -> bool:
    """An int, which True and False are not."""
    return isinstance(value, int) and not isinstance(value, bool)


def check_switches(**values: Any) -> None:
    """Options that are on or off."""
    for name, value in values.items():
        if not isinstance(value, bool):
            raise IngotError(f"{name}: expected True or False, found {value!r}")


def check_numbers(least: Mapping[str, int], given: Mapping[str, Any]) -> None:
    """What the command refuses: numbers below the least, which are the library's words for a
    default, and numbers that are none. None is a default."""
    for name, value in given.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise IngotError(f"{name}: expected a finite number, found {value!r}")
        if name in least and is_int(value) and value < least[name]:
            raise IngotError(f"{name}: expected an int of at least {least[name]}, found {value!r}")


def set_members(struct: ctypes.Structure, **values: Any) -> None:
    """Sets members of an option struct; None leaves the library's default."""
    for name, value in values.items():
        if value is None:
            continue
        kind = kind_of(struct, name)
        if kind is ctypes.c_char_p:
            value = encoded(value, name) if isinstance(value, str) else path_bytes(value)
        elif kind is ctypes.c_int:
            if not is_int(value) or not -(2**31) <= value < 2**31:
                raise IngotError(f"{name}: expected an int of 32 bits, found {value!r}")
        elif kind in (ctypes.c_size_t, ctypes.c_uint64):
            if not is_int(value) or not 0 <= value < 2**64:
                raise IngotError(f"{name}: expected an int of at least 0, found {value!r}")
        elif kind is ctypes.c_bool and not isinstance(value, bool):
            raise IngotError(f"{name}: expected True or False, found {value!r}")
        try:
            setattr(struct, name, value)
        except TypeError as error:
            raise IngotError(f"{name}: {error}") from None


def chosen(name: str, value: Optional[str], *choices: str) -> Optional[int]:
    """The index of a value among the words that an option takes; None: it is not given."""
    if value is None:
        return None
    if value not in choices:
        raise IngotError(f"{name}: expected {', '.join(choices)}, found {value!r}")
    return choices.index(value)


def told(_context: Any, level: int, text: bytes) -> None:
    """What the library says goes to the logger "ingot"."""
    log.log(logging.WARNING if level == c.IG_LEVEL_WARNING else logging.INFO, "%s", text_of(text))


def reporter(progress: Optional[Callable[[Any, Any], None]] = None) -> c.ig_reporter:
    """Messages to the logger, and progress to the function."""
    made = c.ig_reporter()
    made.message = kind_of(made, "message")(told)
    if progress is not None:
        made.progress = kind_of(made, "progress")(progress)
    return made
