"""Provenance of a result: keys of ids, hashes of files, versions."""

from __future__ import annotations

import dataclasses
import datetime
import functools
import hashlib
import os
import platform
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from npl_sim.core.input_file import open_regular

PACKAGES = (
    "npl_sim",
    "numpy",
    "scipy",
    "numba",
    "llvmlite",
    "pandas",
    "pydantic",
    "pyarrow",
    "QuantLib",
)
"""Packages that affect results: those that compute, and those that write results."""


def key_of(text: str) -> int:
    """Return the 64-bit key of an id, the same on every machine and never 0."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") or 1


def keys_of(ids: Iterable[str]) -> np.ndarray:
    """Return the keys of many ids, as uint64."""
    # Convert to objects first, since iterating over a pandas column of text is slow.
    texts = np.asarray(ids if hasattr(ids, "__array__") else list(ids), dtype=object)
    return np.fromiter(map(key_of, texts), dtype=np.uint64, count=len(texts))


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a regular file.

    Raises
    ------
    InputFileError
        If the path is not a regular file, or the file cannot be read.
    """
    with open_regular(path, "a file") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_hash(root: Path, paths: Iterable[Path]) -> str:
    """Return the SHA-256 of files below `root`, from their relative paths and contents."""
    return text_hash(
        "\n".join(f"{path.relative_to(root).as_posix()} {file_hash(path)}" for path in paths)
    )


def text_hash(text: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def content_hash(value: object) -> str:
    """Return the SHA-256 of the content of a value, the same on every machine.

    Parameters
    ----------
    value
        Plain values, dates, arrays, mappings, sequences, and objects of these.

    Raises
    ------
    TypeError
        If it holds an object of another type.
    """
    digest = hashlib.sha256()
    for part in _parts(value):
        digest.update(part)
    return digest.hexdigest()


def _parts(value: Any) -> Iterator[bytes | memoryview]:
    """Yield the bytes of a value after its type and size, so that encodings are unique."""
    if value is None or isinstance(value, bool | int | float | str | datetime.date | slice):
        text = f"{type(value).__name__} {value!r}".encode()
        yield f"{len(text)} ".encode() + text
    elif isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        if array.dtype.names:
            # Field by field: padding between fields is not part of the record.
            yield f"record {array.shape} {array.dtype.names};".encode()
            for name in array.dtype.names:
                yield from _parts(array[name])
        elif array.dtype.hasobject:
            yield from _parts([str(array.dtype), array.shape, array.reshape(-1).tolist()])
        else:
            yield f"array {array.dtype.str} {array.shape};".encode()
            yield np.ascontiguousarray(array).tobytes()
    elif isinstance(value, Mapping):
        yield f"mapping {len(value)};".encode()
        for name in sorted(value):
            yield from _parts(name)
            yield from _parts(value[name])
    elif isinstance(value, tuple) and hasattr(value, "_asdict"):
        yield from _parts(value._asdict())
    elif isinstance(value, list | tuple):
        yield f"sequence {len(value)};".encode()
        for item in value:
            yield from _parts(item)
    elif dataclasses.is_dataclass(value) or type(value).__module__.startswith("npl_sim."):
        yield from _parts([type(value).__name__, vars(value)])
    else:
        raise TypeError(f"content_hash: {type(value).__name__} has no canonical bytes")


@functools.cache
def _installed(name: str) -> str:
    """Return the version of a package, cached since each look-up reads files."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def versions() -> dict[str, str]:
    """Return the versions of Python and packages, and the type of machine."""
    return {
        "python": platform.python_version(),
        **{name: _installed(name) for name in PACKAGES},
        "machine": platform.machine(),
        "system": platform.system(),
        "cores": str(os.cpu_count()),
    }
