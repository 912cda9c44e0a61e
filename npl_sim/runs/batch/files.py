"""Files of the folder of a batch: the table with the rows of all calls, and the lock."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from npl_sim.core.disk.claims import Claim
from npl_sim.core.disk.locks import LockedElsewhere, NoLocks
from npl_sim.core.disk.whole_file import whole_file
from npl_sim.core.errors import InputFileError, RunFolderError
from npl_sim.core.input_file import file_size, open_regular
from npl_sim.tables.csv_safe import write_csv

_FIRST = b"study,file,overrides,"
"""First columns of the table of a batch."""

CSV, PARQUET = "results.csv", "results.parquet"


def check_batch_folder(folder: Path) -> None:
    """Refuse a folder whose results.csv is no batch's.

    Raises
    ------
    RunFolderError
        If a batch may not be written there.
    """
    table = folder / CSV
    if folder.exists() and not folder.is_dir():
        raise RunFolderError(
            f"{folder}: is a file; expected a folder for the batch, or a name not in use"
        )
    if table.exists():
        try:
            with open_regular(table, "the table of a batch") as file:
                first = file.read(len(_FIRST) + len(BOM_UTF8))
        except InputFileError as error:
            raise RunFolderError(f"{error}; use another --out") from None
        except OSError as error:
            raise RunFolderError(
                f"{table}: cannot be read ({error.strerror}); use another --out"
            ) from None
        if not first.removeprefix(BOM_UTF8).startswith(_FIRST):
            raise RunFolderError(
                f"{table}: is not the table of a batch and is not touched; use another --out"
            )


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make the folder if needed, and lock it against another batch inside a ``with`` statement.

    Raises
    ------
    RunFolderError
        If another batch is at work there, or the folder cannot be written; nothing is left then.
    """
    try:
        claim = Claim(folder, "batch", must_lock=True)
    except LockedElsewhere:
        problem = "is in use by another batch; wait for it, or use another --out"
    except NoLocks as error:
        problem = f"lies on a file system that cannot lock ({error}); use an --out on another disk"
    except OSError as error:
        problem = f"cannot be written ({error.strerror})"
    else:
        with claim:
            yield
        return
    raise RunFolderError(f"{folder}: {problem}")


def earlier_rows(folder: Path) -> pd.DataFrame:
    """Return the rows that earlier calls left; none without results.csv.

    Raises
    ------
    RunFolderError
        If there are some and they cannot be read; the next table would lose them.
    """
    if not (folder / CSV).exists():
        return pd.DataFrame()
    try:
        file_size(folder / PARQUET, "the table of a batch")
        found = pd.read_parquet(folder / PARQUET)
        if not {"folder", "status"} <= set(found.columns):
            raise ValueError("has no column folder")
    except (InputFileError, OSError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise RunFolderError(
            f"{folder / PARQUET}: cannot be read ({reason}), and a new {CSV} would lose its rows; "
            f"move {CSV} and {PARQUET} away, or use another --out"
        ) from None
    return found


def write_rows(frame: pd.DataFrame, folder: Path) -> None:
    """Write results.csv and results.parquet, each whole or not at all.

    Raises
    ------
    RunFolderError
        If they cannot be written.
    """

    def put(name: str, write: Callable[[Path], None]) -> None:
        try:
            with whole_file(folder / name) as draft:
                write(draft)
        except OSError as error:
            raise RunFolderError(
                f"{folder / name}: cannot be written ({error.strerror or error})"
            ) from None

    # The one that the next call reads goes first.
    put(PARQUET, lambda path: frame.to_parquet(path, index=False))
    put(CSV, lambda path: write_csv(frame, path))
