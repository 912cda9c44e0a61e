"""Two run folders: what makes their prices differ, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from npl_sim.errors import RunFolderError
from npl_sim.issues import Issue, of_finding, ranked
from npl_sim.provenance import file_hash
from npl_sim.reports.folder import Run, open_run, read_text
from npl_sim.reports.formats import money_unit, percent
from npl_sim.reports.heading import issue_lines, issue_title, issue_values
from npl_sim.study import Study

if TYPE_CHECKING:
    from npl_sim.analysis.difference import Difference
    from npl_sim.tape.table import LoanTable

__all__ = ["RunDifference", "difference_text", "explain_difference"]

MOST_WORDS = 40
"""Words that are printed; the rest are counted."""

CLOSE = 1e-9
"""Relative gap between a recorded price and the one simulated again that counts as rounding."""


class RunDifference:
    """Two runs and what lies between their prices.

    Attributes
    ----------
    runs
        The two run folders.
    studies
        Their studies.
    found
        The change of price taken apart.
    drift
        For each run, the price simulated again less the recorded one. It is 0 unless the program has
        changed, or the run was sharpened: then it is the luck of single draws. [package currency]
    sharpened
        For each run, whether it was run to a precision: its recorded price rests on several draws of its
        loans in each world, and the steps on one.
    issues
        What forbids the use of a price, or may: absurd prices, and other readings of a tape that are not confirmed.
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
        self.drift = tuple(float(price) - run.recorded() for price, run in zip(prices, runs, strict=True))
        self.sharpened = tuple(study.simulation.precision is not None for study in studies)

    def json(self) -> dict[str, Any]:
        """Return the difference as plain data."""
        found = self.found
        return {
            "runs": [str(r.folder) for r in self.runs],
            "currency": [s.currency for s in self.studies],
            **issue_values(self.issues),
            "total": found.total,
            "se": found.se,
            "same_worlds": found.same_worlds,
            "program_changed": [
                None if sharp else drift for drift, sharp in zip(self.drift, self.sharpened, strict=True)
            ],
            "recorded_price": [r.recorded() for r in self.runs],
            "steps": found.steps.to_dict(orient="records"),
            "words": found.words.to_dict(orient="records"),
            "tape": found.tape.to_dict(orient="records"),
        }


def explain_difference(
    first: Path, second: Path, tapes: Sequence[Path] = (), told: Callable[[str], None] = lambda step: None
) -> RunDifference:
    """Return why two runs priced differently; hybrids of the two are simulated.

    Parameters
    ----------
    first, second
        Run folders.
    tapes
        Folders in which the runs' tapes are looked for, before the places that the runs name.
    told
        Told of each step.

    Raises
    ------
    RunFolderError
        If a folder is no whole run or is damaged, a tape is not found with the bytes that were priced, or the currencies differ.
    """
    from npl_sim.analysis.difference import difference

    runs = open_run(first), open_run(second)
    studies = tuple(_study(run) for run in runs)
    for run in runs:
        run.recorded()  # a run that recorded no price is refused before it is simulated again
    a, b = studies
    if a.currency != b.currency:
        raise RunFolderError(
            f"{first} is in {a.currency}, {second} in {b.currency}; expected runs in one currency"
        )
    tables = []
    for i, run in enumerate(runs):
        studies = (*studies[:i], _with_tape(run, studies[i], tapes), *studies[i + 1 :])
        tables.append(_table(studies[i]))
    sizes = tuple(_scenarios(run) for run in runs)
    found = difference(studies[0], tables[0], studies[1], tables[1], (sizes[0], sizes[1]), told)
    prices = found.steps["price"].iloc[[0, -1]]
    issues = [
        issue
        for run, study, table, value in zip(runs, studies, tables, prices, strict=True)
        for issue in _issues(run, study, table, float(value))
    ]
    return RunDifference(runs, (studies[0], studies[1]), found, ranked(issues))


def _issues(run: Run, study: Study, table: LoanTable, price: float) -> Iterator[Issue]:
    """Yield what forbids the use of the price of a run; one of an earlier version may rest on a doubtful reading."""
    from npl_sim.analysis.plausibility import cash_issues
    from npl_sim.analysis.readings import measure_readings

    yield from cash_issues(f"price of {run.folder}", price, float(table.loans["gbv"].sum()))
    for finding in measure_readings(study, table):
        if finding.name not in study.tape.confirmed:
            issue = of_finding(finding)
            yield replace(issue, location=f"{run.folder}: {issue.location}")


def _study(run: Run) -> Study:
    path = run.folder / "study.json"
    try:
        return Study.model_validate_json(read_text(path, "the study of a finished run"))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(p) for p in first["loc"])
        if first["type"] == "json_invalid":
            raise RunFolderError(
                f"{path}: {first['msg']}; expected the study of a finished run: it is cut or damaged"
            ) from None
        raise RunFolderError(
            f"{path}: {where}: {first['msg']}; expected a study of this version of npl_sim, "
            f"and this one was written by {_version(run)}"
        ) from None


def _version(run: Run, of: str = "npl_sim") -> str:
    """Return a version that the manifest names."""
    versions = run.manifest.get("versions")
    return str(versions.get(of, "another")) if isinstance(versions, dict) else "another"


def _scenarios(run: Run) -> int:
    """Return how many scenarios a run took.

    Raises
    ------
    RunFolderError
        If the manifest does not tell.
    """
    found = run.manifest.get("scenarios")
    if isinstance(found, bool) or not isinstance(found, int) or found < 1:
        raise RunFolderError(
            f"{run.folder / 'manifest.json'}: scenarios is {str(found)[:40]!r}; expected a whole number above 0"
        )
    return found


