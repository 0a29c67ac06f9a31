"""Lines of text files, as the library reads them: gzip and byte order marks are seen to."""
from ctypes import byref, c_char_p, c_size_t, c_void_p
from typing import Any, List, Sequence, Union

from . import _interface as c
from ._library import Path, call, encoded, library, path_bytes, reporter

# A file's path, or its lines.
Lines = Union[Path, Sequence[str]]


def read_lines(path: Path) -> List[bytes]:
    """All lines of a file."""
    options = c.ig_lines_options()
    options.reporter = reporter()
    handle, line, length = c_void_p(), c_char_p(), c_size_t()
    call("ig_lines_open", path_bytes(path), byref(options), byref(handle))
    lines: List[bytes] = []
    try:
        while True:
            call("ig_lines_next", handle, byref(line), byref(length))
            if line.value is None:
                return lines
            lines.append(line.value)
    finally:
        library.ig_lines_close(handle)


def lines_of(lines: Lines, what: str) -> List[bytes]:
    """The lines of a file, or those that are given."""
    if isinstance(lines, (str, bytes)) or hasattr(lines, "__fspath__"):
        path: Any = lines
        return read_lines(path)
    return [encoded(line, f"{what}, line {number + 1}") for number, line in enumerate(lines)]


def c_strings(lines: Sequence[bytes]) -> Any:
    """const char *const [count]"""
    return (c_char_p * len(lines))(*lines)
