"""Tables of prudent value, data flags, second method, comparables and findings on the tape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from npl_sim.analysis.worthless import REASONS, by_reason
from npl_sim.core.language import gettext as _
from npl_sim.reports.bid_book.comparables import comparables_table
from npl_sim.reports.bid_book.money import money, unit_of
from npl_sim.reports.bid_book.second_method import verdict
from npl_sim.reports.formats import percent
from npl_sim.reports.table import Column, Kind, Table, table_of

if TYPE_CHECKING:
    from npl_sim.analysis.committee import BidBook
    from npl_sim.reports.heading import Heading
    from npl_sim.tape.table import LoanTable


NOT_RUN = "the second method was not run"


def prudence_table(book: BidBook) -> Table:
    """Return the steps from the best estimate to the prudent value."""
    prudent, share = book.prudent, book.result.of_gbv(1.0)
    rows: list[tuple[Any, ...]] = [
        (_("best estimate"), _("mean price"), prudent.best, prudent.best * share, "")
    ]
    rows.append(
        (
            _("stale and missing inputs"),
            _("sum of the flags"),
            prudent.data,
            prudent.data * share,
            "",
        )
    )
    for r in prudent.margins.itertuples(index=False):
        rows.append(
            (
                _("margin: {source}").format(source=r.source),
                r.form,
                -r.amount,
                -r.amount * share,
                r.note,
            )
        )
    separate = float(prudent.margins["amount"].to_numpy(dtype=float).sum())
    offset = separate - prudent.combined
    if abs(offset) > 0.005:
        remark = _("root of the sum of squares: assumes independent sources")
        names = _("margins offset each other"), _("combined as the study says")
        rows.append((*names, offset, offset * share, remark))
    before = prudent.best + prudent.data - prudent.combined
    if prudent.cap is not None:
        cut = prudent.value - before
        note = _("the cap is {cap}").format(cap=money(prudent.cap, unit_of(book))) + (
            "" if cut < 0.0 else _(", above the value: no effect")
        )
        rows.append((_("cap at a quantile of the price"), "", cut, cut * share, note))
    rows.append((_("prudent value"), "", prudent.value, prudent.value * share, ""))
    return table_of(
        _("From the best estimate to the prudent value"),
        "step [40] | form [38] | amount [money] | % of GBV [fine] | note [48]",
        rows,
        note=_(
            "Margins and corrections may count one uncertainty twice, such as old "
            "appraisals and collateral prices: that errs on the safe side."
        ),
        total=True,
    )


def flags_table(book: BidBook) -> Table:
    """Return the stale and missing inputs with their effect."""
    rows = tuple(
        (f.name, f.detail, f.count or None, f.of or None, f.effect, f.se) for f in book.flags
    )
    return table_of(
        _("Stale and missing inputs"),
        "flag [30] | detail [70] | rows [count] | of [count] | "
        "effect on the price [money 14] | std error [money]",
        rows,
        note=_("An effect shown as - is not known: the study has no cost for it."),
        nothing=_("no input is stale or missing by the limits of the study"),
    )


def worthless_table(heading: Heading) -> Table:
    """Return the loans without value by reason."""
    found = None if heading.nothing is None else by_reason(heading.nothing)
    rows: list[tuple[Any, ...]] = []
    if heading.nothing is not None and found is not None and len(found):
        rows = [(f"{r.reason}: {_(REASONS[str(r.reason)])}", *r[2:]) for r in found.itertuples()]
        total, value = heading.nothing, float(found["collateral_value"].sum())
        rows.append(("total", len(total.loans), total.gbv, total.share, value))
    return table_of(
        _("Worth nothing, and why"),
        "reason [30] | loans [count] | GBV [money] | share of GBV [share] | "
        "appraised collateral [money]",
        rows,
        total=True,
        nothing=_("every loan has a route to cash"),
    )


def _kind(name: str, values: pd.Series) -> Kind:
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return "text"
    if name == "loans":
        return "count"
    if name == "z":
        return "decimal"
    return "share" if name.startswith("share") or name.endswith("share") else "money"


def _word(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return str(value)


def _frame_table(title: str, frame: pd.DataFrame) -> Table:
    columns = tuple(
        Column(str(n).replace("_", " "), _kind(str(n), frame[n]), None if i else 24)
        for i, n in enumerate(frame.columns)
    )
    rows = tuple(
        tuple(_word(v) if c.kind == "text" else v for c, v in zip(columns, row, strict=True))
        for row in frame.itertuples(index=False, name=None)
    )
    return Table(title, columns, rows)


def second_tables(book: BidBook) -> list[Table]:
    """Return the tables of the second method (or that it was not run), then of comparables."""
    second = book.second
    if second is None:
        none = table_of(_("Second method"), "[30]", (), nothing=NOT_RUN)
        return [none, comparables_table(book.published)]
    d = second.difference
    rows: list[tuple[Any, ...]] = [
        ("simulation", book.result.mean.value, book.result.mean.se, None, None),
        (_("second method"), second.value, None, None, None),
        (_("second method less simulation"), d.value, d.se, d.low, d.high),
    ]
    if second.left_out.loans:
        name = _("not compared, in both as simulated")
        rows.append((name, second.left_out.value, None, None, None))
    confidence = percent(d.confidence, 0)
    tables = [
        table_of(
            _("Second method"),
            f"[30] | value [money] | std error [money] | {confidence} from [money] | to [money]",
            rows,
            note=_("Difference: {second}.").format(second=verdict(second)),
            differences=(((2, 1), (1, 1), (0, 1)),),
        )
    ]
    for title, frame in (
        (_("The two methods by segment"), second.by_segment),
        (_("The two methods by kind of cash"), second.by_kind),
        (_("Loans on which they differ most"), second.worst),
    ):
        if len(frame):
            tables.append(_frame_table(title, frame.drop(columns="flagged", errors="ignore")))
    limits = tuple((text,) for text in second.limits)
    tables.append(table_of(_("What the second method leaves out"), "[100]", limits))
    return [*tables, comparables_table(book.published)]


def findings_table(table: LoanTable) -> Table:
    """Return every finding on the tape, errors first."""
    ordered = sorted(
        table.findings, key=lambda f: (f.severity != "error", f.file, f.rows[0], f.column)
    )
    rows = tuple(
        (f.severity, f.file, f.column, f.count, f.row, f.value, f.expected) for f in ordered
    )
    return table_of(
        _("Findings on the tape"),
        "severity [12] | file [32] | column [22] | rows [count] | first row [count] | "
        "value [34] | expected [50]",
        rows,
        nothing=_("nothing was found"),
    )


def account_table(table: LoanTable) -> Table:
    """Return the reconciliation of the tape: rows read, priced and in quarantine."""
    account = table.reconciliation
    rows = []
    for name, part in (
        ("loans", account.loans),
        ("collateral", account.collateral),
        ("guarantors", account.guarantors),
    ):
        if part is not None:
            counts = part.rows_in, part.rows_loaded, part.rows_quarantined
            cents = part.cents_in, part.cents_loaded, part.cents_quarantined
            rows.append((name, *counts, *(x / 100.0 for x in cents), part.rows_unknown))
    return table_of(
        _("Account of the tape"),
        "table [12] | rows in [count 12] | used [count 12] | set aside [count 12] | "
        "amount in [cents] | amount used [cents] | amount set aside [cents] | "
        "rows without a readable amount [count 16]",
        rows,
        note=_("Amounts: gross book value of loans, appraised value of collateral."),
    )


def quarantine_table(table: LoanTable) -> Table:
    """Return the rows in quarantine with the reasons."""
    frame = table.quarantine
    rows = tuple(
        (str(r["file"]), int(r["row"]), str(r["reasons"]), float(r["gbv_counted"]))
        for _, r in frame.iterrows()
    )
    return table_of(
        _("Rows set aside"),
        "file [32] | row [count] | why [100] | amount [cents]",
        rows,
        nothing=_("no row was set aside"),
    )
