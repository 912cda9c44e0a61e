"""Finished scenarios on disk, so that a run that was stopped at any moment goes on where it was.

A folder holds ``plan.json``, which says what run it belongs to, and two sorts of block files (see `blockfile`):
``totals-rows-A-B.block``, what is kept (here: totals) of each scenario of the tiles A to B - 1, and
``totals-sums-N.block``, the sums over the first N tiles. A run goes on after the longest unbroken row of whole blocks with
whole sums at or before its end. What is not whole, or belongs to another run, is never read, and removed. What cannot be
read at the moment stops the run and stays.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

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
from npl_sim.engine.sums import Sums
from npl_sim.engine.temporary_store import Scratch
from npl_sim.engine.tile import Walked

__all__ = ["BlockStore"]

EVERY = 5.0
"""Most seconds of finished work that a stop may cost, besides the tiles under way."""

MOST_BYTES = 64 * 2**20
"""Finished rows that wait to be written."""

FORMAT = 3
"""Version of the folder's files."""

PLAN = "plan.json"


class BlockStore:
    """Finished scenarios of one run in a folder.

    Parameters
    ----------
    folder
        The folder; made where it does not exist.
    identity
        What the run is (see `identity`).
    keep
        What is kept of each scenario; each detail has files of its own.
    title
        Name of the study, for messages.
    scratch
        What removes the folder with the last that reads from it; none: it stays, so that a user may go on from it.

    Raises
    ------
    WorkFolderError
        If the folder belongs to another run, is in use, holds something else, or cannot be written.
    """

    def __init__(
        self,
        folder: Path,
        identity: dict[str, str],
        keep: str,
        title: str,
        scratch: Scratch | None = None,
    ) -> None:
        self.folder = folder
        self.keep = keep
        self._scratch = scratch
        self._key = text_hash(json.dumps([identity, keep], sort_keys=True))
        self._blocks: list[tuple[int, int, BlockFile]] = []
        self._sums: dict[int, Path] = {}
        self._pending: list[dict[str, np.ndarray]] = []
        self._flushed = time.monotonic()
        self._unlock: Callable[[], object] = lambda: None
        try:
            with self._told():
                self._open(identity, title)
        except BaseException:
            # Whoever holds the error must not hold the folder.
            self._unlock()
            raise

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Tell a fault of the disk in words."""
        try:
            yield
        except OSError as error:
            self._pending.clear()
            said = f"{self.folder}: cannot be written ({error.strerror or error})"
            if self._scratch is not None:
                said += "; expected room for the rows of a streamed run: give --work FOLDER on a larger disk"
            elif self.end:
                said += (
                    f"; the first {self.end * TILE:,} scenarios are safe there, and the same command goes on "
                    "from them"
                )
            raise WorkFolderError(said) from None

    # Opening ------------------------------------------------------------------------------------

    def _open(self, identity: dict[str, str], title: str) -> None:
        folder, plan = self.folder, self.folder / PLAN
        if folder.exists() and not folder.is_dir():
            raise WorkFolderError(
                f"{folder}: is a file; expected a folder for the work, or a name not in use"
            )
        self._check_content()  # before anything is written there
        if self._scratch is None:
            self._take_name()
        else:
            folder.mkdir(parents=True, exist_ok=True)
        self._check_content()
        if plan.exists():
            self._check_plan(plan, identity)
        else:
            words = {"format": FORMAT, "study": title, "tile": TILE, "sha256": identity}
            write_whole(plan, [(json.dumps(words, indent=2, ensure_ascii=False) + "\n").encode()])
        self._find()

    def _check_content(self) -> None:
        """Refuse a folder that holds other things than work; what a killed run drafted there does not count."""
        folder = self.folder
        if not folder.is_dir() or (folder / PLAN).exists():
            return
        if any(not p.name.startswith(PREFIX) for p in folder.iterdir()):
            raise WorkFolderError(
                f"{folder}: holds no work of npl-sim and is not touched; use another folder for --work"
            )

    def _take_name(self) -> None:
        """Keep a second run out until the folder is let go of, at the latest when this process ends."""
        try:
            self._unlock = Claim(self.folder, "work", must_lock=True).release
        except LockedElsewhere:
            said = "is in use by another run; wait for it, or use another folder"
        except NoLocks as error:
            said = (
                f"lies on a file system that cannot lock ({error}); use a folder on another disk"
            )
        else:
            return
        raise WorkFolderError(f"{self.folder}: {said}")

    def _check_plan(self, plan: Path, identity: dict[str, str]) -> None:
        try:
            with reading(plan):
                found = json.loads(read_regular(plan, MOST_JSON_BYTES, "the plan of a run"))
            title, own = str(found["study"]), dict(found["sha256"])
            size = found["format"], found["tile"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise WorkFolderError(
                f"{plan}: is not the plan of a run; use another folder"
            ) from None
        # The names of another version's hashes may mean something else.
        differs = mismatch(
            own if size == (FORMAT, TILE) else {**identity, "version": ""}, identity
        )
        if differs:
            raise WorkFolderError(
                f"{self.folder}: holds the work of another run (study {title!r}): {differs}. Use another folder, or "
                "remove this one"
            )

    def _find(self) -> None:
        """Find what is whole; remove the rest."""
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
        """Return what the rows take on the disk."""
        return sum(block.path.stat().st_size for _, _, block in self._blocks)

    def sums(self, tiles: int) -> tuple[int, Sums | None]:
        """Return the sums over as many tiles as possible, at most `tiles`, and how many that are."""
        for number in sorted((n for n in self._sums if n <= min(tiles, self.end)), reverse=True):
            path = self._sums[number]
            with reading(path):
                block = open_block(path)
                if block is not None:
                    return number, Sums(*(block.read(name) for name in Sums._fields))
            with self._told():
                self._sums.pop(number).unlink(missing_ok=True)
        return 0, None

    def rows(
        self, scenarios: int, names: tuple[str, ...]
    ) -> Iterator[tuple[slice, dict[str, np.ndarray]]]:
        """Yield the rows of the first scenarios, at most, block by block."""
        for first, end, block in self._blocks:
            begin, stop = first * TILE, min(end * TILE, scenarios)
            if begin >= stop:
                return
            with reading(block.path):
                found = {name: block.read(name, 0, stop - begin) for name in names}
            yield slice(begin, stop), found

    # Writing ------------------------------------------------------------------------------------

    def append(self, walked: Walked, sums: Sums) -> None:
        """Take a tile; `sums` are those over all tiles up to it.

        Odd tiles at the end of a run, and those that are on disk already, are passed over.
        """
        at = walked.first // TILE
        if walked.scenarios < TILE or at != self.end + len(self._pending):
            return
        self._pending.append(walked.columns)
        size = sum(a.nbytes for a in walked.columns.values()) * len(self._pending)
        if time.monotonic() - self._flushed >= EVERY or (size >= MOST_BYTES and not walked.placed):
            self.flush(sums, at + 1)

    def flush(self, sums: Sums, tiles: int, kept: bool = False) -> None:
        """Write what waits, and the sums over so many tiles; kept sums are not removed when others follow."""
        with self._told():
            begin, end = self.end, self.end + len(self._pending)
            if self._pending:
                head = {"run": self._key, "tiles": [begin, end]}
                path = self.folder / rows_name(self.keep, begin, end)
                names = self._pending[0]
                block = write_block(path, head, {n: [w[n] for w in self._pending] for n in names})
                self._blocks.append((begin, end, block))
                self._pending.clear()
            if tiles > 0 and (
                tiles not in self._sums or (kept and not is_kept(self._sums[tiles]))
            ):
                self._put_sums(tiles, sums, kept)
            self._flushed = time.monotonic()

    def _put_sums(self, number: int, sums: Sums, kept: bool) -> None:
        path = self.folder / sums_name(self.keep, number, kept)
        write_block(
            path, {"run": self._key, "tiles": number}, {k: [v] for k, v in sums._asdict().items()}
        )
        before = self._sums.pop(number, path)
        if before != path:
            before.unlink(missing_ok=True)
        self._sums[number] = path
        # The two newest: should the last be damaged, the one before it serves.
        for old in sorted(n for n, p in self._sums.items() if not is_kept(p))[:-2]:
            self._sums.pop(old).unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the folder."""
        self._unlock()
