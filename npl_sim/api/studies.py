"""Studies and simulations: what is assumed of a package, and its simulated cash."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.api.result import Result
from npl_sim.runs.case import Case, load_study

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from npl_sim.cashflows.protocol import Cash
    from npl_sim.core.issues import Issue
    from npl_sim.core.progress import Progress
    from npl_sim.securitization.collections import DatedFlows
    from npl_sim.securitization.terms.deal import Deal
    from npl_sim.study.model import Study as StudyTerms

__all__ = ["Simulation", "Study", "explain", "read_study", "simulate"]


class Study(Result):
    """A study with its loan tape, which is read when first needed.

    Make one with `npl_sim.read_study`.

    Attributes
    ----------
    session
        The study as the commands use it.
    """

    def __init__(self, session: Case) -> None:
        self.session = session

    @property
    def name(self) -> str:
        """Name of the study."""
        return self.session.study.name

    @property
    def terms(self) -> StudyTerms:
        """Everything that the study states or takes from a default, validated."""
        return self.session.study

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings on the study's own terms: valid, but probably unintended."""
        return self.session.warnings

    @property
    def loans(self) -> pd.DataFrame:
        """The loans that are priced, one row each, in the order of the tape.

        Raises
        ------
        TapeError
            If the tape cannot be read, or has errors that the study lets stop the run.
        """
        return self.session.table.loans.copy()

    def issues(self) -> tuple[Issue, ...]:
        """Return every issue of the study and its tape that needs no simulation, the most important first.

        Returns
        -------
        tuple of Issue
            Each with `severity`, `location` and `message`.

        Raises
        ------
        TapeError
            If the tape cannot be read, or has errors that stop the run.
        StudyError
            If the study cannot price its tape.
        """
        return self.session.issues()

    def _tables(self) -> Mapping[str, pd.DataFrame]:
        table = self.session.table
        return {
            "loans": table.loans,
            "collateral": table.collateral,
            "guarantors": table.guarantors,
        }

    def _report(self) -> str:
        from npl_sim.reports.account import account_text
        from npl_sim.reports.heading import issue_lines, issue_title

        study, table = self.terms, self.session.table
        issues = self.issues()
        return "\n".join(
            [
                f"Study {study.name}: valuation date {study.valuation_date}, {study.currency}",
                account_text(table.reconciliation, study.currency),
                "",
                *([issue_title(issues)] if issues else []),
                *issue_lines(issues, study.currency),
            ]
        )

    def _values(self) -> dict[str, Any]:
        from npl_sim.reports.account import account_values
        from npl_sim.reports.heading import issue_values

        return {
            "name": self.name,
            "reconciliation": account_values(self.session.table.reconciliation),
            **issue_values(self.issues()),
        }


class Simulation(Result):
    """Simulated cash of a package.

    Make one with `npl_sim.simulate`; `price`, `bid`, `deal.run` and `channel` start from it.

    Attributes
    ----------
    study : Study
        What was assumed.
    cash : Cash
        Receipts and costs by scenario, month, kind and group. [package currency]
    """

    def __init__(self, study: Study, cash: Cash) -> None:
        self.study = study
        self.cash = cash

    def for_deal(self, deal: Deal) -> DatedFlows:
        """Return the cash by date, as a deal receives it.

        Servicing as a share of receipts is left out where the deal pays its servicer itself.
        """
        from npl_sim.securitization.collections import from_package, servicer_fees

        excluded = ("servicing",) if servicer_fees(deal) else ()
        return from_package(self.cash, self.study.terms.valuation_date, leave_out=excluded)

    def issues_of_cash(self) -> tuple[Issue, ...]:
        """Return every issue of the study, its tape and its simulated cash, the most important first."""
        return self.study.session.issues(self.cash)

    @property
    def loans(self) -> pd.DataFrame:
        """Moments of each loan.

        `pv_mean`, `pv_sd`, `pv_se`, `received_mean`, `costs_mean` [package currency]; `months_to_cash` [months];
        `p_any`, the probability of any receipt [share of 1].
        """
        return self.cash.loans.copy()

    @property
    def factors(self) -> pd.DataFrame:
        """Average log deviation of each market factor from its median path, one row a scenario, and its weight."""
        import pandas as pd

        frame = pd.DataFrame(self.cash.factor_averages, columns=list(self.cash.factor_names))
        frame.index.name = "scenario"
        return frame.assign(weight=self.cash.sample.weights)

    def _tables(self) -> Mapping[str, pd.DataFrame]:
        import numpy as np
        import pandas as pd

        weights = self.cash.sample.weights
        receipts, net = self.cash.receipts, self.cash.net
        by_month = pd.DataFrame(
            {
                "month": np.arange(net.shape[1]),
                "receipts": weights @ receipts,
                "costs": weights @ (receipts - net),
                "net": weights @ net,
            }
        )
        return {"cash_by_month": by_month, "loans": self.loans, "factors": self.factors}

    def _figures(self) -> Mapping[str, Callable[[], Figure]]:
        from npl_sim.reports.price.plots import drawings
        from npl_sim.valuation.price import price

        study = self.study.terms
        return drawings(price(self.cash, study.pricing, study.currency, study.stated_buyer))

    def _report(self) -> str:
        table, study = self.to_frame("cash_by_month"), self.study.terms
        count, cash = len(self.cash.loans), self.cash
        return (
            f"{count:,} loans x {cash.scenarios:,} scenarios x {cash.months} months of {study.name}, "
            f"seed {cash.seed}\n"
            f"mean receipts {table['receipts'].sum():,.2f}, costs {table['costs'].sum():,.2f}, "
            f"net {table['net'].sum():,.2f} {study.currency}, undiscounted; GBV {cash.gbv:,.2f}"
        )

    def _values(self) -> dict[str, Any]:
        totals = self.to_frame("cash_by_month")[["receipts", "costs", "net"]].sum()
        return {
            "study": self.study.name,
            "loans": len(self.cash.loans),
            "scenarios": self.cash.scenarios,
            "months": self.cash.months,
            "seed": self.cash.seed,
            "gbv": self.cash.gbv,
            **{f"mean_{name}": float(value) for name, value in totals.items()},
        }


