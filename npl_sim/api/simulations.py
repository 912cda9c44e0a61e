"""Simulations: the simulated cash of a package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.api.result import Result
from npl_sim.api.studies import Study

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from npl_sim.cashflows.protocol import Cash
    from npl_sim.core.progress import Listener
    from npl_sim.runs.deal_cash import DealCash
    from npl_sim.runs.simulation import Simulation as Simulated
    from npl_sim.securitization.terms.deal import Deal
    from npl_sim.valuation.price import PriceDistribution

__all__ = ["Simulation", "simulate"]


class Simulation(Result):
    """Simulated cash of a package.

    Make one with `npl_sim.simulate`; `price`, `bid`, `deal.run` and `channel` start from it.

    Attributes
    ----------
    study : Study
        The study that was simulated.
    simulated : npl_sim.runs.simulation.Simulation
        The simulation as the commands use it.
    """

    def __init__(self, study: Study, simulated: Simulated) -> None:
        self.study = study
        self.simulated = simulated

    @property
    def cash(self) -> Cash:
        """Receipts and costs by scenario, month, kind and group. [package currency]"""
        return self.simulated.cash

    def for_deal(self, deal: Deal) -> DealCash:
        """Return the cash by date, as a deal receives it.

        Servicing as a share of receipts is left out if the deal pays its servicer itself.
        """
        from npl_sim.core.progress import Silent
        from npl_sim.runs.deal_cash import simulated_cash

        return simulated_cash(deal, self.simulated, Silent())

    @property
    def loans(self) -> pd.DataFrame:
        """Moments of each loan.

        `pv_mean`, `pv_sd`, `pv_se`, `received_mean`, `costs_mean` [package currency];
        `months_to_cash` [months]; `p_any`, the probability of any receipt [share of 1].
        """
        return self.cash.loans.copy()

    @property
    def factors(self) -> pd.DataFrame:
        """Average log deviation of each market factor from its median path, and weights."""
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

        return drawings(self._price)

    @cached_property
    def _price(self) -> PriceDistribution:
        """The price of the cash, which its figures show."""
        from npl_sim.valuation.price import price

        study = self.study.terms
        return price(self.cash, study.pricing, study.currency, study.stated_buyer)

    def _report(self) -> str:
        table, study = self.to_frame("cash_by_month"), self.study.terms
        count, cash = len(self.cash.loans), self.cash
        return (
            f"{count:,} loans x {cash.scenarios:,} scenarios x {cash.months} months "
            f"of {study.name}, seed {cash.seed}\n"
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


def simulate(
    study: Study,
    *,
    listener: Listener | None = None,
    work: str | Path | None = None,
) -> Simulation:
    """Simulate every loan of a package in every scenario.

    Parameters
    ----------
    study : Study
        The study. If it states a precision, the run simulates as many scenarios as needed.
    listener : Listener, optional
        Receives progress and messages; defaults to none.
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
    Random numbers are addressed by seed, scenario, loan, stream and step. Results therefore do not
    depend on the order of work. The generator is Philox4x32-10 (Salmon, Moraes, Dror and Shaw, SC
    2011). `docs/model.md` states the model.
    """
    from npl_sim.runs.simulation import simulate as run

    folder = None if work is None else Path(work)
    return Simulation(study, run(study.session, listener, work=folder, on_disk=True))
