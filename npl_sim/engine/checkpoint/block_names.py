"""The block files of a work folder: their names, and which of them are whole."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from npl_sim.core.errors import InputFileError, WorkFolderError
from npl_sim.core.layout import TILE
from npl_sim.engine.checkpoint.block_file import BlockFile, open_block
from npl_sim.engine.sums import Sums

__all__ = ["find_blocks", "is_kept", "reading", "rows_name", "sums_name"]

KEPT = "-kept"
NAME = re.compile(r"([a-z]+)-(?:rows-(\d{9})-(\d{9})|sums-(\d{9})(?:-kept)?)\.block")


def rows_name(keep: str, begin: int, end: int) -> str:
    """Return the name of the rows of some tiles."""
    return f"{keep}-rows-{begin:09d}-{end:09d}.block"


def sums_name(keep: str, tiles: int, kept: bool) -> str:
    """Return the name of the sums over the first tiles; kept sums outlast those that follow."""
    return f"{keep}-sums-{tiles:09d}{KEPT if kept else ''}.block"


def is_kept(path: Path) -> bool:
    """Return whether these are sums that stay when others follow."""
    return KEPT in path.name


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Tell a fault of the disk while a file is read: it may pass, so nothing is removed."""
    try:
        yield
    except InputFileError as error:
        raise WorkFolderError(
            f"{error}; nothing was removed, and the same command goes on once it can"
        ) from None
    except OSError as error:
        raise WorkFolderError(
            f"{path}: cannot be read ({error.strerror or error}); nothing was removed, and the same command goes on once "
            "it can"
        ) from None


def _fits(block: BlockFile, tiles: list[int]) -> bool:
    """Return whether a block holds the tiles that its name tells: two numbers for rows, one for sums."""
    if len(tiles) == 1:
        return block.head.get("tiles") == tiles[0] and block.arrays.keys() == set(Sums._fields)
    rows = (tiles[1] - tiles[0]) * TILE
    lengths = {shape[:1] for _, shape, _ in block.arrays.values()}
    return block.head.get("tiles") == tiles and lengths == {(rows,)}


def find_blocks(
    folder: Path, keep: str, run: str
) -> tuple[list[tuple[int, int, BlockFile]], dict[int, Path]]:
    """Return the whole blocks of rows in order (first tile, end, file), and the whole sums by number of tiles.

    Blocks that are not whole, or of another run, are removed.

    Parameters
    ----------
    folder
        Where they lie.
    keep
        What is kept of each scenario; blocks of other details are left alone.
    run
        What the blocks must belong to.

    Raises
    ------
    WorkFolderError
        If a block cannot be read at the moment.
    """
    rows: list[tuple[int, int, BlockFile]] = []
    sums: dict[int, Path] = {}
    # In this order kept sums come before others over the same tiles.
    for path in sorted(folder.iterdir()):
        named = NAME.fullmatch(path.name)
        if named is None or named[1] != keep:
            continue
        with reading(path):
            block = open_block(path)
        tiles = [int(digits) for digits in named.groups()[1:] if digits is not None]
        if block is None or block.head.get("run") != run or not _fits(block, tiles):
            path.unlink(missing_ok=True)
        elif len(tiles) == 2:
            rows.append((tiles[0], tiles[1], block))
        elif tiles[0] in sums:
            path.unlink(
                missing_ok=True
            )  # a stop came after the kept sums were written and before these were removed
        else:
            sums[tiles[0]] = path
    rows.sort(key=lambda row: (row[0], -row[1]))
    return rows, sums
