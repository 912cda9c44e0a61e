"""Tables of model and expert side by side, and of the entries that people made."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pandas as pd

from npl_sim.core.language import gettext as _
from npl_sim.reports.formats import Unit
from npl_sim.reports.table import Column, Table, cell_texts
from npl_sim.reports.writers.parquet import frame_of

if TYPE_CHECKING:
    from npl_sim.analysis.experts import ExpertComparison

__all__ = ["author_table", "entry_name", "entry_tables", "expert_frames", "loan_table"]

MOST_LOANS = 20
"""Most loans of the table on paper: those with the largest differences."""


def _figures() -> tuple[Column, ...]:
    return (
        Column(_("Claim"), "money"),
        Column(_("Model"), "money"),
        Column(_("Expert"), "money"),
        Column(_("Value used"), "money"),
        Column(_("Difference"), "money"),
        Column(_("Standard error"), "money"),
    )


def entry_name(text: str) -> str:
    """Return what was entered, in the language in use.

    Parameters
    ----------
    text
        Codes of the entries, separated by commas.
    """
    names = {
        "estimate": _("estimate"),
        "manual cash": _("manual cash"),
        "override": _("override"),
    }
    return ", ".join(names[part] for part in text.split(", "))


def loan_table(found: ExpertComparison, most: int = MOST_LOANS) -> Table:
    """Return model and expert by loan, the largest differences first.

    Parameters
    ----------
    found
        The comparison.
    most
        Most loans; the table says how many are left out.
    """
    order = found.loans["difference"].abs().sort_values(ascending=False, kind="stable").index
    frame = found.loans.loc[order]
    rows = tuple(
        (r.loan_id, r.author, entry_name(str(r.entry)), r.weight, *_numbers(r))
        for r in frame.iloc[:most].itertuples()
    )
    left = len(frame) - len(rows)
    notes = [_notes(found)]
    if left > 0:
        notes.append(
            _("{count} more loans are in table experts of the run.").format(count=f"{left:,}")
        )
    return Table(
        _("Model and expert by loan"),
        (
            Column(_("Loan")),
            Column(_("Author")),
            Column(_("Entry")),
            Column(_("Weight"), "share"),
            *_figures(),
        ),
        rows,
        " ".join(notes),
        nothing=_("no entries"),
    )


def author_table(found: ExpertComparison) -> Table:
    """Return the value by author, whose last row is the total.

    Parameters
    ----------
    found
        The comparison.
    """
    frame = found.authors
    last = len(frame) - 1
    rows = tuple(
        (_("total") if i == last else r.author, r.loans, *_numbers(r))
        for i, r in enumerate(frame.itertuples())
    )
    return Table(
        _("Value by author"),
        (Column(_("Author")), Column(_("Loans"), "count"), *_figures()),
        rows,
        _notes(found),
        total=True,
    )


def entry_tables(found: ExpertComparison | None, unit: Unit) -> list[Table]:
    """Return the tables of entries for the terminal, amounts as text; none without entries.

    Parameters
    ----------
    found
        The comparison, or None.
    unit
        Unit of amounts.
    """
    if found is None:
        return []
    return [_in_unit(table, unit) for table in (author_table(found), loan_table(found))]


def _in_unit(table: Table, unit: Unit) -> Table:
    """Return a table of ready text that names the unit of its amounts."""
    columns = tuple(
        column if column.kind == "text" else dataclasses.replace(column, kind="figure")
        for column in table.columns
    )
    rows = tuple(tuple(row) for row in cell_texts(table, unit))
    title = f"{table.shown_title} [{unit.name}]"
    return dataclasses.replace(table, title=title, columns=columns, rows=rows)


def _numbers(row: object) -> tuple[float, ...]:
    names = ("claim", "model", "expert", "blended", "difference", "difference_se")
    return tuple(float(getattr(row, name)) for name in names)


def _notes(found: ExpertComparison) -> str:
    return _(
        "Model: without any entry. Expert: every estimate at weight 1. Difference: value used "
        "less model, with the error of paired runs of {count} scenarios."
    ).format(count=f"{found.scenarios:,}")


def expert_frames(found: ExpertComparison | None) -> dict[str, pd.DataFrame]:
    """Return the tables of a run folder by name; empty without entries.

    Parameters
    ----------
    found
        The comparison, or None.
    """
    if found is None:
        return {}
    figures = ("model", "expert", "blended", "difference")
    units = {f"{name}{end}": "package currency" for name in figures for end in ("", "_se")}
    return {
        "experts": frame_of(found.loans, claim="package currency", **units),
        "experts_by_author": frame_of(found.authors, claim="package currency", **units),
    }