def _with_tape(run: Run, study: Study, folders: Sequence[Path]) -> Study:
    """Return the study with the files that were priced, where their bytes are found."""
    places = {}
    for role, sha256, recorded in _sources(run, study):
        named = getattr(study.tape, role)
        if named is None:
            continue  # a sheet of the loans' workbook
        asked = [f / named.name for f in folders]
        places[role] = _found([*asked, *recorded, named], sha256, run.folder)
    return study.model_copy(update={"tape": study.tape.model_copy(update=places)})


def _sources(run: Run, study: Study) -> Iterator[tuple[str, str, list[Path]]]:
    """Yield role, hash and recorded place of each file of the tape that was priced.

    Raises
    ------
    RunFolderError
        If the manifest does not list them.
    """
    sources = run.manifest.get("tape")
    if not isinstance(sources, list) or not sources:
        raise RunFolderError(
            f"{run.folder / 'manifest.json'}: tape lists no files; expected role and sha256 of each file that was priced"
        )
    for i, source in enumerate(sources):
        entry = source if isinstance(source, dict) else {}
        role, sha256, path = (entry.get(name) for name in ("role", "sha256", "path"))
        if not isinstance(role, str) or role not in study.tape.files or not isinstance(sha256, str):
            raise RunFolderError(
                f"{run.folder / 'manifest.json'}: tape.{i} is {str(source)[:60]!r}; expected role and sha256 of a file"
            )
        yield role, sha256, [Path(path)] if isinstance(path, str) else []


def _found(candidates: list[Path], sha256: str, folder: Path) -> Path:
    there = [p for p in dict.fromkeys(candidates) if p.is_file()]
    for path in there:
        if file_hash(path) == sha256:
            return path
    looked = ", ".join(str(p) for p in dict.fromkeys(candidates))
    what = "was changed since the run" if there else "is not there"
    raise RunFolderError(
        f"{folder}: the tape that was priced {what}; looked for {looked}; expected a file with SHA-256 "
        f"{sha256[:16]}...; --tape names another folder"
    )


def _table(study: Study) -> LoanTable:
    from npl_sim.tape.table import read_tape

    # As `Case` reads it: marks beside amounts must agree with the study's currency.
    return read_tape(study.tape.model_copy(update={"currency": study.currency}), study.valuation_date)


def difference_text(pair: RunDifference) -> str:
    """Return the difference as plain text."""
    return "\n".join(_lines(pair)) + "\n"


def _lines(pair: RunDifference) -> Iterator[str]:
    found, currency = pair.found, pair.studies[0].currency
    steps = found.steps
    unit = money_unit(float(steps["price"].abs().max()), currency)
    first, second = steps["price"].iloc[0], steps["price"].iloc[-1]
    share = f" ({percent(found.total / first, 2)})" if first else ""
    yield f"{pair.runs[0].folder} -> {pair.runs[1].folder}"
    yield f"Price {unit.show(first)} -> {unit.show(second)} {unit.name}: {unit.show(found.total)}{share}"
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
    if found.same_worlds:
        yield "Both runs share their worlds: the difference is free of the luck of the draw up to its standard error,"
        yield f"{unit.show(found.se)}. Steps follow the order above; another order shares joint effects otherwise."
    else:
        yield "All steps but the last are taken in the first run's worlds; the last is the luck of the draw: two seeds"
        yield "or numbers of scenarios differ by chance, as large as its standard error says."
    for drift, sharp, run in zip(pair.drift, pair.sharpened, pair.runs, strict=True):
        if sharp:
            recorded = run.recorded()
            yield (
                f"Note: {run.folder} was run to a precision and recorded {unit.show(recorded)} {unit.name}, from several draws "
                f"of its loans in each world; the steps above take one draw, and the {unit.show(abs(drift))} between are luck."
            )
        elif abs(drift) > CLOSE * max(abs(first), abs(second), 1.0):
            yield (
                f"Note: {run.folder} recorded a price that is {unit.show(-drift)} {unit.name} higher than this program finds "
                f"for the same inputs; it was written by npl_sim {_version(run)} with numpy {_version(run, 'numpy')}."
            )
    yield from _changes(found)


def _changes(found: Difference) -> Iterator[str]:
    tape = found.tape
    if len(tape):
        yield ""
        yield "On the tape"
        for what in ("went", "came", "changed"):
            part = tape[tape["what"] == what]
            if len(part):
                yield (
                    f"  {len(part):,} loan{'s' * (len(part) > 1)} {what}: GBV {part['gbv_first'].sum():,.2f} -> {part['gbv_second'].sum():,.2f}"
                )
        columns = tape.loc[tape["what"] == "changed", "columns"].str.split(", ").explode().value_counts()
        if len(columns):
            yield "  changed: " + ", ".join(f"{name} ({count:,})" for name, count in columns.items())
    if len(found.words):
        yield ""
        yield "In the study"
        for row in found.words.head(MOST_WORDS).to_dict(orient="records"):
            yield f"  {row['key']}: {_short(row['first'])} -> {_short(row['second'])}"
        if len(found.words) > MOST_WORDS:
            yield f"  and {len(found.words) - MOST_WORDS:,} more (--json lists them)"


def _short(value: Any) -> str:
    text = "none" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
