"""All issues of a run in one ranked list: study, tape, model and result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from npl_sim.analysis.proportions import tape_issues
from npl_sim.analysis.worthless import Worthless, worthless_issues
from npl_sim.core.issues import DOUBT, FORM, LEFT_OUT, RESULT, Issue
from npl_sim.core.language import gettext as _
from npl_sim.core.language import ngettext
from npl_sim.engine.warning_text import Note, is_idle
from npl_sim.tape.issues import of_finding, of_text, ranked

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable


_LITTLE = 0.01
"""Share of GBV up to which rows in quarantine do not lead the issues."""


def gathered(
    study: Study,
    table: LoanTable,
    warnings: Sequence[str],
    notes: Sequence[Note],
    nothing: Worthless,
    of_result: Sequence[Issue] = (),
    money: Callable[[float], str] = "{:,.0f}".format,
) -> tuple[Issue, ...]:
    """Return every issue, the most important first.

    Parameters
    ----------
    study, table
        What is assumed, and the loans.
    warnings
        Warnings of the study file.
    notes
        Warnings on combinations of tape and study.
    nothing
        Loans without value.
    of_result
        Issues of the result; empty before there is one.
    money
        Writes an amount in package currency.
    """
    return ranked(
        [
            *(replace(issue, grade=RESULT) for issue in of_result),
            *(
                replace(issue, grade=DOUBT)
                for issue in (*worthless_issues(nothing, table, money), *tape_issues(study, table))
            ),
            *_findings(study, table),
            *(replace(of_text(note), gbv=note.gbv, grade=_grade(note)) for note in notes),
            *_warnings(warnings, float(table.loans["gbv"].sum())),
        ]
    )


def _grade(note: Note) -> int:
    """Return the grade of a warning: a policy or a name without any loan changes no value."""
    return FORM if is_idle(note) else DOUBT


def _findings(study: Study, table: LoanTable) -> list[Issue]:
    """Return findings as issues; rows in quarantine by the study's option are one issue."""
    kept = [finding for finding in table.findings if not finding.name.startswith("absent.")]
    if study.tape.on_error != "quarantine":
        return [*map(of_finding, kept), *_absent(table)]
    errors = [finding for finding in kept if finding.severity == "error"]
    found = [
        *(of_finding(finding) for finding in kept if finding.severity != "error"),
        *_absent(table),
    ]
    account = table.reconciliation
    parts = (account.loans, account.collateral, account.guarantors)
    rows = sum(part.rows_quarantined for part in parts if part is not None)
    if errors or rows:
        first = (
            _("; the first: {location}: {message}").format(
                location=of_finding(errors[0]).location, message=of_finding(errors[0]).message
            )
            if errors
            else ""
        )
        text = ngettext(
            "{rows} row with errors is set aside and is not in the result{first}",
            "{rows} rows with errors are set aside and are not in the result{first}",
            rows,
        ).format(rows=f"{rows:,}", first=first)
        unknown = account.loans.rows_unknown
        text = (
            _("{text}; the amount of {unknown:,} of them is not known").format(
                text=text, unknown=unknown
            )
            if unknown
            else text
        )
        gbv = float(account.gbv_quarantined)
        much = unknown > 0 or gbv > _LITTLE * float(account.gbv_in)
        found.insert(
            0,
            Issue(
                "warning",
                _("tape.on_error: quarantine"),
                text,
                gbv,
                grade=LEFT_OUT if much else DOUBT,
            ),
        )
    return found


def _absent(table: LoanTable) -> list[Issue]:
    """Return one issue for all absent columns of the tape, with the assumption for each."""
    absent = [finding for finding in table.findings if finding.name.startswith("absent.")]
    if not absent:
        return []
    assumed = "; ".join(
        f"{f.column}: {f.expected.partition('absent, so ')[2].partition('; it touches')[0]}"
        for f in absent
    )
    gbv = float(table.loans["gbv"].sum())
    return [
        Issue(
            "warning",
            "tape",
            _("columns that the tape does not have: {assumed}").format(assumed=assumed),
            gbv,
            name="absent",
        )
    ]


def _warnings(warnings: Sequence[str], gbv: float) -> list[Issue]:
    """Return warnings as issues; rules of the law without a published source are one issue.

    A warning with an expected value (a rate, a currency, a place) puts the value of the whole
    package in doubt.
    """
    every = [
        replace(issue, gbv=gbv, grade=DOUBT)
        if "; expected " in issue.message and "is stated in" not in issue.message
        else issue
        for issue in map(of_text, warnings)
    ]
    law = [
        x
        for x in every
        if "legal." in x.location and ("assumption" in x.message or "not verified" in x.message)
    ]
    if len(law) < 2:
        return every
    keys = ", ".join(x.location.rsplit(": ", 1)[-1] for x in law)
    together = Issue(
        "warning",
        "legal",
        _("{law} rules of the law are assumptions without a published source: {keys}").format(
            law=len(law), keys=keys
        ),
    )
    return [x for x in every if x not in law] + [together]
