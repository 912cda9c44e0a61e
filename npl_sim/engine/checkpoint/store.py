"""Checkpoint store: finished scenarios on disk, so that a stopped run can resume.

A folder holds ``plan.json``, which identifies its run, and two sorts of block files (see
`block_file`). ``totals-rows-A-B.block`` holds the columns (here: totals) of each scenario of the
tiles A to B - 1. ``totals-sums-N.block`` holds the sums over the first N tiles. A run resumes
after the longest unbroken sequence of whole blocks with whole sums at or before its end. A file
that is not whole or belongs to another run is removed without being read. A file that cannot be
read at the moment stops the run and stays.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from npl_sim.core.caller import argument
from npl_sim.core.disk.claims import PREFIX, Claim
from npl_sim.core.disk.locks import LockedElsewhere, NoLocks
from npl_sim.core.disk.whole_file import write_whole
from npl_sim.core.errors import WorkFolderError
from npl_sim.core.input_file import MOST_JSON_BYTES, read_regular
from npl_sim.core.layout import TILE
from npl_sim.core.provenance import text_hash
from npl_sim.engine.checkpoint.block_file import BlockFile, open_block, write_block
from npl_sim.engine.checkpoint.block_names import (
    find_blocks,
    is_kept,
    reading,
    rows_name,
    sums_name,
)
from npl_sim.engine.checkpoint.identity import mismatch
from npl_sim.engine.sums import RunningSums, from_arrays
from npl_sim.engine.temporary_store import TemporaryStore
from npl_sim.engine.tile import TileResult

EVERY = 5.0
"""Most finished work that a stop may lose, besides the tiles in progress. [seconds]"""

MOST_BYTES = 64 * 2**20
"""Most bytes of finished rows that wait to be written."""

FORMAT = 4
"""Version of the folder's files."""

PLAN = "plan.json"


