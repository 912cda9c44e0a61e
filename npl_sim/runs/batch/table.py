"""The results of a batch as a table: one row a run, in files and in the terminal."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from npl_sim.core.errors import RunFolderError
from npl_sim.core.issues import Issue
from npl_sim.runs.batch.names import printable, shown
from npl_sim.stats.weighted import Distribution

if TYPE_CHECKING:
    from npl_sim.runs.batch.jobs import Entry
    from npl_sim.runs.folder import Run

NAN = math.nan
LOW = 0.05
"""Level of the quantile in the table, whatever quantiles the study asks for."""

GRID = "set."
"""Before the name of a column that holds the values of a key of the grid."""


@dataclass(frozen=True)
class Row:
    """Result of one run of a batch."""

    study: str
    """Name of the study."""
    file: str
    """File of the study."""
    overrides: str
    """Overrides of the study."""
    status: str
    """``done``, ``skipped`` (it was done before) or ``failed``."""
    currency: str = ""
    """Currency of the amounts."""
    gbv: float = NAN
    """Gross book value; NaN where the run failed, as in the next fields. [package currency]"""
    mean: float = NAN
    """Value at the required return. [package currency]"""
    se: float = NAN
    """Standard error of the value. [package currency]"""
    of_gbv: float = NAN
    """Value as a share of the gross book value. [share of 1]"""
    value_at_target: float = NAN
    """Value at `pricing.target_irr` after `pricing.purchase_cost`. [package currency]"""
    buyer_bid: float = NAN
    """Bid on the terms of the study's `buyer`; NaN if it has none. [package currency]"""
    q5: float = NAN
    """Quantile of the value at 5 %. [package currency]"""
    es: float = NAN
    """Expected shortfall of the value at the study's level. [package currency]"""
    scenarios: int = 0
    """Number of scenarios."""
    loans: int = 0
    """Number of loans priced."""
    loans_quarantined: int = 0
    """Rows of the loan file in quarantine."""
    gbv_quarantined: float = NAN
    """Known gross book value of these rows. [package currency]"""
    errors: int = 0
    """Number of errors among the issues of study, tape and result."""
    warnings: int = 0
    """Number of warnings among them."""
    top_issue: str = ""
    """Most important issue; empty if there is none."""
    seconds: float = NAN
    """Time of the run, with writing and figures. [seconds]"""
    folder: str = ""
    """Run folder below that of the batch; it may be missing where the run failed."""
    message: str = ""
    """Reason of the failure."""

    @classmethod
    def failed(cls, entry: Entry, message: str, study: str = "") -> Row:
        """Return the row of a run that failed."""
        name = study or (entry.listed if entry.masked else printable(entry.path.stem))
        return cls(name, entry.file, entry.changes, "failed", folder=entry.folder, message=message)

    def printable(self) -> Row:
        """Return the row with texts that any file can hold."""
        texts: dict[str, Any] = {
            k: printable(v) for k, v in dataclasses.asdict(self).items() if isinstance(v, str)
        }
        return dataclasses.replace(self, **texts)

    def plain(self) -> dict[str, Any]:
        """Return plain data: numbers that are not known are None."""
        values = dataclasses.asdict(self)
        return {
            k: None if isinstance(v, float) and not math.isfinite(v) else v
            for k, v in values.items()
        }


def row_of_run(
    run: Run, file: str, overrides: str, status: str, currency: str, folder: str
) -> Row:
    """Return the row of a finished run, read from its folder: the same whoever ran it and when.

    Raises
    ------
    RunFolderError
        If its summary lacks what the table holds.
    """
    try:
        found = run.summary
        account = found["reconciliation"]["loans"]
        price, bid = found["price"], found["buyer_bid"]
        prices = run.table("prices")
        pv, weight = (prices[name].to_numpy(dtype=np.float64) for name in ("pv", "weight"))
        numbers: dict[str, Any] = {
            "gbv": found["package"]["gbv"],
            "mean": price["mean"]["value"],
            "se": price["mean"]["se"],
            "of_gbv": price["mean_of_gbv"]["value"],
            "value_at_target": found["value_at_target"]["in_expectation"]["value"],
            "buyer_bid": None if bid is None else bid["price"]["value"],
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
            q5=Distribution(pv, weight).quantile(LOW),
            scenarios=int(found["package"]["scenarios"]),
            loans=int(found["package"]["loans"]),
            loans_quarantined=int(account["rows_quarantined"]),
            gbv_quarantined=account["cents_quarantined"] / 100.0,
            errors=int(found["issues_by_count"]["error"]),
            warnings=int(found["issues_by_count"]["warning"]),
            top_issue=_top(found["issues"]),
            seconds=round(sum(run.manifest["timings_seconds"].values()), 3),
            folder=folder,
        )
    except (KeyError, TypeError) as error:
        raise RunFolderError(
            f"{run.folder}: is not the folder of a priced package ({error})"
        ) from None


def _top(issues: Sequence[Mapping[str, Any]]) -> str:
    """Return the first of a summary's issues in a line."""
    if not issues:
        return ""
    first = issues[0]
    return str(Issue(first["severity"], first["location"], first["message"]))


def frame_of(
    rows: Sequence[Row], points: Sequence[Mapping[str, Any]], earlier: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return the table, with a column of its own for each key of the grid.

    Parameters
    ----------
    rows
        Rows.
    points
        Values of the grid at each row. The table holds them as text, since a column may mix
        numbers and text.
    earlier
        Table of earlier calls; its rows of other folders come first.
    """
    names = [f.name for f in dataclasses.fields(Row)]
    frame = pd.DataFrame([dataclasses.asdict(row) for row in rows], columns=names)
    keys = list(dict.fromkeys(key for point in points for key in point))
    for key in keys:
        frame[GRID + key] = [
            printable(shown(point[key])) if key in point else "" for point in points
        ]
    if earlier is not None and len(earlier):
        kept = earlier[~earlier["folder"].isin(frame["folder"])]
        keys += [
            k.removeprefix(GRID)
            for k in map(str, kept)
            if k.startswith(GRID) and k.removeprefix(GRID) not in keys
        ]
        if len(kept):
            frame = pd.concat([kept, frame], ignore_index=True)
    at = names.index("overrides") + 1
    frame = frame.reindex(columns=[*names[:at], *(GRID + key for key in keys), *names[at:]])
    for field in dataclasses.fields(Row):
        if field.type == "int":  # not known in the table of an earlier version
            frame[field.name] = frame[field.name].fillna(0).astype("int64")
    for name in (GRID + key for key in keys):
        frame[name] = frame[name].map(
            lambda v: v if isinstance(v, str) else "" if pd.isna(v) else shown(v)
        )
    return frame
