"""Finished runs: run folders read back, and compared."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.api.result import Result
from npl_sim.api.studies import Study
from npl_sim.core.errors import NplSimError

if TYPE_CHECKING:
    import pandas as pd

    from npl_sim.cashflows.protocol import Cash
    from npl_sim.runs.difference import RunDifference
    from npl_sim.runs.folder import Run
    from npl_sim.valuation.paired_difference import PairedDifference

__all__ = ["FinishedRun", "RunComparison", "StudyComparison", "compare", "open_run"]


class FinishedRun(Result):
    """A run folder that was checked against the hashes of its manifest.

    Make one with `npl_sim.open_run`.

    Attributes
    ----------
    run : Run
        Folder and manifest.
    """

    def __init__(self, run: Run) -> None:
        self.run = run

    @property
    def folder(self) -> Path:
        """The run folder."""
        return self.run.folder

    @property
    def cash(self) -> Cash:
        """Stored cash by scenario and month, of which price and deals can be computed again.

        Raises
        ------
        RunFolderError
            If the run was saved without its cash.
        """
        return self.run.cash()

    @property
    def manifest(self) -> dict[str, Any]:
        """Hashes of inputs and files, seed, versions and timings."""
        return self.run.manifest

    @property
    def frames(self) -> tuple[str, ...]:
        """Names of the tables that `to_frame` returns."""
        return tuple(sorted(path.stem for path in (self.folder / "tables").glob("*.parquet")))

    def to_frame(self, name: str | None = None) -> pd.DataFrame:
        """Return a table of the run; `name` defaults to the first of `frames`."""
        known = self.frames
        wanted = known[0] if name is None else name
        if wanted not in known:
            raise NplSimError(f"to_frame: got {name!r}; expected one of {', '.join(known)}")
        return self.run.table(wanted)

    def _tables(self) -> Mapping[str, pd.DataFrame]:
        return {name: self.run.table(name) for name in self.frames}

    def _values(self) -> dict[str, Any]:
        return self.run.summary

    def _report(self) -> str:
        facts = self.manifest
        about = facts.get("study") or facts.get("deal") or facts.get("contract") or "run"
        lines = [f"Run of {about} in {self.folder}", f"tables: {', '.join(self.frames)}"]
        price = self._values().get("price")
        if price:
            mean = price["mean"]
            lines.insert(1, f"mean price {mean['value']:,.2f}, standard error {mean['se']:,.2f}")
        return "\n".join(lines)


class StudyComparison(Result):
    """Difference of two studies under common random numbers.

    Attributes
    ----------
    pair : PairedDifference
        Both values, their difference and its standard error. [package currency]
    """

    def __init__(self, base: Study, other: Study, pair: PairedDifference) -> None:
        self.base, self.other, self.pair = base, other, pair

    @property
    def changes(self) -> dict[str, Any]:
        """Keys of the study that differ, with their value in the second."""
        from npl_sim.analysis.difference import changed_settings

        found = changed_settings(self.base.terms, self.other.terms)
        return dict(zip(found.iloc[:, 0], found.iloc[:, -1], strict=True))

    def _tables(self) -> Mapping[str, pd.DataFrame]:
        import pandas as pd

        low, high = self.pair.interval
        row = {
            "base": self.pair.base,
            "other": self.pair.other,
            "difference": self.pair.mean,
            "se": self.pair.se,
            "low": low,
            "high": high,
            "share_better": self.pair.better,
        }
        return {"difference": pd.DataFrame([row])}

    def _report(self) -> str:
        from npl_sim.runs.comparison import StudyComparison as Comparison
        from npl_sim.runs.comparison import issues_of_pair

        issues = issues_of_pair(self.pair, self.base.issues(), self.other.issues())
        return Comparison(self.pair, self.base.terms.currency, self.changes, issues).text()

    def _values(self) -> dict[str, Any]:
        row = self.to_frame().iloc[0].to_dict()
        return {**row, "gbv": self.pair.gbv, "scenarios": self.pair.scenarios}


class RunComparison(Result):
    """Why two runs price differently, step by step, on the same random numbers.

    Attributes
    ----------
    found : RunDifference
        Every step from the first price to the second. [package currency]
    """

    def __init__(self, found: RunDifference) -> None:
        self.found = found

    def _tables(self) -> Mapping[str, pd.DataFrame]:
        found = self.found.found
        return {"steps": found.steps, "settings": found.settings, "tape": found.tape}

    def _report(self) -> str:
        from npl_sim.runs.difference import difference_text

        return difference_text(self.found)

    def _values(self) -> dict[str, Any]:
        return self.found.values()


def open_run(folder: str | Path) -> FinishedRun:
    """Open a run folder after checking that it is whole.

    Parameters
    ----------
    folder : str or Path
        Folder that a command or `Result.save` wrote.

    Returns
    -------
    FinishedRun

    Raises
    ------
    RunFolderError
        If it has no manifest, or a file is missing or changed.
    """
    from npl_sim.runs.folder import open_run as checked

    return FinishedRun(checked(folder))


def compare(
    first: Study | FinishedRun, second: Study | FinishedRun
) -> StudyComparison | RunComparison:
    """Compare two studies, or two finished runs, on the same random numbers.

    Parameters
    ----------
    first, second : Study or FinishedRun
        Both studies, or both runs.

    Returns
    -------
    StudyComparison or RunComparison
        The value of the second less that of the first, with its standard error. Runs are compared
        by tape, passage of time, law, work-out, market, pricing and seed.

    Raises
    ------
    NplSimError
        If currencies, seeds or scenarios do not fit, or a study is compared with a run.
    """
    runs = [x for x in (first, second) if isinstance(x, FinishedRun)]
    studies = [x for x in (first, second) if isinstance(x, Study)]
    if len(studies) == 2:
        from npl_sim.analysis.versions import compare_versions

        one, other = (study.session for study in studies)
        pair = compare_versions(one.study, one.table, other.study, other.table)
        return StudyComparison(studies[0], studies[1], pair)
    if len(runs) == 2:
        from npl_sim.runs.difference import explain_difference

        return RunComparison(explain_difference(runs[0].folder, runs[1].folder))
    raise NplSimError(
        f"compare: got a {type(first).__name__} and a {type(second).__name__}; "
        "expected two studies, or two finished runs"
    )
