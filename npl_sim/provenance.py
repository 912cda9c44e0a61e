"""Where a result comes from: keys of ids, hashes of files, versions."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import numpy as np

__all__ = ["file_hash", "key_of", "keys_of", "text_hash", "versions"]


def key_of(text: str) -> int:
    """Return the 64-bit key of an id: the same on every machine, never 0."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") or 1


def keys_of(ids: Iterable[str]) -> np.ndarray:
    """Return the keys of many ids, as uint64."""
    # As objects first: a column of text is slow to go through one by one.
    texts = np.asarray(ids if hasattr(ids, "__array__") else list(ids), dtype=object)
    return np.fromiter(map(key_of, texts), dtype=np.uint64, count=len(texts))


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def text_hash(text: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def versions() -> dict[str, str]:
    """Return the versions of what computes, and the kind of machine."""
    names = ("npl_sim", "numpy", "scipy", "numba", "pandas", "pydantic", "pyarrow", "QuantLib")
    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return {
        "python": platform.python_version(),
        **found,
        "machine": platform.machine(),
        "system": platform.system(),
        "cores": str(os.cpu_count()),
    }
