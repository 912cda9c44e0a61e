"""Explain the change of price between two run folders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.core.errors import RunFolderError, counted
from npl_sim.core.issues import Issue
from npl_sim.core.language import gettext as _
from npl_sim.core.masking import Privacy
from npl_sim.core.progress import Listener, Silent
from npl_sim.reports.formats import Unit, money_unit, percent
from npl_sim.reports.heading import issue_lines, issue_title, issue_values
from npl_sim.runs.folder import Run, open_run
from npl_sim.runs.inputs import scenarios_of, study_of, table_of, version_of, with_tape
from npl_sim.runs.recorded_paths import folder_text
from npl_sim.study.masked_entries import masked_entries
from npl_sim.study.masking import masked_study
from npl_sim.study.model import Study
from npl_sim.tape.issues import of_finding, ranked
from npl_sim.tape.masking import ids_of, masked_table

if TYPE_CHECKING:
    from npl_sim.analysis.difference import Difference
    from npl_sim.tape.table import LoanTable

MOST_SETTINGS = 40
"""Settings that are printed; the rest are counted."""

CLOSE = 1e-9
"""Relative gap between a recorded price and the one simulated again that counts as rounding."""


class RunDifference:
    """Change of price between two runs, step by step.

    Attributes
    ----------
    runs
        The two run folders.
    studies
        Their studies.
    found
        Decomposition of the change of price.
    drift
        For each run, the price simulated again less the recorded one. It is 0 unless the program
        has changed, or the run had a precision: then it is the sampling error of single draws.
        [package currency]
    to_precision
        For each run, whether it was run to a precision. Its recorded price then rests on several
        draws of its loans in each scenario, and the steps on one.
    issues
        Issues that forbid the use of a price: absurd prices, and unconfirmed readings of a tape.
    """

    def __init__(
        self,
        runs: tuple[Run, Run],
        studies: tuple[Study, Study],
        found: Difference,
        issues: tuple[Issue, ...] = (),
    ) -> None:
        self.issues = issues
        self.runs = runs
        self.studies = studies
        self.found = found
        prices = found.steps["price"].iloc[[0, -1]]
        self.drift = tuple(
            float(price) - run.recorded() for price, run in zip(prices, runs, strict=True)
        )
        self.to_precision = tuple(study.simulation.precision is not None for study in studies)

    def text(self) -> str:
        """Return the difference as plain text."""
        return difference_text(self)

    def values(self) -> dict[str, Any]:
        """Return the difference as plain data."""
        found = self.found
        return {
            "runs": [folder_text(r.folder) for r in self.runs],
            "currency": [s.currency for s in self.studies],
            **issue_values(self.issues),
            "total": found.total,
            "se": found.se,
            "same_worlds": found.same_scenarios,
            "program_changed": [
                None if single else drift
                for drift, single in zip(self.drift, self.to_precision, strict=True)
            ],
            "recorded_price": [r.recorded() for r in self.runs],
            "steps": found.steps.to_dict(orient="records"),
            "words": found.settings.to_dict(orient="records"),
            "tape": found.tape.to_dict(orient="records"),
        }


def explain_difference(
    first: Path,
    second: Path,
    tapes: Sequence[Path] = (),
    listener: Listener | None = None,
) -> RunDifference:
    """Explain the change of price between two runs; hybrids of the two are simulated.

    Parameters
    ----------
    first, second
        Run folders.
    tapes
        Folders that are searched for the tapes before the paths that the runs record.
    listener
        Receives a message for each step; defaults to a silent one.

    Raises
    ------
    RunFolderError
        If a run is incomplete or damaged, a tape is not found with the same bytes, or the
        currencies differ.
    """
    from npl_sim.analysis.difference import difference

    listener = listener or Silent()
    runs = open_run(first), open_run(second)
    studies = tuple(study_of(run) for run in runs)
    for run in runs:
        run.recorded()  # a run that recorded no price is refused before it is simulated again
    a, b = studies
    if a.currency != b.currency:
        raise RunFolderError(
            f"{first} is in {a.currency}, {second} in {b.currency}; expected runs in one currency"
        )
    tables = []
    for i, run in enumerate(runs):
        studies = (*studies[:i], with_tape(run, studies[i], tapes), *studies[i + 1 :])
        tables.append(table_of(studies[i]))
    if Privacy.mask.get():
        # Pseudonyms of both tapes together: a loan that stayed has one name.
        ids = ids_of(*tables)
        tables = [masked_table(table, ids) for table in tables]
        studies = tuple(
            masked_entries(masked_study(study), study, table)
            for study, table in zip(studies, tables, strict=True)
        )
    sizes = tuple(scenarios_of(run) for run in runs)
    found = difference(
        studies[0],
        tables[0],
        studies[1],
        tables[1],
        (sizes[0], sizes[1]),
        lambda step: listener.message(_("simulating: {step}").format(step=step)),
    )
    prices = found.steps["price"].iloc[[0, -1]]
    issues = [
        issue
        for run, study, table, value in zip(runs, studies, tables, prices, strict=True)
        for issue in _issues(run, study, table, float(value))
    ]
    return RunDifference(runs, (studies[0], studies[1]), found, ranked(issues))


def _issues(run: Run, study: Study, table: LoanTable, price: float) -> Iterator[Issue]:
    """Yield issues that forbid the use of the price of a run."""
    from npl_sim.analysis.other_readings import measure_readings
    from npl_sim.analysis.plausibility import cash_issues

    yield from cash_issues(
        _("price of {folder}").format(folder=folder_text(run.folder)),
        price,
        float(table.loans["gbv"].sum()),
    )
    for finding in measure_readings(study, table):
        if finding.name not in study.tape.confirmed:
            issue = of_finding(finding)
            yield replace(issue, location=f"{folder_text(run.folder)}: {issue.location}")


def difference_text(pair: RunDifference) -> str:
    """Return the difference as plain text."""
    return "\n".join(_lines(pair)) + "\n"


def _lines(pair: RunDifference) -> Iterator[str]:
    found, currency = pair.found, pair.studies[0].currency
    steps = found.steps
    unit = money_unit(float(steps["price"].abs().max()), currency)
    first, second = steps["price"].iloc[0], steps["price"].iloc[-1]
    share = f" ({percent(found.total / first, 2)})" if first else ""
    yield f"{folder_text(pair.runs[0].folder)} -> {folder_text(pair.runs[1].folder)}"
    change = f"{unit.show(found.total)}{share}"
    yield _("Price {first} -> {second} {unit}: {change}").format(
        first=unit.show(first), second=unit.show(second), unit=unit.name, change=change
    )
    if pair.issues:
        yield issue_title(pair.issues)
        yield from (f"  {line}" for line in issue_lines(pair.issues, currency))
    yield ""
    width = max(len(s) for s in steps["step"])
    yield f"{'step':<{width}}{'change':>14}{'std error':>14}{'price':>14}"
    for row in steps.to_dict(orient="records"):
        ends = row["step"].startswith("price of")
        change = "" if ends else unit.show(row["change"]) if row["changed"] else "-"
        error = "" if not row["changed"] or ends else unit.show(row["se"])
        yield f"{row['step']:<{width}}{change:>14}{error:>14}{unit.show(row['price']):>14}"
    yield ""
    if found.same_scenarios:
        yield _(
            "Both runs share their scenarios: the difference is paired, with a standard error of"
        )
        yield _("{se}. Joint effects of steps depend on the order above.").format(
            se=unit.show(found.se)
        )
    else:
        yield _("All steps but the last are paired on the first run's scenarios. The last step is")
        yield _("the sampling error between two seeds or numbers of scenarios.")
    yield from _drift_notes(pair, unit, max(abs(first), abs(second), 1.0))
    yield from _changes(found)


def _drift_notes(pair: RunDifference, unit: Unit, size: float) -> Iterator[str]:
    """Yield what the runs recorded where this program computes another price."""
    for drift, single, run in zip(pair.drift, pair.to_precision, pair.runs, strict=True):
        if single:
            recorded = run.recorded()
            yield (
                _(
                    "Note: {folder} was run to a precision and recorded {recorded} {unit}, "
                    "from several draws of its loans in each scenario. The steps above take "
                    "one draw; the {drift} between are sampling error."
                ).format(
                    folder=folder_text(run.folder),
                    recorded=unit.show(recorded),
                    unit=unit.name,
                    drift=unit.show(abs(drift)),
                )
            )
        elif abs(drift) > CLOSE * size:
            yield (
                _(
                    "Note: {folder} recorded a price that is {drift} {unit} higher than this "
                    "program computes for the same inputs. It was written by npl_sim "
                    "{version_of} with numpy {version_of2}."
                ).format(
                    folder=folder_text(run.folder),
                    drift=unit.show(-drift),
                    unit=unit.name,
                    version_of=version_of(run),
                    version_of2=version_of(run, "numpy"),
                )
            )


def _changes(found: Difference) -> Iterator[str]:
    tape = found.tape
    if len(tape):
        yield ""
        yield _("On the tape")
        for what in ("went", "came", "changed"):
            part = tape[tape["what"] == what]
            if len(part):
                before, after = part["gbv_first"].sum(), part["gbv_second"].sum()
                yield f"  {counted(len(part), 'loan')} {what}: GBV {before:,.2f} -> {after:,.2f}"
        columns = (
            tape.loc[tape["what"] == "changed", "columns"].str.split(", ").explode().value_counts()
        )
        if len(columns):
            yield "  changed: " + ", ".join(
                f"{name} ({count:,})" for name, count in columns.items()
            )
    if len(found.settings):
        yield ""
        yield _("In the study")
        for row in found.settings.head(MOST_SETTINGS).to_dict(orient="records"):
            yield f"  {row['key']}: {_short(row['first'])} -> {_short(row['second'])}"
        if len(found.settings) > MOST_SETTINGS:
            yield _("  and {settings:,} more (--json lists them)").format(
                settings=len(found.settings) - MOST_SETTINGS
            )


def _short(value: Any) -> str:
    text = "none" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
