"""Atomic file of arrays with a checksum: either whole or absent.

It holds a line with the format, a line of JSON, the arrays in sequence, and the SHA-256 of all
these. The JSON states the run, the scenarios, and the name, type and shape of each array. A file
with a wrong size or hash counts as absent.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from npl_sim.core.disk.whole_file import write_whole
from npl_sim.core.input_file import file_size

MAGIC = b"npl_sim blocks 1\n"
DIGEST = hashlib.sha256().digest_size
CHUNK = 1 << 22
LONGEST_HEAD = 1 << 20


@dataclass(frozen=True)
class BlockFile:
    """A whole block file."""

    path: Path
    head: dict[str, Any]
    """Entries of its writer."""
    arrays: dict[str, tuple[np.dtype, tuple[int, ...], int]]
    """Name to (type, shape, offset in the file)."""

    def read(self, name: str, begin: int = 0, end: int | None = None) -> np.ndarray:
        """Read rows of an array."""
        kind, shape, place = self.arrays[name]
        rows = range(shape[0])[begin:end]
        cells = int(np.prod(shape[1:], dtype=np.int64))
        values = np.fromfile(
            self.path,
            kind,
            count=len(rows) * cells,
            offset=place + rows.start * cells * kind.itemsize,
        )
        if len(values) != len(rows) * cells:
            raise OSError(errno.EIO, "ends before its size", str(self.path))
        return values.reshape((len(rows), *shape[1:]))


def write_block(
    path: Path, head: Mapping[str, Any], arrays: Mapping[str, Sequence[np.ndarray]]
) -> BlockFile:
    """Write arrays, each as pieces along the first axis, and return the file.

    Raises
    ------
    OSError
        If it cannot be written; no file is left.
    """
    layout, parts = [], []
    for name, pieces in arrays.items():
        shape = [sum(len(p) for p in pieces), *pieces[0].shape[1:]]
        layout.append([name, pieces[0].dtype.str, shape])
        parts += [np.ascontiguousarray(p).reshape(-1).data for p in pieces if p.size]
    line = json.dumps({**head, "arrays": layout}, sort_keys=True).encode() + b"\n"
    digest = hashlib.sha256(MAGIC + line)
    for part in parts:
        digest.update(part)
    write_whole(path, [MAGIC, line, *parts, digest.digest()])
    return BlockFile(path, dict(head), _places(layout, len(MAGIC) + len(line))[0])


def _places(
    layout: Sequence[Any], place: int
) -> tuple[dict[str, tuple[np.dtype, tuple[int, ...], int]], int]:
    """Return type, shape and offset of each array, and the end of the last one."""
    arrays = {}
    for name, code, shape in layout:
        kind = np.dtype(code)
        arrays[str(name)] = (kind, tuple(map(int, shape)), place)
        place += int(np.prod(shape, dtype=np.int64)) * kind.itemsize
    return arrays, place


def open_block(path: Path) -> BlockFile | None:
    """Return a block file if it is whole.

    Raises
    ------
    OSError
        If it cannot be read at the moment.
    InputFileError
        If it is not a regular file.
    """
    file_size(path, "a file of finished scenarios")
    with path.open("rb") as file:
        if file.readline(len(MAGIC) + 1) != MAGIC:
            return None
        line = file.readline(LONGEST_HEAD)
        try:
            head = json.loads(line)
            arrays, place = _places(head.pop("arrays"), len(MAGIC) + len(line))
        except (ValueError, TypeError, KeyError, AttributeError):
            return None
        if os.fstat(file.fileno()).st_size != place + DIGEST:
            return None
        digest, left = hashlib.sha256(MAGIC + line), place - file.tell()
        while left > 0:
            chunk = file.read(min(CHUNK, left))
            if not chunk:
                raise OSError(errno.EIO, "ends before its size", str(path))
            digest.update(chunk)
            left -= len(chunk)
        return BlockFile(path, head, arrays) if file.read() == digest.digest() else None
