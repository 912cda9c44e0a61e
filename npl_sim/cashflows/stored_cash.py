"""Cash of a package in one file of a run folder: writer and reader.

The file is an uncompressed NumPy archive (.npz): compression saves 40 % of the size and takes
five times as long. ``header.json`` holds the terms and names. Arrays hold the facts of the run;
``blocks/NUMBER/COLUMN`` hold the scenarios, in blocks. All amounts are exact float64.

A run in memory stores its cash by scenario, month, side (receipts, costs) and group, and can be
priced again at any rate. A run on disk stores receipts and net cash by scenario and month,
and present values by group at the rate of its simulation. Loans are not stored.
"""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from npl_sim.cashflows.on_disk import OnDiskCash
from npl_sim.cashflows.package_cash import PackageCash
from npl_sim.cashflows.precision import PrecisionResult
from npl_sim.cashflows.protocol import Cash
from npl_sim.core.errors import NplSimError

CASH_FILE = "cash.npz"
"""Name of the file in a run folder."""

FORMAT = "npl-sim cash 1"
TERMS = ("discount_rate", "cash_timing", "seed", "servicing_rate", "kinds", "groups")
ARRAYS = (
    "group_gbv", "mean_by_kind", "stage_gbv", "factor_averages", "control_variates",
    "loan_replicates",
)  # fmt: skip
"""Facts of a run that are stored as arrays."""
LOAN_COLUMNS = (
    "loan_id", "borrower_id", "product", "segment", "region", "stage", "gbv", "pv_mean", "pv_sd",
    "pv_se", "received_mean", "costs_mean", "months_to_cash", "p_any",
)  # fmt: skip

StoredCash = PackageCash | OnDiskCash
"""Cash read from a file: in memory if it is stored by group, else read by blocks of scenarios."""


def write_cash(path: Path, cash: Cash) -> int:
    """Write the cash of a package to one file and return its size. [bytes]

    Parameters
    ----------
    path
        File to write, replaced if it exists.
    cash
        Cash in memory or on disk; cash on disk is copied block by block.
    """
    streamed = cash.streams_from is not None
    header = {
        "format": FORMAT,
        "streamed": streamed,
        "scenarios": cash.scenarios,
        "months": cash.months,
        "draws": cash.draws,
        "factor_names": cash.factor_names,
        "control_blocks": cash.control_blocks,
        "has_short_rate": cash.has_short_rate,
        "precision": None if cash.precision is None else cash.precision.stored(),
        **{name: getattr(cash, name) for name in TERMS},
    }
    if not streamed:
        header["kinds"] = ("received", "costs")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as file:
        with file.open(_member("header.json"), "w") as part:
            part.write(json.dumps(header, indent=1).encode())
        _write(file, {name: getattr(cash, name) for name in ARRAYS})
        # For other readers; this module derives the weights from the control variates.
        _write(file, {"weights": cash.sample.weights})
        for number, columns in enumerate(cash.stored_columns()):
            _write(file, {f"blocks/{number:06d}/{name}": x for name, x in columns.items()})
    return path.stat().st_size


def read_cash(path: Path, memory_limit_gib: float = 2.0) -> StoredCash:
    """Read the cash of a package from the file of a run folder.

    Parameters
    ----------
    path
        File written by `write_cash`.
    memory_limit_gib
        Memory limit of one array of all scenarios, if they are read by blocks. [GiB]

    Raises
    ------
    NplSimError
        If the file is missing or is not stored cash.
    """
    try:
        with zipfile.ZipFile(path) as file:
            header = json.loads(file.read("header.json"))
            if header.get("format") != FORMAT:
                raise ValueError(f"format {header.get('format')!r}")
            arrays = {name: _read(file, name) for name in ARRAYS}
        facts = {name: header[name] for name in TERMS} | arrays
        for name in ("kinds", "groups", "factor_names", "control_blocks"):
            facts[name] = tuple(header[name])
        if header["precision"] is not None:
            facts["precision"] = PrecisionResult.from_stored(header["precision"])
        facts["loans"] = pd.DataFrame(columns=list(LOAN_COLUMNS))
        if header["streamed"]:
            return OnDiskCash(
                source=StoredRows(path),
                count=header["scenarios"],
                horizon=header["months"],
                draw_count=header["draws"],
                has_short_rate=header["has_short_rate"],
                limit_bytes=memory_limit_gib * 2.0**30,
                folder=Path(tempfile.gettempdir()),
                **facts,
            )
        blocks = list(StoredRows(path).blocks())
        columns: dict[str, Any] = {
            name: np.concatenate([b[name] for b in blocks]) for name in blocks[0]
        }
        # Months are last in memory, as in the engine, so the order of additions is the same.
        for name in {"amounts", "replicate_mean"} & set(columns):
            months_last = np.ascontiguousarray(columns[name].transpose(0, 3, 2, 1))
            columns[name] = months_last.transpose(0, 3, 2, 1)
        return PackageCash(**columns, **facts)
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError, IndexError) as error:
        raise NplSimError(
            f"{path}: got no readable cash ({error}); expected the {CASH_FILE} of a run folder"
        ) from None


class StoredRows:
    """Stored columns of each scenario, read block by block from a file of `write_cash`.

    Parameters
    ----------
    path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def blocks(self, names: tuple[str, ...] | None = None) -> Iterator[dict[str, np.ndarray]]:
        """Yield the named columns of each block; all columns where no names are given."""
        with zipfile.ZipFile(self._path) as file:
            columns: dict[str, list[str]] = {}
            for member in file.namelist():
                if member.startswith("blocks/"):
                    block, name = member.removesuffix(".npy").rsplit("/", 1)
                    columns.setdefault(block, []).append(name)
            for block, kept in columns.items():
                yield {name: _read(file, f"{block}/{name}") for name in names or kept}

    def rows(self, *names: str) -> Iterator[tuple[slice, dict[str, np.ndarray]]]:
        """Yield blocks: the numbers of the scenarios, and their rows of the named columns."""
        begin = 0
        for columns in self.blocks(names):
            end = begin + len(columns[names[0]])
            yield slice(begin, end), columns
            begin = end


def _member(name: str) -> zipfile.ZipInfo:
    """Return an archive member of a fixed date, so that equal cash gives equal files."""
    return zipfile.ZipInfo(name)


def _write(file: zipfile.ZipFile, arrays: Mapping[str, np.ndarray]) -> None:
    for name, array in arrays.items():
        with file.open(_member(f"{name}.npy"), "w", force_zip64=True) as member:
            np.lib.format.write_array(member, array, allow_pickle=False)


def _read(file: zipfile.ZipFile, name: str) -> Any:
    with io.BytesIO(file.read(f"{name}.npy")) as member:
        return np.lib.format.read_array(member, allow_pickle=False)
