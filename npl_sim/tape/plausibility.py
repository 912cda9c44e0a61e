"""Plausibility of a whole tape: dates, rates, sizes out of proportion, and control totals."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from npl_sim.core.fields import DAYS_PER_MONTH
from npl_sim.tables.findings import Finding, Severity
from npl_sim.tape.parsed import Parsed
from npl_sim.tape.schema import SCHEMAS, Role
from npl_sim.tape.spec import ExpectedTotals

EARLIEST = pd.Timestamp("1950-01-01")
OLD = pd.Timestamp("1990-01-01")
LATEST_YEARS = 60
"""Most years after the valuation date until a loan or guarantee ends. [years]"""

FUTURE = frozenset(("maturity_date", "guarantee_end"))
"""Columns whose dates may lie after the valuation date."""

OLD_MONTHS, TOO_OLD_MONTHS = 6.0, 36.0
LOW_RATE, HIGH_RATE = 0.005, 0.40  # of the median [per year]
FAR = 1000.0
INTEREST_TIMES = 100.0
UNIT_RATIO = 100.0
_LEAST_ITEMS = 3


def date_columns(role: Role) -> tuple[str, ...]:
    """Return the canonical date columns of a table."""
    return tuple(c.name for c in SCHEMAS[role] if c.type == "date")


def check_date_range(role: Role, table: Parsed, valuation: pd.Timestamp) -> None:
    """Check dates against the calendar: before 1950 is an error, before 1990 a warning."""
    log, frame = table.log, table.frame
    for name in date_columns(role):
        text = table.text(name)
        early = frame[name] < EARLIEST
        expected = "a date from 1950 on; tape.placeholder_dates lists dates that stand for none"
        log.error(name, early, text, expected)
        log.warn(name, (frame[name] < OLD) & ~early, text, "a date from 1990 on")
        if name in FUTURE:
            far = (frame[name].dt.year > valuation.year + LATEST_YEARS).to_numpy(dtype=bool)
            expected = (
                f"a date at most {LATEST_YEARS} years after the valuation; "
                f"tape.placeholder_dates lists dates that "
                "stand for none"
            )
            log.error(name, far, text, expected)
        elif role == "loans":
            day = f"a date on or before the valuation date {valuation.date().isoformat()}"
            log.error(name, frame[name] > valuation, text, day)


def check_date_order(
    loans: Parsed, frame: pd.DataFrame, cut_off: pd.Timestamp, stated: bool
) -> None:
    """Check the dates of a loan against its default date and the cut-off date.

    Parameters
    ----------
    loans
        Loan rows as read; its log takes the findings.
    frame
        The same rows, completed.
    cut_off
        Day of the balances.
    stated
        Whether the study states it.
    """
    log, default = loans.log, frame["default_date"]
    if stated:
        late = (default > cut_off).to_numpy(dtype=bool)
        most = late.sum() > 0.5 * max(1, int(default.notna().sum()))
        expected = (
            f"a default on or before the cut-off date {cut_off.date().isoformat()} of the balances"
        )
        add = log.error if most else log.warn
        add("default_date", late, loans.text("default_date"), expected, confirm="cut_off_date")
    early = (frame["stage_date"] < default).to_numpy(dtype=bool)
    for stage in frame["stage"][early].unique():
        at = early & (frame["stage"] == stage).to_numpy(dtype=bool)
        expected = f"a date on or after default, as the loan's stage is {stage or 'collection'}"
        log.warn("stage_date", at, loans.text("stage_date"), expected)


def check_valuation_date(
    loans: Parsed, items: Parsed | None, valuation: pd.Timestamp, cut_off: date | None, gbv: float
) -> None:
    """Compare the valuation date with the tape's latest date; a gap of years is a warning.

    Parameters
    ----------
    loans, items
        Loan and collateral rows as read; the log of the loans takes the finding.
    valuation
        The valuation date.
    cut_off
        Day of the balances; None if not stated.
    gbv
        Gross book value of the tape. [package currency]
    """
    days = [loans.frame[name] for name in date_columns("loans") if name not in FUTURE]
    if items is not None:
        days += [items.frame[name] for name in date_columns("collateral")]
    known = [day[day <= valuation].max() for day in days]
    known += [pd.Timestamp(cut_off)] if cut_off is not None else []
    known = [day for day in known if not pd.isna(day)]
    if not known:
        return
    youngest = max(known)
    months = (valuation - youngest).days / DAYS_PER_MONTH
    if months <= OLD_MONTHS:
        return
    severe = months > TOO_OLD_MONTHS
    limit = TOO_OLD_MONTHS if severe else OLD_MONTHS
    day = valuation.date().isoformat()
    expected = (
        f"a valuation date at most {limit:g} months after the tape's youngest date "
        f"{youngest.date().isoformat()}: "
        f"{day} is {months:,.1f} months after it"
    )
    where = (loans.raw.header_row,)
    severity: Severity = "error" if severe else "warning"
    loans.log.about_file(
        Finding(severity, loans.log.file, "", expected, 1, where, (day,), "valuation_date", gbv)
    )


def check_rates(loans: Parsed, gbv: float) -> None:
    """Check the median rate of each column for a mix-up of percent and shares.

    Parameters
    ----------
    loans
        Loan rows as read; its log takes the findings.
    gbv
        Gross book value of the tape. [package currency]
    """
    for name in ("contract_rate", "penalty_rate"):
        rates = loans.frame[name]
        rates = rates[rates > 0.0]
        if len(rates) == 0:
            continue
        median = float(rates.median())
        if LOW_RATE <= median <= HIGH_RATE:
            _check_mixture(loans, name, gbv)
            continue
        other = median * 100.0 if median < LOW_RATE else median / 100.0
        key = "false" if median < LOW_RATE else "true"
        first = np.flatnonzero((loans.frame[name] > 0.0).to_numpy(dtype=bool))[:1]
        cell = loans.text(name)(first).iloc[0]
        expected = (
            f"a median rate from {LOW_RATE:.1%} to {HIGH_RATE:.0%} a year: as read it is "
            f"{median:.4%}, in the other "
            f"notation {other:.4%} (tape.rates_in_percent: {key})"
        )
        header = loans.log.headers.get(name, name)
        column = name if header == name else f"{name} ({header})"
        loans.log.about_file(
            Finding(
                "error",
                loans.log.file,
                column,
                expected,
                1,
                (loans.raw.header_row,),
                (cell,),
                "rates_in_percent",
                gbv,
            )
        )


def _check_mixture(loans: Parsed, name: str, gbv: float) -> None:
    """Refuse a column of shares in which some cells are probably percent."""
    rates = loans.frame[name].to_numpy(dtype=np.float64)
    above = rates > 1.0
    expected = (
        "one notation in the column: most rates are shares or have a percent sign, but "
        "these exceed 100 % a year; write 5% for 5 percent"
    )
    if not above.any():
        with np.errstate(invalid="ignore"):
            low = np.flatnonzero((rates > 0.0) & (rates < LOW_RATE) & (rates * 100.0 >= LOW_RATE))
        # 0.12 read as 0.0012: a share in a column of percent.
        cells = pd.to_numeric(loans.text(name)(low), errors="coerce").to_numpy(dtype=np.float64)
        above[low[np.isclose(cells, rates[low] * 100.0)]] = True
        expected = (
            "one notation in the column: most of its rates are percent, these would be below "
            "0.5 % a year; write 12 for 12 %"
        )
    if not above.any():
        return
    rows = loans.raw.rows[above]
    kept = np.flatnonzero(above)
    header = loans.log.headers.get(name, name)
    column = name if header == name else f"{name} ({header})"
    values = tuple(str(v) for v in loans.text(name)(kept))
    found = Finding("error", loans.log.file, column, expected, 0, (), (), "rates_in_percent", gbv)
    for finding in loans.log.on_rows(found, rows, values):
        loans.log.about_file(finding)


def check_balances(loans: Parsed, frame: pd.DataFrame) -> None:
    """Warn of claims far from the median, and of interest out of proportion to principal."""
    median = float(frame["gbv"].median())
    gbv = frame["gbv"]
    if median > 0.0:
        shown = loans.text("gbv") if "gbv" in loans.places else gbv
        expected = f"at most {FAR:,.0f} times the median of {median:,.2f}"
        loans.log.warn("gbv", gbv > FAR * median, shown, expected, confirm="balances")
        expected = f"at least a {FAR:,.0f}th of the median of {median:,.2f}"
        loans.log.warn(
            "gbv", (gbv > 0.0) & (gbv < median / FAR), shown, expected, confirm="balances"
        )
    above = frame["accrued_interest"] > INTEREST_TIMES * frame["principal"]
    text = loans.text("accrued_interest")
    expected = f"interest of at most {INTEREST_TIMES:,.0f} times the principal"
    loans.log.warn(
        "accrued_interest", above & (frame["principal"] > 0.0), text, expected, confirm="interest"
    )


def check_item_values(table: Parsed, rows: pd.DataFrame, loans: pd.DataFrame) -> None:
    """Warn of items whose value is out of proportion to the claim, singly and by median.

    Parameters
    ----------
    table
        Collateral rows as read; its log takes the findings.
    rows
        The same rows, completed.
    loans
        Completed loan rows.
    """
    claims = rows["loan_id"].map(loans.drop_duplicates("loan_id").set_index("loan_id")["gbv"])
    text = table.text("appraisal_value")
    value = table.frame["appraisal_value"]
    expected = f"a value of at most {FAR:,.0f} times the claim"
    table.log.warn(
        "appraisal_value", value > FAR * claims, text, expected, confirm="collateral_value"
    )
    ratio = (value / claims)[(value > 0.0) & (claims > 0.0)]
    if len(ratio) < _LEAST_ITEMS:
        return
    median = float(ratio.median())
    if 1.0 / UNIT_RATIO <= median <= UNIT_RATIO:
        return
    expected = (
        f"a median value from a {UNIT_RATIO:g}th of the claim to {UNIT_RATIO:g} times it: "
        f"it is {median:,.6g} times; is the unit of the amounts right?"
    )
    at = (value > 0.0) & (claims > 0.0)
    table.log.warn("appraisal_value", at, text, expected, confirm="collateral_unit")


def check_control_totals(
    loans: Parsed, gbv: np.ndarray, counted: np.ndarray, expected: ExpectedTotals, unit: float
) -> None:
    """Compare the loan file with the control totals of the study.

    Parameters
    ----------
    loans
        Loan rows as read; its log takes the findings.
    gbv
        Gross book value of each row; NaN: unknown. [package currency]
    counted
        Rows whose amount counts.
    expected
        `tape.expected`.
    unit
        Package currency per unit of the file's amounts; the sum may differ by a hundredth of it.
    """
    log, where = loans.log, (loans.raw.header_row,)
    if expected.rows is not None and expected.rows != len(gbv):
        message = f"{expected.rows:,} rows, as tape.expected states: the file has {len(gbv):,}"
        log.about_file(Finding("error", log.file, "", message, 1, where, (f"{len(gbv):,} rows",)))
    if expected.gbv is None:
        return
    total = float(np.nansum(gbv[counted]))
    unknown = int(np.isnan(gbv[counted]).sum())
    if (
        abs(total - expected.gbv) > 0.01 * max(1.0, unit) * (1.0 + 1e-9) + 1e-12 * abs(total)
        or unknown
    ):
        message = (
            f"a gross book value of {expected.gbv:,.2f}, as tape.expected states: the "
            f"rows add up to {total:,.2f}, a "
            f"difference of {total - expected.gbv:,.2f}"
        )
        message += f", and {unknown:,} rows have no readable amount" if unknown else ""
        log.about_file(Finding("error", log.file, "gbv", message, 1, where, (f"{total:,.2f}",)))
