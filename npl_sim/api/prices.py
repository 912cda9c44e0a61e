"""Price of a package: its distribution over scenarios."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from npl_sim.api.result import Result
from npl_sim.api.simulations import Simulation

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from npl_sim.reports.report import Report
    from npl_sim.runs.folder import Run, SaveOptions
    from npl_sim.runs.place import RunPlace
    from npl_sim.runs.price import PriceResult
    from npl_sim.stats.risk import Estimate
    from npl_sim.valuation.price import PriceDistribution

__all__ = ["Price", "price"]


class Price(Result):
    """Price distribution of a package at the required return.

    Make one with `npl_sim.price`.

    Attributes
    ----------
    simulation : Simulation
        The cash that was valued.
    result : npl_sim.runs.price.PriceResult
        The price as the commands use it.
    """

    def __init__(self, simulation: Simulation, result: PriceResult) -> None:
        self.simulation = simulation
        self.result = result

    @property
    def distribution(self) -> PriceDistribution:
        """Every estimate with its standard error and interval. [package currency]"""
        return self.result.price

    @property
    def mean(self) -> Estimate:
        """Mean present value of net cash, with its standard error. [package currency]"""
        return self.distribution.mean

    @property
    def quantiles(self) -> Mapping[float, Estimate]:
        """Quantiles of the present value by level. [package currency]"""
        return self.distribution.quantiles

    @property
    def expected_shortfall(self) -> Estimate:
        """Mean present value of the worst scenarios. [package currency]"""
        return self.distribution.expected_shortfall

    def _tables(self) -> Mapping[str, pd.DataFrame]:
        from npl_sim.reports.price.tables import tables
        from npl_sim.runs.priced_run import heading_tables

        return {**tables(self.distribution), **heading_tables(self.result.heading)}

    def _figures(self) -> Mapping[str, Callable[[], Figure]]:
        from npl_sim.reports.price.plots import drawings

        return drawings(self.distribution)

    def _report(self) -> Report:
        from npl_sim.reports.price.text import price_report

        return price_report(self.distribution, self.result.heading)

    def _values(self) -> dict[str, Any]:
        from npl_sim.reports.heading import with_heading
        from npl_sim.reports.price.tables import summary

        return with_heading(summary(self.distribution), self.result.heading)

    def _save(self, place: RunPlace, options: SaveOptions) -> Run:
        from npl_sim.runs.price import save_price

        return save_price(self.result, place, options)


def price(simulation: Simulation, *, sources: bool = False, **terms: Any) -> Price:
    r"""Price a package from its simulated cash.

    Parameters
    ----------
    simulation : Simulation
        Simulated cash.
    sources : bool, optional
        Whether to measure how much of the value rests on figures without a published source. This
        simulates the package again, in few scenarios. Defaults to no measure.
    **terms
        Keys of the section `pricing` to change, such as ``required_return=0.15`` [per year]. The
        cash is valued again and not simulated again.

    Returns
    -------
    Price

    Raises
    ------
    pydantic.ValidationError
        If a term has no valid value.
    NplSimError
        If the cash is on disk and was reduced at another required return.

    Notes
    -----
    The present value of a scenario is :math:`\sum_t c_t (1 + r)^{-t/12}`. Here :math:`c_t` is its
    net cash in month :math:`t`, and :math:`r` is the required return. All estimates share one
    vector of scenario weights, balanced on the market factors by control variates. See Glasserman,
    Monte Carlo Methods in Financial Engineering, 2003, section 4.1.
    """
    from npl_sim.runs.price import price as value

    simulated = simulation.simulated
    if terms:
        simulated = simulated.with_pricing(terms)
    return Price(simulation, value(simulated, sources))
