"""A file of arrays that is whole or not there.

It holds a line that names the format, a line of JSON (what it belongs to, which scenarios, and the name, type
and shape of each array), the arrays one after the other, and the SHA-256 of all that. A file whose size or
hash does not fit is as good as none.
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

__all__ = ["BlockFile", "open_block", "write_block"]

MAGIC = b"npl_sim blocks 1\n"
DIGEST = hashlib.sha256().digest_size
CHUNK = 1 << 22
LONGEST_HEAD = 1 << 20


@dataclass(frozen=True)
class BlockFile:
    """A block file that was found whole.

    Attributes
    ----------
    path
        Where it lies.
    head
        What its writer said of it.
    arrays
        Name to (type, shape, place in the file).
    """

    path: Path
    head: dict[str, Any]
    arrays: dict[str, tuple[np.dtype, tuple[int, ...], int]]

    def read(self, name: str, begin: int = 0, end: int | None = None) -> np.ndarray:
        """Return rows of an array, from a copy of its own."""
        kind, shape, place = self.arrays[name]
        rows = range(shape[0])[begin:end]
        cells = int(np.prod(shape[1:], dtype=np.int64))
        found = np.fromfile(
            self.path,
            kind,
            count=len(rows) * cells,
            offset=place + rows.start * cells * kind.itemsize,
        )
        if len(found) != len(rows) * cells:
            raise OSError(errno.EIO, "ends before its size", str(self.path))
        return found.reshape((len(rows), *shape[1:]))


def write_block(
    path: Path, head: Mapping[str, Any], arrays: Mapping[str, Sequence[np.ndarray]]
) -> BlockFile:
    """Write arrays, each given as pieces that follow one another along the first axis; return the file.

    Raises
    ------
    OSError
        If it cannot be written; nothing is left then.
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
    """Return type, shape and place of each array, and where they end."""
    arrays = {}
    for name, code, shape in layout:
        kind = np.dtype(code)
        arrays[str(name)] = (kind, tuple(map(int, shape)), place)
        place += int(np.prod(shape, dtype=np.int64)) * kind.itemsize
    return arrays, place


def open_block(path: Path) -> BlockFile | None:
    """Return a block file if it is whole; else none.

    Raises
    ------
    OSError
        If it cannot be read now, which says nothing of what it holds.
    InputFileError
        If it is no regular file.
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