def read_study(
    path: str | Path,
    overrides: Mapping[str, Any] | None = None,
    *,
    mask: bool | None = None,
    within: str | Path | None = None,
) -> Study:
    """Read and validate a study.

    Parameters
    ----------
    path : str or Path
        YAML file of the study.
    overrides : mapping, optional
        Values by dotted key, such as ``{"simulation.scenarios": 500}``.
    mask : bool, optional
        Whether names and ids are replaced by pseudonyms in all results; defaults to False.
    within : str or Path, optional
        Folder in which every file that is read must lie, symbolic links followed; defaults to anywhere.

    Returns
    -------
    Study

    Raises
    ------
    StudyError
        With every issue of the study, each with file, line, column, key, value and what was expected.
    ConfinementError
        If a file lies outside `within`.

    Examples
    --------
    >>> import npl_sim as npl
    >>> study = npl.read_study(
    ...     "configs/studies/first_package.yaml", {"simulation.scenarios": 64}
    ... )
    >>> study.name
    'first_package'
    """
    return Study(load_study(path, overrides, mask=mask, within=within))


def simulate(
    study: Study,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
    work: str | Path | None = None,
) -> Simulation:
    """Simulate every loan of a package in every scenario.

    Parameters
    ----------
    study : Study
        What is assumed. Where it states a precision, as many scenarios run as that takes.
    threads : int, optional
        Threads; defaults to those of the study. The result has the same bits for any number.
    progress : Progress, optional
        Receives the progress of the simulation.
    work : str or Path, optional
        Folder for finished scenarios, from which an interrupted run resumes.

    Returns
    -------
    Simulation

    Raises
    ------
    TapeError, StudyError
        If the tape cannot be priced on the terms of the study.
    CapacityError
        If the run exceeds the study's limit of memory or time.

    Notes
    -----
    Random numbers are addressed by seed, scenario, loan, stream and step (Philox4x32-10; Salmon, Moraes, Dror and
    Shaw, SC 2011), so that no order of work changes a number. `docs/model.md` states the model.
    """
    return Simulation(
        study,
        study.session.simulate(progress, threads, work=None if work is None else Path(work)),
    )


def explain(study: Study, loan_id: str | None = None, *, top: int = 20) -> str:
    """Explain what can happen to one loan, and why; or list the claims that expire first.

    Parameters
    ----------
    study : Study
        What is assumed.
    loan_id : str, optional
        Id of the loan; defaults to the limitation calendar of all loans.
    top : int, default 20
        Claims that the calendar lists.

    Returns
    -------
    str
        Dates, stages and routes of the loan with its own figures, simulated by the engine itself; or the calendar.

    Raises
    ------
    TapeError
        If no priced loan has the id.
    """
    session = study.session
    return session.action_plan_text(top) if loan_id is None else session.explain(loan_id)
