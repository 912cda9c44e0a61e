"""A deal and the cash that goes through it, the same for every command that has one: a study, or a deal with flows."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.core.errors import DealError
from npl_sim.core.issues import RESULT
from npl_sim.core.masking import Privacy
from npl_sim.runs.recorded_paths import recorded_file, recorded_texts
from npl_sim.runs.simulating import Clock, simulated
from npl_sim.tape.issues import LISTED_BY, of_text

if TYPE_CHECKING:
    from rich.console import Console

    from npl_sim.core.issues import Issue
    from npl_sim.runs.case import Case
    from npl_sim.runs.place import RunPlace
    from npl_sim.securitization.collections import DatedFlows
    from npl_sim.securitization.terms.deal import Deal

__all__ = ["Cash", "FileCash", "StudyCash", "Wishes", "warn"]

POOL_GAP = 0.01
"""Gap between the tape's GBV and the deal's pool that is told, as a share."""


@dataclass(frozen=True)
class Wishes:
    """What the user wants to see of a run.

    Attributes
    ----------
    out
        Place of the run folder; none: one named after the deal and the time.
    as_json, figures, quiet
        As on the command line.
    """

    out: RunPlace | None = None
    as_json: bool = False
    figures: bool = True
    quiet: bool = False


@dataclass(frozen=True)
class Cash:
    """Cash by date, and where it comes from.

    Attributes
    ----------
    flows
        The cash.
    facts
        What the manifest of a run says of it.
    notes
        Warnings, all of which have been said.
    issues
        What may be wrong with the study, its tape and its simulated cash, or with a table of flows.
    listed_by
        What lists every one of them.
    inputs
        Writes files on where it comes from into a run folder.
    """

    flows: DatedFlows
    facts: Mapping[str, Any]
    notes: Sequence[str]
    issues: Sequence[Issue] = ()
    listed_by: str = LISTED_BY
    inputs: Callable[[Path], None] = field(default=lambda draft: None)


@dataclass(frozen=True)
class StudyCash:
    """A study that names its deal, to be simulated.

    Attributes
    ----------
    case
        The study.
    work
        Folder that keeps finished scenarios; none: nowhere.
    """

    case: Case
    work: Path | None = None

    @property
    def deal(self) -> Deal:
        """The deal.

        Raises
        ------
        DealError
            If there is none.
        """
        deal = self.case.study.deal
        if deal is None:
            raise DealError(
                f"{self.case.loaded.path}: names no deal; expected the key deal (a file, or a deal's words), or --deal FILE"
            )
        return deal

    def warnings(self) -> tuple[Issue, ...]:
        """Return warnings on the deal that `read` has not said: its terms are among the study's, holidays are not."""
        from npl_sim.securitization.checks.date_warnings import holiday_warnings

        return tuple(holiday_warnings(self.deal))

    def read(self, talk: Console, clock: Clock) -> Cash:
        """Simulate the study."""
        from npl_sim.runs.priced_run import study_facts, write_inputs

        case, deal = self.case, self.deal
        simulation = simulated(case, talk, clock, work=self.work)
        flows = case.deal_flows(simulation)
        gaps = list(_pool(deal, float(case.table.reconciliation.gbv_loaded)))
        warn(talk, gaps)
        return Cash(
            flows,
            study_facts(case.study, case.table, ["npl-sim", *sys.argv[1:]]),
            [*case.warnings, *case.notes(), *gaps],
            [*case.issues(simulation), *(replace(of_text(gap), grade=RESULT) for gap in gaps)],
            LISTED_BY,
            lambda draft: write_inputs(draft, case.study, case.table),
        )


@dataclass(frozen=True)
class FileCash:
    """A deal with a table of flows, or a recipe that makes one.

    Attributes
    ----------
    deal
        The deal.
    file
        Table or recipe.
    month_zero
        Date of month 0 of a table; none: the deal's cut-off.
    scenarios, seed
        Of a recipe, instead of its own.
    """

    deal: Deal
    file: Path
    month_zero: date | None = None
    scenarios: int | None = None
    seed: int | None = None

    def warnings(self) -> tuple[Issue, ...]:
        """Return warnings on the deal's terms that `read` has not said."""
        from npl_sim.securitization.checks.term_warnings import deal_warnings

        return deal_warnings(self.deal)

    def read(self, talk: Console, clock: Clock) -> Cash:
        """Read the flows."""
        from npl_sim.core.provenance import file_hash
        from npl_sim.study.flow_file import load_flows

        with clock.phase("read"):
            deal = self.deal
            flows = load_flows(
                self.file,
                self.month_zero,
                self.scenarios,
                self.seed,
                deal.cutoff_date,
                deal.currency,
            )
        talk.print(
            f"flows: {flows.scenarios:,} scenarios from {flows.dates[0]} to {flows.dates[-1]}: {recorded_file(self.file, 'flows') if Privacy.mask.get() else self.file}",
            markup=False,
        )
        notes = recorded_texts([*flows.notes, *_reach(deal, flows)], {"flows": self.file})
        warn(talk, notes)
        about = {"file": recorded_file(self.file, "flows"), "sha256": file_hash(self.file)}
        if self.file.suffix.lower() not in (".yaml", ".yml"):
            about["month_zero"] = str(self.month_zero or self.deal.cutoff_date)
        facts = {"command": ["npl-sim", *sys.argv[1:]], "flows": about}
        return Cash(flows, facts, notes, [*map(of_text, notes)], "the key notes of summary.json")


def warn(talk: Console, notes: Sequence[str]) -> None:
    """Say warnings."""
    for line in notes:
        talk.print(f"warning: {line}", markup=False)


def _pool(deal: Deal, gbv: float) -> Iterator[str]:
    gap = gbv / deal.pool_balance - 1.0
    if abs(gap) > POOL_GAP:
        yield (
            f"the tape's GBV of {gbv:,.2f} {deal.currency} is {100 * abs(gap):.1f}% {'above' if gap > 0 else 'below'} the deal's "
            f"pool_balance of {deal.pool_balance:,.2f}; triggers and shares of GBV use the deal's"
        )


def _reach(deal: Deal, flows: DatedFlows) -> Iterator[str]:
    """Say where a table of flows does not meet the dates of the deal, or its size."""
    from npl_sim.securitization.dates import deal_dates

    dates = deal_dates(deal)
    first, last = dates.collection[0], dates.collection[-1]
    if flows.dates[-1] <= first or flows.dates[0] > last:
        raise DealError(
            f"the flows run from {flows.dates[0]} to {flows.dates[-1]}, outside the deal's collection periods, which run from "
            f"{first} to {last}; expected flows of these periods"
        )
    before = [end for end in dates.collection[1:-1] if end > flows.dates[-1]]
    if before:
        yield (
            f"the flows end on {flows.dates[-1]}; the collection periods of the last {len(before) + 1} of {len(dates)} payment "
            "dates get nothing, or too little"
        )
    collected = float(flows.received.sum(axis=1).mean())
    if collected > deal.pool_balance:
        yield (
            f"the flows receive {collected:,.2f} {deal.currency} in the mean, more than the package's GBV of "
            f"{deal.pool_balance:,.2f}"
        )
