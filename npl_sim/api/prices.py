"""Price of a package: its distribution over scenarios."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from npl_sim.api.result import Result
from npl_sim.api.studies import Simulation

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from npl_sim.reports.heading import Heading
    from npl_sim.reports.report import Report
    from npl_sim.runs.folder import Run
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
    distribution : PriceDistribution
        Every estimate with its standard error and interval.
    """

    def __init__(self, simulation: Simulation, distribution: PriceDistribution) -> None:
        self.simulation = simulation
        self.distribution = distribution

    @property
    def mean(self) -> Estimate:
        """Mean present value of the package's net cash, with its standard error. [package currency]"""
        return self.distribution.mean

    @property
    def quantiles(self) -> Mapping[float, Estimate]:
        """Quantiles of the present value by level. [package currency]"""
        return self.distribution.quantiles

    @property
    def expected_shortfall(self) -> Estimate:
        """Mean present value of the worst scenarios. [package currency]"""
        return self.distribution.expected_shortfall

    @cached_property
    def _heading(self) -> Heading:
        from npl_sim.runs.price import heading_of

        return heading_of(self.simulation.study.session, self.distribution)

    def _tables(self) -> Mapping[str, pd.DataFrame]:
        from npl_sim.reports.price.tables import tables
        from npl_sim.runs.priced_run import heading_tables

        return {**tables(self.distribution), **heading_tables(self._heading)}

    def _figures(self) -> Mapping[str, Callable[[], Figure]]:
        from npl_sim.reports.price.plots import drawings

        return drawings(self.distribution)

    def _report(self) -> Report:
        from npl_sim.reports.price.text import price_report

        return price_report(self.distribution, self._heading)

    def _values(self) -> dict[str, Any]:
        from npl_sim.reports.heading import with_heading
        from npl_sim.reports.price.tables import summary

        return with_heading(summary(self.distribution), self._heading)

    def _save(self, place: Any, figures: bool) -> Run:
        from npl_sim.runs.folder import SaveOptions
        from npl_sim.runs.priced_run import write_run

        session = self.simulation.study.session
        study, table, options = session.study, session.table, SaveOptions(figures)
        return write_run(place, study, table, self.distribution, {}, options, self._heading)


def price(simulation: Simulation, **terms: Any) -> Price:
    r"""Price a package from its simulated cash.

    Parameters
    ----------
    simulation : Simulation
        Simulated cash.
    **terms
        Keys of the study's section `pricing` to change, such as ``required_return=0.15`` [per year]; the cash is
        valued again and not simulated again.

    Returns
    -------
    Price

    Raises
    ------
    pydantic.ValidationError
        If a term has no valid value.
    NplSimError
        If the cash lies on disk and was reduced at another required return.

    Notes
    -----
    The present value of scenario :math:`s` is :math:`\sum_t c_{s,t} (1 + r)^{-t/12}` with net cash :math:`c` of
    month :math:`t` and required return :math:`r`. All estimates share one vector of scenario weights, balanced on
    the market factors by control variates (Glasserman, Monte Carlo Methods in Financial Engineering, 2003, 4.1).
    """
    from npl_sim.valuation.price import price as value

    study = simulation.study.terms
    pricing = type(study.pricing).model_validate({**study.pricing.model_dump(), **terms})
    return Price(simulation, value(simulation.cash, pricing, study.currency, study.stated_buyer))
