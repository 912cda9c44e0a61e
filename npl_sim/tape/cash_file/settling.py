"""Match the rows of a file of cash to the loans of a tape, and account for every one of them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from npl_sim.core.errors import TapeError
from npl_sim.tables.cell_types import each
from npl_sim.tables.findings import FindingLog
from npl_sim.tables.periods import month_anniversary, month_end, whole_months
from npl_sim.tape.cash_file.account import ON_START, USED, ActualCash, account_of
from npl_sim.tape.cash_file.layout import route_of_kind
from npl_sim.tape.cash_file.reading import CashFile

LEAST_KNOWN = 0.5
"""Smallest share of the rows that must name a loan of the package."""

COLUMNS = ["row", "loan_id", "month", "cents", "is_cost", "kind", "route", "servicer"]


def settle_cash(
    file: CashFile,
    loans: pd.Series,
    gbv: float,
    start: date,
    as_of: date | None = None,
) -> ActualCash:
    """Return the cash of a package, with an account of every amount of the file.

    Parameters
    ----------
    file
        The file as it was read.
    loans
        Ids of the loans that are priced.
    gbv
        Gross book value of the package. [package currency]
    start
        Valuation date.
    as_of
        Date up to which cash is known; defaults to the end of the month of the last payment.

    Raises
    ------
    TapeError
        If most rows name no loan of the package, no whole month has passed, or no amount counts.
    """
    cells, log = file.cells, file.log
    cells = cells.assign(loan_id=_matched(cells, loans, log))
    known = cells["loan_id"].isin(set(loans)).to_numpy(dtype=bool)
    if known.mean() < LEAST_KNOWN:
        raise TapeError(
            f"{log.file}: {int(known.sum()):,} of {len(known):,} rows name a loan of the package; "
            f"expected at least {LEAST_KNOWN:.0%}: the ids may be those of another package"
        )
    date_known = as_of or _last_day(cells, known, start, log)
    elapsed = whole_months(start, date_known)
    if elapsed < 1:
        raise TapeError(
            f"{log.file}: as of {date_known} no whole month has passed since the valuation date "
            f"{start}; expected a later date"
        )
    paid = cells["amount"].notna().to_numpy(dtype=bool) & (cells["cents"] != 0).to_numpy()
    reasons = _reasons(cells, known, elapsed, date_known, start)
    used = cells[paid].assign(reason=reasons[paid])
    used["month"] = used["month"].where(used["reason"] != ON_START, 1)
    counts = used["reason"].isin((USED, ON_START)).to_numpy(dtype=bool)
    _refuse_none(used, counts, log.file, start, date_known)
    _report(cells, log, reasons, paid)
    _check_size(used, log, gbv)
    route = used["route"].where(used["route"] != "", used["kind"].map(route_of_kind()).fillna(""))
    used = used.assign(route=route)
    return ActualCash(
        rows=used.loc[counts, COLUMNS].reset_index(drop=True),
        set_aside=used.loc[~counts, ["row", "loan_id", "cents", "reason"]].reset_index(drop=True),
        account=account_of(used),
        closed=frozenset(cells.loc[known & cells["closed"].to_numpy(dtype=bool), "loan_id"]),
        servicer_of=_servicers(cells[known]),
        as_of=date_known,
        elapsed=elapsed,
        findings=tuple(log.findings),
        total_rows=file.total_rows,
        states_costs=bool((used["is_cost"] & counts).any()),
    )


def _matched(cells: pd.DataFrame, loans: pd.Series, log: FindingLog) -> pd.Series:
    """Return the ids as the tape writes them; leading zeros and case may differ."""
    ids = cells["loan_id"]
    known = set(loans)
    plain: dict[str, str] = {}
    for loan in loans:
        key = _key(loan)
        plain[key] = "" if key in plain else loan  # two loans with one key match nothing
    other = each(ids.where(~ids.isin(known), ""), lambda text: plain.get(_key(text), ""))
    spelled = other.astype(bool) & ~ids.isin(known).to_numpy(dtype=bool)
    found = ids.where(~pd.Series(spelled, index=ids.index), pd.Series(other, index=ids.index))
    rows = _first_amount(cells)
    expected = "the id as on the tape: leading zeros or case differ, and one loan fits"
    log.warn("loan_id", spelled[rows], ids.to_numpy(dtype=object)[rows], expected)
    return found


def _key(text: str) -> str:
    return text.strip().casefold().lstrip("0")


def _first_amount(cells: pd.DataFrame) -> np.ndarray:
    """Return the positions of the first amount of each row of the file."""
    return np.flatnonzero(~cells["row"].duplicated().to_numpy(dtype=bool))


def _last_day(cells: pd.DataFrame, known: np.ndarray, start: date, log: FindingLog) -> date:
    """Return the end of the month of the last payment; the file states no other date."""
    paid = cells[known & cells["amount"].notna().to_numpy(dtype=bool)]
    last = month_anniversary(start, max(int(paid["month"].max()) if len(paid) else 0, 0))
    days = paid["day"].dropna()
    if len(days):
        day = days.max().date()
        if start == month_end(start.year, start.month):
            last = month_end(day.year, day.month)
    at = np.zeros(len(log.rows), dtype=bool)
    at[-1:] = True
    expected = "--as-of with the date up to which cash is known: the whole month was taken"
    log.warn("", at, np.full(len(at), last.isoformat(), dtype=object), expected)
    return last


def _reasons(
    cells: pd.DataFrame, known: np.ndarray, elapsed: int, as_of: date, start: date
) -> np.ndarray:
    """Return where each amount goes; the first reason that applies."""
    month = cells["month"].to_numpy(dtype=np.int64)
    days = pd.to_datetime(cells["day"])
    last = month_anniversary(start, elapsed)
    after = np.where(
        days.notna(),
        (days > pd.Timestamp(as_of)).to_numpy(dtype=bool),
        month > elapsed + (as_of > last),
    )
    # Who bore a cost of that day is not known: the owner's, which is adverse.
    on_start = (days == pd.Timestamp(start)) & cells["is_cost"] & (cells["cents"] < 0)
    return np.select(
        [cells["copy"], ~known, on_start, month < 1, after, month > elapsed],
        ["copy", "unknown_loan", ON_START, "before_start", "after_date", "incomplete_month"],
        USED,
    )


def _refuse_none(
    used: pd.DataFrame, counts: np.ndarray, file: str, start: date, as_of: date
) -> None:
    """Refuse a file whose every amount is set aside: no cash came is another statement.

    Raises
    ------
    TapeError
        With the dates that are found and those that are expected.
    """
    if not len(used) or counts.any():
        return
    days = pd.to_datetime(used["day"]).dropna()
    if len(days):
        first, last = days.min().date(), days.max().date()
    else:
        months = used["month"]
        first, last = (month_anniversary(start, int(m)) for m in (months.min(), months.max()))
    raise TapeError(
        f"{file}: all {len(used):,} amounts are set aside; their dates are {first} to {last}. "
        f"Expected cash of loans of the package after the valuation date {start}, in whole "
        f"months up to {as_of}"
    )


def _report(cells: pd.DataFrame, log: FindingLog, reasons: np.ndarray, paid: np.ndarray) -> None:
    """Report the amounts that do not count as they are dated, with their sum."""
    expected = {
        "copy": "each row once: it is the same as an earlier row in every cell",
        "unknown_loan": "the id of a loan that is priced",
        ON_START: "costs after the valuation date",
        "before_start": "cash after the valuation date",
        "after_date": "cash up to the as-of date",
        "incomplete_month": "cash of whole months: the last month is not over",
    }
    amounts = cells["cents"].to_numpy(dtype=np.int64)
    row = np.searchsorted(log.rows, cells["row"].to_numpy(dtype=np.int64))
    ids = cells["loan_id"].to_numpy(dtype=object)
    for reason, text in expected.items():
        found = (reasons == reason) & paid
        if not found.any():
            continue
        at = np.zeros(len(log.rows), dtype=bool)
        at[row[found]] = True
        shown = np.full(len(log.rows), "", dtype=object)
        shown[row[found]] = ids[found]
        total = amounts[found].sum() / 100.0
        done = "counted in month 1, as the owner's:" if reason == ON_START else "set aside"
        log.warn("", at, shown, f"{text}; {done} {total:,.2f} in {int(found.sum()):,} amounts")


def _check_size(used: pd.DataFrame, log: FindingLog, gbv: float) -> None:
    """Refuse cash above the claims of the whole package, as in a wrong unit."""
    total = used.loc[(used["reason"] == USED) & ~used["is_cost"], "cents"].sum() / 100.0
    if total > gbv > 0.0:
        raise TapeError(
            f"{log.file}: cash of {total:,.2f} is above the gross book value {gbv:,.2f}; expected "
            "less: the unit of the amounts may be wrong"
        )


def _servicers(cells: pd.DataFrame) -> dict[str, str]:
    """Return the servicer of each loan; several are joined."""
    stated = cells[cells["servicer"] != ""].drop_duplicates(["loan_id", "servicer"])
    joined = stated.groupby("loan_id", sort=False)["servicer"].agg(" + ".join)
    return {str(loan): str(name) for loan, name in joined.items()}
