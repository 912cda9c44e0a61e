"""Block files of a checkpoint folder: names, and search for whole ones."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from npl_sim.core.errors import InputFileError, WorkFolderError
from npl_sim.core.layout import TILE
from npl_sim.engine.checkpoint.block_file import BlockFile, open_block
from npl_sim.engine.sums import stored_names

KEPT = "-kept"
RETRY = "nothing was removed, and the same command resumes once it can be read"
NAME = re.compile(r"([a-z]+)-(?:rows-(\d{9})-(\d{9})|sums-(\d{9})(?:-kept)?)\.block")


def rows_name(keep: str, begin: int, end: int) -> str:
    """Return the name of the rows of some tiles."""
    return f"{keep}-rows-{begin:09d}-{end:09d}.block"


def sums_name(keep: str, tiles: int, kept: bool) -> str:
    """Return the name of the sums over the first tiles; kept sums are never replaced."""
    return f"{keep}-sums-{tiles:09d}{KEPT if kept else ''}.block"


def is_kept(path: Path) -> bool:
    """Return whether these sums are never replaced."""
    return KEPT in path.name


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Raise a read error of the disk, which may be temporary, without removing the file."""
    try:
        yield
    except InputFileError as error:
        raise WorkFolderError(f"{error}; {RETRY}") from None
    except OSError as error:
        reason = error.strerror or error
        raise WorkFolderError(f"{path}: cannot be read ({reason}); {RETRY}") from None


def _fits(block: BlockFile, tiles: list[int]) -> bool:
    """Return whether a block holds the tiles in its name: two numbers for rows, one for sums."""
    if len(tiles) == 1:
        return block.head.get("tiles") == tiles[0] and block.arrays.keys() == stored_names(
            tiles[0]
        )
    rows = (tiles[1] - tiles[0]) * TILE
    lengths = {shape[:1] for _, shape, _ in block.arrays.values()}
    return block.head.get("tiles") == tiles and lengths == {(rows,)}


def find_blocks(
    folder: Path, keep: str, run: str
) -> tuple[list[tuple[int, int, BlockFile]], dict[int, Path]]:
    """Return the whole blocks of rows in order, and the whole sums by number of tiles.

    A block of rows is (first tile, end, file). Blocks that are not whole, or belong to another
    run, are removed.

    Parameters
    ----------
    folder
        The checkpoint folder.
    keep
        Stored detail of each scenario; blocks of other details stay.
    run
        Key of the run.

    Raises
    ------
    WorkFolderError
        If a block cannot be read at the moment.
    """
    rows: list[tuple[int, int, BlockFile]] = []
    sums: dict[int, Path] = {}
    # In this order, kept sums come before other sums over the same tiles.
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
            # A stop came after the kept sums were written and before these were removed.
            path.unlink(missing_ok=True)
        else:
            sums[tiles[0]] = path
    rows.sort(key=lambda row: (row[0], -row[1]))
    return rows, sums