class BlockStore:
    """Finished scenarios of one run in a folder.

    Parameters
    ----------
    folder
        The folder; made if it does not exist.
    identity
        Identity of the run (see `identity`).
    keep
        Stored detail of each scenario; each detail has separate files.
    title
        Name of the study, for messages.
    temporary
        Removes the folder with its last reader; defaults to none, so that runs can resume.

    Raises
    ------
    WorkFolderError
        If the folder belongs to another run, is in use, holds other files, or is not writable.
    """

    def __init__(
        self,
        folder: Path,
        identity: dict[str, str],
        keep: str,
        title: str,
        temporary: TemporaryStore | None = None,
    ) -> None:
        self.folder = folder
        self.keep = keep
        self._temporary = temporary
        self._key = text_hash(json.dumps([identity, keep], sort_keys=True))
        self._blocks: list[tuple[int, int, BlockFile]] = []
        self._sums: dict[int, Path] = {}
        self._pending: list[dict[str, np.ndarray]] = []
        self._flushed = time.monotonic()
        self._unlock: Callable[[], object] = lambda: None
        try:
            with self._disk_errors():
                self._open(identity, title)
        except BaseException:
            # A caller that keeps the error must not keep the folder locked.
            self._unlock()
            raise

    @contextlib.contextmanager
    def _disk_errors(self) -> Iterator[None]:
        """Raise errors of the disk as `WorkFolderError`."""
        try:
            yield
        except OSError as error:
            self._pending.clear()
            message = f"{self.folder}: cannot be written ({error.strerror or error})"
            if self._temporary is not None:
                message += (
                    "; expected space for the rows of a streamed run: "
                    f"give a folder {argument('work')} on a larger disk"
                )
            elif self.end:
                message += (
                    f"; the first {self.end * TILE:,} scenarios are safe there, "
                    "and the same command resumes from them"
                )
            raise WorkFolderError(message) from None

    # Opening ------------------------------------------------------------------------------------

    def _open(self, identity: dict[str, str], title: str) -> None:
        folder, plan = self.folder, self.folder / PLAN
        if folder.exists() and not folder.is_dir():
            raise WorkFolderError(
                f"{folder}: is a file; expected a checkpoint folder, or an unused name"
            )
        self._check_content()  # before anything is written there
        if self._temporary is None:
            self._lock()
        else:
            folder.mkdir(parents=True, exist_ok=True)
        self._check_content()
        if plan.exists():
            self._check_plan(plan, identity)
        else:
            head = {"format": FORMAT, "study": title, "tile": TILE, "sha256": identity}
            write_whole(plan, [(json.dumps(head, indent=2, ensure_ascii=False) + "\n").encode()])
        self._find()

    def _check_content(self) -> None:
        """Refuse a folder with other files than a run's; drafts of a killed run do not count."""
        folder = self.folder
        if not folder.is_dir() or (folder / PLAN).exists():
            return
        if any(not p.name.startswith(PREFIX) for p in folder.iterdir()):
            raise WorkFolderError(
                f"{folder}: holds other files than a run of npl-sim and is not touched; "
                f"use another folder for {argument('work')}"
            )

    def _lock(self) -> None:
        """Lock the folder against a second run, at most until this process ends."""
        try:
            self._unlock = Claim(self.folder, "work", must_lock=True).release
        except LockedElsewhere:
            reason = "is in use by another run; wait for it, or use another folder"
        except NoLocks as error:
            reason = f"is on a file system without locks ({error}); use a folder on another disk"
        else:
            return
        raise WorkFolderError(f"{self.folder}: {reason}")

    def _check_plan(self, plan: Path, identity: dict[str, str]) -> None:
        try:
            with reading(plan):
                found = json.loads(read_regular(plan, MOST_JSON_BYTES, "the plan of a run"))
            title, stored = str(found["study"]), dict(found["sha256"])
            size = found["format"], found["tile"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise WorkFolderError(
                f"{plan}: is not the plan of a run; use another folder"
            ) from None
        if size != (FORMAT, TILE):  # hashes of another format are not comparable
            stored = {**identity, "version": ""}
        differs = mismatch(stored, identity)
        if differs:
            raise WorkFolderError(
                f"{self.folder}: holds the work of another run (study {title!r}): {differs}. "
                "Use another folder, or remove this one"
            )

    def _find(self) -> None:
        """Find the whole blocks and remove the others."""
        rows, self._sums = find_blocks(self.folder, self.keep, self._key)
        for first, end, block in rows:
            if first == self.end:
                self._blocks.append((first, end, block))
            else:
                block.path.unlink(missing_ok=True)
        for number in [n for n in self._sums if n > self.end]:
            self._sums.pop(number).unlink(missing_ok=True)

    # Reading ------------------------------------------------------------------------------------

    @property
    def end(self) -> int:
        """Number of tiles, from the first on, whose rows are on disk."""
        return self._blocks[-1][1] if self._blocks else 0

    def bytes_of_rows(self) -> int:
        """Return the size of the rows on the disk."""
        return sum(block.path.stat().st_size for _, _, block in self._blocks)

    def sums(self, tiles: int) -> RunningSums:
        """Return the sums over as many tiles as possible, at most `tiles`."""
        for number in sorted((n for n in self._sums if n <= min(tiles, self.end)), reverse=True):
            path = self._sums[number]
            with reading(path):
                block = open_block(path)
                if block is not None:
                    return from_arrays(number, block.read)
            with self._disk_errors():
                self._sums.pop(number).unlink(missing_ok=True)
        return RunningSums()

    def rows(
        self, scenarios: int, names: tuple[str, ...]
    ) -> Iterator[tuple[slice, dict[str, np.ndarray]]]:
        """Yield the rows of at most the first scenarios, block by block."""
        for first, end, block in self._blocks:
            begin, stop = first * TILE, min(end * TILE, scenarios)
            if begin >= stop:
                return
            with reading(block.path):
                found = {name: block.read(name, 0, stop - begin) for name in names}
            yield slice(begin, stop), found

    # Writing ------------------------------------------------------------------------------------

    def append(self, tile: TileResult, sums: RunningSums) -> None:
        """Store a tile or a batch of tiles; `sums` are those over all tiles up to it.

        A partial tile at the end of a run is skipped, and so are tiles that are already on disk.
        """
        begin, end = tile.first // TILE, self.end + self._pending_tiles
        stop = begin + tile.scenarios // TILE
        if tile.scenarios % TILE or not begin <= end < stop:
            return
        skip = (end - begin) * TILE
        self._pending.append({name: array[skip:] for name, array in tile.columns.items()})
        size = sum(a.nbytes for waiting in self._pending for a in waiting.values())
        if time.monotonic() - self._flushed >= EVERY or (size >= MOST_BYTES and not tile.placed):
            self.flush(sums)

    @property
    def _pending_tiles(self) -> int:
        return sum(len(next(iter(columns.values()))) for columns in self._pending) // TILE

    def flush(self, sums: RunningSums, kept: bool = False) -> None:
        """Write the waiting rows, and the sums over all tiles; kept sums are never replaced."""
        tiles = sums.tiles
        with self._disk_errors():
            begin, end = self.end, self.end + self._pending_tiles
            if self._pending:
                head = {"run": self._key, "tiles": [begin, end]}
                path = self.folder / rows_name(self.keep, begin, end)
                names = self._pending[0]
                block = write_block(path, head, {n: [w[n] for w in self._pending] for n in names})
                self._blocks.append((begin, end, block))
                self._pending.clear()
            missing = tiles not in self._sums or (kept and not is_kept(self._sums[tiles]))
            if tiles > 0 and missing:
                self._put_sums(sums, kept)
            self._flushed = time.monotonic()

    def _put_sums(self, sums: RunningSums, kept: bool) -> None:
        number = sums.tiles
        path = self.folder / sums_name(self.keep, number, kept)
        write_block(
            path, {"run": self._key, "tiles": number}, {k: [v] for k, v in sums.arrays().items()}
        )
        before = self._sums.pop(number, path)
        if before != path:
            before.unlink(missing_ok=True)
        self._sums[number] = path
        # The two newest stay: if the last is damaged, the one before it is used.
        for old in sorted(n for n, p in self._sums.items() if not is_kept(p))[:-2]:
            self._sums.pop(old).unlink(missing_ok=True)

    def close(self) -> None:
        """Release the folder."""
        self._unlock()
