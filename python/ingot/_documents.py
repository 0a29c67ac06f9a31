"""Recipes and configurations: files, texts or dictionaries."""
import json
import os
import pathlib
import tempfile
from contextlib import contextmanager
from typing import Any, Dict, Iterator, Union

from ._library import Path, path_bytes

# A path; a str with a newline is YAML itself; a dict is what the YAML would hold.
Document = Union[Path, Dict[str, Any]]


def _plain(value: Any) -> Any:
    """What JSON does not know: paths, and numbers of other libraries."""
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"a value of a recipe or a configuration: {value!r} is neither a number, a "
                    "text, a path, a list nor a dict")


@contextmanager
def file_of(document: Document, name: str) -> Iterator[bytes]:
    """The path of a file that holds the document, as long as `with` lasts."""
    if isinstance(document, dict):  # JSON is YAML
        text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False, default=_plain)
    elif isinstance(document, str) and "\n" in document:
        text = document
    else:
        yield path_bytes(document)
        return
    with tempfile.TemporaryDirectory(prefix="ingot-") as directory:
        path = pathlib.Path(directory, name)
        path.write_text(text, encoding="utf-8")
        yield path_bytes(path)
