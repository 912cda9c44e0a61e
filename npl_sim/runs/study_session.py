"""A study with its tape: what every use case starts from."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.core.confinement import confined
from npl_sim.core.errors import NplSimError
from npl_sim.core.masking import Privacy
from npl_sim.runs.result_kind import is_price
from npl_sim.study.loaded import LoadedStudy
from npl_sim.study.loader import load_study as read_study
from npl_sim.study.masked_entries import has_entries
from npl_sim.study.masking import masked_error, masked_loaded, named_files

if TYPE_CHECKING:
    from npl_sim.analysis.worthless import Worthless
    from npl_sim.cashflows.protocol import Cash
    from npl_sim.core.issues import Issue
    from npl_sim.core.progress import Progress
    from npl_sim.engine.backends.threads import Backend
    from npl_sim.engine.resource_estimate import ResourceEstimate
    from npl_sim.engine.warning_text import Note
    from npl_sim.study.model import Study
    from npl_sim.tape.spec import TapeSpec
    from npl_sim.tape.table import LoanTable
    from npl_sim.valuation.price import PriceDistribution

__all__ = ["StudySession", "load_study"]


class StudySession:
    """A study with its tape, read when first needed.

    Parameters
    ----------
    loaded
        The study.
    mask
        Whether names and ids are replaced in all outputs; defaults to the option of the command.
    """

    def __init__(self, loaded: LoadedStudy, mask: bool | None = None) -> None:
        self.mask = Privacy.mask.get() if mask is None else mask
        self._tape, self.pseudonyms = loaded.study.tape, dict[str, str]()
        # File of the user's own comparables, whose name masking replaces.
        self.comparables = loaded.study.comparables
        # The study until its manual entries are matched with the tape.
        self._entered = loaded.study if has_entries(loaded.study) else None
        relative = named_files if Privacy.relative.get() else lambda same: same
        self.loaded = masked_loaded(loaded) if self.mask else relative(loaded)
        # Last result of `worth_nothing`, with its arguments.
        self._nothing: tuple[tuple[object, object], Worthless] | None = None

    @property
    def study(self) -> Study:
        """The study. Manual entries are matched with the tape, which is read first then."""
        if self._entered is not None:
            self.read()
        return self.loaded.study

    def with_pricing(self, terms: Mapping[str, Any]) -> StudySession:
        """Return the study with other terms of the section `pricing`, its tape not read again."""
        study, changed = self.study, copy.copy(self)
        pricing = type(study.pricing).model_validate({**study.pricing.model_dump(), **terms})
        priced = study.model_copy(update={"pricing": pricing})
        changed.loaded = dataclasses.replace(self.loaded, study=priced)
        changed._nothing = None
        return changed

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings on terms of the study that are valid but probably unintended."""
        return self.loaded.warnings

    @cached_property
    def table(self) -> LoanTable:
        """The loans that are priced, with findings and quarantine.

        Raises
        ------
        TapeError
            If the tape cannot be read, has errors that stop the run, or holds nothing to price.
            Also if another reading of a very different value is not confirmed.
        StudyError
            If another reading must be valued and a loan falls under no policy.
        """
        from npl_sim.analysis.other_readings import judged

        table = self.read()
        return judged(self.study, table)

    def read(self, **changes: Any) -> LoanTable:
        """Read the tape, with some of its keys changed; other readings are not yet valued."""
        from npl_sim.tape.masking import read_masked
        from npl_sim.tape.table import read_tape

        terms = (
            self.tape_spec(**changes),
            self.loaded.study.valuation_date,
            self.loaded.study.simulation.memory_limit_gib,
        )
        with confined(self.loaded.within):
            if self.mask:
                table, self.pseudonyms = read_masked(*terms)
            else:
                table = read_tape(*terms)
        if self._entered is not None:
            from npl_sim.engine.overridden_policies import matched

            study = matched(self.loaded.study, self._entered, table)
            self.loaded, self._entered = dataclasses.replace(self.loaded, study=study), None
        return table

    def validate(self, measure: bool = True) -> LoanTable:
        """Return the tape with all findings, and with erroneous rows set aside in any case.

        Parameters
        ----------
        measure
            Whether other readings of the tape are valued; else they are only named.

        Raises
        ------
        TapeError
            If the tape cannot be read, or no loan on it is sound.
        """
        from npl_sim.analysis.other_readings import measure_readings, name_readings
        from npl_sim.core.errors import StudyError

        table = self.read(on_error="quarantine")
        found = name_readings(table)
        if measure:
            # Pricing reports a study that cannot price the tape.
            with contextlib.suppress(StudyError):
                found = measure_readings(self.study, table)
        return dataclasses.replace(table, findings=(*found, *table.findings))

    def tape_spec(self, **changes: Any) -> TapeSpec:
        """Return the terms of the tape, with some keys changed."""
        # Marks beside amounts must agree with the study's currency; nothing is converted.
        return self._tape.model_copy(update={"currency": self.loaded.study.currency, **changes})

    def notes(self, table: LoanTable | None = None) -> tuple[Note, ...]:
        """Return warnings on combinations of tape and study, one sentence each."""
        from npl_sim.runs.study_notes import study_notes

        table = self.table if table is None else table  # reading it matches manual entries
        return study_notes(self.loaded, table)

    def issues(
        self, result: PriceDistribution | Cash | None = None, table: LoanTable | None = None
    ) -> tuple[Issue, ...]:
        """Return the issues of study, tape and result, the most important first.

        Parameters
        ----------
        result
            Price or simulated cash of this study; defaults to issues that need no simulation.
        table
            The tape as it was read; defaults to `table`.

        Raises
        ------
        TapeError
            If the tape cannot be read, or has errors that stop the run.
        StudyError
            If a loan falls under no policy, or collateral under no index.
        """
        from npl_sim.analysis.all_issues import gathered
        from npl_sim.analysis.plausibility import flow_issues, result_issues
        from npl_sim.reports.formats import amount_text

        table = self.table if table is None else table
        found: tuple[Issue, ...] = ()
        if result is not None and is_price(result):
            found = result_issues(self.study, table, result)
        elif result is not None:
            found = flow_issues(self.study, table, result)
        nothing = self.worth_nothing(result, table)
        known = (self.study, table, self.warnings, self.notes(table), nothing, found)
        return gathered(*known, lambda x: amount_text(x, self.study.currency))

    def worth_nothing(
        self, result: PriceDistribution | Cash | None = None, table: LoanTable | None = None
    ) -> Worthless:
        """Return the loans without value, and the reasons.

        Parameters
        ----------
        result
            Price or simulated cash that confirms them; defaults to the model alone.
        table
            The tape as it was read; defaults to `table`.
        """
        from npl_sim.analysis.worthless import worthless

        table = self.table if table is None else table
        key = (result, table)
        if self._nothing is None or any(
            a is not b for a, b in zip(self._nothing[0], key, strict=True)
        ):
            flows = result.flows if result is not None and is_price(result) else result
            loans = None if flows is None else flows.loans
            self._nothing = (key, worthless(self.study, table, loans))
        return self._nothing[1]

    def plan(self, elsewhere: bool = False) -> ResourceEstimate:
        """Estimate the resources of pricing; remote workers need less of this machine.

        Raises
        ------
        CapacityError
            If it exceeds the memory limit.
        """
        from npl_sim.engine.run_estimate import estimate_resources

        precise = self.study.simulation.precision is not None
        return estimate_resources(
            self.study, self.table, variance_reduction=precise, remote=elsewhere
        )

    def simulate(
        self,
        progress: Progress | None = None,
        threads: int | None = None,
        backend: Backend | None = None,
        work: Path | None = None,
    ) -> Cash:
        """Simulate the package; the same bits for any number of threads and any backend.

        A study with a precision takes as many scenarios as that needs. Finished scenarios are
        stored in the folder `work`, from which a stopped run resumes.

        Raises
        ------
        CapacityError
            If it exceeds the study's limit of memory or time.
        """
        if self.study.simulation.time_limit_hours is not None:
            from npl_sim.engine.time_estimate import check_time

            check_time(self.study, self.table, self.plan(backend is not None))
        if self.study.simulation.precision is not None:
            from npl_sim.analysis.precision import simulate_to_precision

            return simulate_to_precision(self.study, self.table, progress, threads, backend, work)
        from npl_sim.engine.simulate import simulate

        return simulate(self.study, self.table, progress, threads, backend=backend, work=work)

    def price(
        self, progress: Progress | None = None, threads: int | None = None
    ) -> PriceDistribution:
        """Simulate the package and return its price distribution."""
        from npl_sim.valuation.price import price

        return price(
            self.simulate(progress, threads),
            self.study.pricing,
            self.study.currency,
            self.study.stated_buyer,
        )

    def explain(self, loan: str) -> str:
        """Return the explanation of one loan, given by its id, as text."""
        from npl_sim.analysis.explain.loan import explain

        table = self.table  # the pseudonyms come with the tape
        return explain(self.study, table, self.pseudonyms.get(loan, loan))


def load_study(
    path: str | Path,
    overrides: Mapping[str, Any] | None = None,
    *,
    mask: bool | None = None,
    within: str | Path | None = None,
) -> StudySession:
    """Read a study; parameters and errors are those of `npl_sim.read_study`."""
    hidden = Privacy.mask.get() if mask is None else mask
    try:
        with confined([] if within is None else [within]):
            loaded = read_study(path, overrides)
        if loaded.study.comparables is not None:
            from npl_sim.analysis.own_comparables import read_comparables

            read_comparables(loaded.study.comparables)  # before the simulation
    except NplSimError as error:
        if not hidden:
            raise
        raise masked_error(error, path) from None
    return StudySession(loaded, hidden)
