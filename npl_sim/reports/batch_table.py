"""The results of a batch as a table: one row a run, in files and in the terminal."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from npl_sim.errors import RunFolderError
from npl_sim.reports.formats import money_unit, percent
from npl_sim.stats import risk

if TYPE_CHECKING:
    from rich.console import Console

    from npl_sim.reports.folder import Run

__all__ = ["Row", "frame_of", "print_rows", "row_of_run", "write_rows"]

NAN = math.nan
LOW = 0.05
"""Level of the quantile in the table, whatever quantiles the study asks for."""

MOST_LINES = 5
"""Lines of a failure's message that are printed; the table holds them all."""

GRID = "set."
"""Before the name of a column that holds the values of a key of the grid."""


@dataclass(frozen=True)
class Row:
    """What came of one run.

    Attributes
    ----------
    study, file, overrides
        Name of the study, its file, and what was changed in it.
    status
        ``done``, ``skipped`` (it was done before) or ``failed``.
    currency, gbv, mean, se, of_gbv, bid, q5, es
        Currency; gross book value; mean price, its standard error and share of GBV; bid; quantile of the
        price at 5 %; expected shortfall at the study's level. NaN where it failed. [package currency]
    scenarios
        Number of scenarios; 0 where it failed.
    seconds
        Time that it took when it was run.
    folder
        Run folder below the batch's; empty where it failed.
    message
        Why it failed.
    """

    study: str
    file: str
    overrides: str
    status: str
    currency: str = ""
    gbv: float = NAN
    mean: float = NAN
    se: float = NAN
    of_gbv: float = NAN
    bid: float = NAN
    q5: float = NAN
    es: float = NAN
    scenarios: int = 0
    seconds: float = NAN
    folder: str = ""
    message: str = ""

    def plain(self) -> dict[str, Any]:
        """Return plain data: numbers that are not known are None."""
        values = dataclasses.asdict(self)
        return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in values.items()}


def row_of_run(run: Run, file: str, overrides: str, status: str, currency: str, folder: str) -> Row:
    """Return the row of a finished run, read from its folder: the same whoever ran it and when.

    Raises
    ------
    RunFolderError
        If its summary lacks what the table holds.
    """
    try:
        found = run.summary
        price, bid = found["price"], found["bid"]["in_expectation"]
        pv = run.table("prices")["pv"].to_numpy(dtype=np.float64)
        numbers: dict[str, Any] = {
            "gbv": found["package"]["gbv"],
            "mean": price["mean"]["value"],
            "se": price["mean"]["se"],
            "of_gbv": price["mean_of_gbv"]["value"],
            "bid": bid["value"],
            "es": price["expected_shortfall"]["value"],
        }
        known: dict[str, Any] = {k: NAN if v is None else float(v) for k, v in numbers.items()}
        return Row(
            study=run.manifest["study"],
            file=file,
            overrides=overrides,
            status=status,
            currency=currency,
            **known,
            q5=risk.quantile(pv, LOW).value,
            scenarios=len(pv),
            seconds=round(sum(run.manifest["timings_seconds"].values()), 3),
            folder=folder,
        )
    except (KeyError, TypeError) as error:
        raise RunFolderError(f"{run.folder}: is not the folder of a priced package ({error})") from None


def frame_of(rows: Sequence[Row], points: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return the table, with a column of its own for each key of the grid.

    Parameters
    ----------
    rows
        Rows.
    points
        Values of the grid at each row.
    """
    frame = pd.DataFrame(
        [dataclasses.asdict(row) for row in rows], columns=[f.name for f in dataclasses.fields(Row)]
    )
    at = frame.columns.get_loc("overrides")
    for key in dict.fromkeys(key for point in points for key in point):
        values = [point.get(key) for point in points]
        plain = all(isinstance(v, int | float) and not isinstance(v, bool) for v in values)
        at += 1
        frame.insert(at, GRID + key, values if plain else [str(v) for v in values])
    return frame


def write_rows(frame: pd.DataFrame, folder: Path) -> None:
    """Write results.csv and results.parquet, each whole or not at all."""

    def put(name: str, write: Callable[[Path], None]) -> None:
        draft = folder / f".{name}.{os.getpid()}"
        try:
            write(draft)
            draft.replace(folder / name)
        except OSError as error:
            raise RunFolderError(f"{folder / name}: cannot be written ({error.strerror or error})") from None
        finally:
            draft.unlink(missing_ok=True)

    put("results.csv", lambda path: frame.to_csv(path, index=False, encoding="utf-8-sig"))
    put("results.parquet", lambda path: frame.to_parquet(path, index=False))


def print_rows(rows: Sequence[Row], labels: Sequence[str], console: Console) -> None:
    """Print the table; amounts of one currency share a unit."""
    from npl_sim.reports.text_tables import table_of

    done = [row for row in rows if row.status != "failed"]
    header = ["run", "mean\nprice", "std\nerror", "% of\nGBV", "bid", "q 5%", "ES", "s", "status"]
    units = {
        currency: money_unit(
            max(max(abs(r.mean), r.gbv / 100.0) for r in done if r.currency == currency), currency
        )
        for currency in {row.currency for row in done}
    }
    one = len(units) == 1
    cells = []
    for row, label in zip(rows, labels, strict=True):
        if row.status == "failed":
            cells.append([label, *["-"] * 7, row.status])
            continue
        unit = units[row.currency]
        amounts = unit.column([row.mean, row.se, row.bid, row.q5, row.es])
        mean, se, bid, q5, es = amounts if one else [f"{a} {unit.name}" for a in amounts]
        cells.append([label, mean, se, percent(row.of_gbv, 2), bid, q5, es, f"{row.seconds:.1f}", row.status])
    console.print()
    if one:
        console.print(f"Amounts in {next(iter(units.values())).name}", highlight=False, markup=False)
    console.print(table_of(header, cells, plain=not console.is_terminal))
    told: dict[str, list[str]] = {}
    for row, label in zip(rows, labels, strict=True):
        if row.message:
            told.setdefault(row.message, []).append(label)
    for message, those in told.items():
        first = those[0] if len(those) == 1 else f"{those[0]} and {len(those) - 1} more"
        lines = message.splitlines()
        shown = lines[:MOST_LINES] + (
            [f"and {len(lines) - MOST_LINES:,} more"] if len(lines) > MOST_LINES else []
        )
        for line in shown:
            console.print(f"{first}: {line}", highlight=False, markup=False, soft_wrap=True)
