"""The walk of some scenarios: a unit of work that needs nothing but itself, wherever it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from npl_sim.engine.exits import exit_months
from npl_sim.engine.lower import Model
from npl_sim.engine.placements import settle
from npl_sim.engine.plan import SPAN_ENDS
from npl_sim.engine.repeats import Repeater, Repeats, receipts_and_costs
from npl_sim.flows.discount import discount_factors
from npl_sim.flows.sums import reduced
from npl_sim.kernels.package import Factors, Tile, new_scratch, simulate_tile
from npl_sim.layout import MOMENTS, Kind, Stage
from npl_sim.market.factors import FactorModel

if TYPE_CHECKING:
    from npl_sim.study import Study

__all__ = ["Place", "Sums", "Walked", "Walker"]


class Sums(NamedTuple):
    """Sums over scenarios, to be added in the order of their numbers."""

    mean: np.ndarray  # (groups, kinds, months + 1): cash
    moments: np.ndarray  # (loans, len(MOMENTS))
    stages: np.ndarray  # (stages, months + 1): GBV entering less leaving
    fees: np.ndarray  # (desks, months + 1): of placements' contracts, where they are settled in the walk

    def add(self, other: Sums) -> None:
        """Add what came after."""
        for own, more in zip(self, other, strict=True):
            own += more

    def copy(self) -> Sums:
        """Return sums that go their own way."""
        return Sums(*(array.copy() for array in self))


class Walked(NamedTuple):
    """Some scenarios, walked.

    Attributes
    ----------
    first, scenarios
        Number of the first scenario, and how many.
    columns
        Arrays with a row for each scenario, by name (see `Walker.shapes`).
    sums
        Their sums.
    record
        Per loan and scenario, where asked for (see `kernels.package.Tile`).
    placed
        Whether the columns lie in the arrays that `Place` gave.
    """

    first: int
    scenarios: int
    columns: dict[str, np.ndarray]
    sums: Sums
    record: np.ndarray
    placed: bool


Place = Callable[[int, int], Mapping[str, np.ndarray]]
"""Gives the arrays that some scenarios' columns are to be written into: first scenario, count."""


def _spans(horizon: int) -> list[slice]:
    """Return the stretches of months over which deviations of the factors are averaged."""
    ends = [0, *(m for m in SPAN_ENDS if m < horizon), horizon]
    return [slice(a + 1, b + 1) for a, b in zip(ends, ends[1:], strict=False)]


class Walker:
    """A study and its tape, ready to be walked scenario by scenario; it can be sent to another machine.

    Parameters
    ----------
    study, model
        What is assumed of which loans, in words and lowered.
    keep
        What is kept of each scenario: ``kinds`` of cash, ``totals``, ``streamed`` (totals of the package,
        contracts settled), or ``nothing`` but sums.
    discount
        Discount factors of the loans' values; none: those of the study's required return.
    repeats
        How often single loans are drawn in each world, whose cash is then kept as well; none: once.

    Raises
    ------
    ValueError
        If loans are drawn again and contracts ask for the totals of placements, which are not known by draw.
    """

    def __init__(
        self,
        study: Study,
        model: Model,
        keep: str,
        discount: np.ndarray | None = None,
        repeats: Repeats | None = None,
    ) -> None:
        simulation, pricing = study.simulation, study.pricing
        self.study = study
        self.model = model
        self.keep = keep
        self.seed = np.uint64(simulation.seed)
        self.market = FactorModel(study.market, study.stress, model.horizon, simulation.seed)
        if discount is None:
            discount = discount_factors(pricing.required_return, model.horizon, pricing.cash_timing)
        self.discount = discount
        self.servicing = float(pricing.servicing_rate)
        self.spans = _spans(model.horizon)
        self.repeater: Repeater | None = None
        if repeats is not None and repeats.most > 1:
            if model.desks:
                raise ValueError(
                    "repeats: fees on the totals of placements are not known by draw; expected none"
                )
            self.repeater = Repeater(model, repeats, self.discount, self.servicing, simulation.seed)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of one scenario's row in each column that is kept; all are float64."""
        months, groups = self.model.horizon + 1, len(self.model.groups)
        deviations = (len(self.market.names), len(self.spans))
        if self.keep == "nothing":
            return {}
        shapes: dict[str, tuple[int, ...]] = {"deviations": deviations}
        if self.keep == "streamed":
            shapes |= {"net": (months,), "received": (months,), "pv_by_kind": (2,), "pv_by_group": (groups,)}
        else:
            kinds = len(Kind) if self.keep == "kinds" else 2
            shapes |= {"flows": (groups, kinds, months), "desks": (len(self.model.desks), 2, months)}
        if self.market.rate is not None:
            shapes["short_rate"] = (months,)
        if self.repeater is not None:
            shapes["repeated"] = (self.repeater.most - 1, 2, months)
        return shapes

    def no_sums(self) -> Sums:
        """Return sums over no scenarios."""
        model, months = self.model, self.model.horizon + 1
        return Sums(
            np.zeros((len(model.groups), len(Kind), months)),
            np.zeros((len(model.package.loans), len(MOMENTS))),
            np.zeros((len(Stage), months)),
            np.zeros((len(model.desks), months)),
        )

    def walk(self, first: int, count: int, into: Place | None = None, record: bool = False) -> Walked:
        """Walk `count` scenarios from number `first` on.

        Parameters
        ----------
        first, count
            Which scenarios.
        into
            Gives arrays for their columns; none: new ones.
        record
            Whether to record each loan's path.
        """
        model = self.model
        paths = self.market.simulate(first, count)
        columns = (
            dict(into(first, count))
            if into is not None
            else {name: np.zeros((count, *shape)) for name, shape in self.shapes.items()}
        )
        if "deviations" in columns:
            for column, span in enumerate(self.spans):
                # Along the rows of one scenario: the sum does not depend on how many stand in the tile.
                columns["deviations"][:, :, column] = paths.deviation[:, :, span].mean(axis=2)
        if "short_rate" in columns and paths.short_rate is not None:
            columns["short_rate"][:] = paths.short_rate
        factors = Factors(
            paths.index,
            paths.congestion,
            paths.cooperation,
            np.ascontiguousarray(self.market.cooperation_variance),
            model.loading,
            model.sale_loading,
            exit_months(
                self.study.policies, paths, self.market.cooperation_variance, self.market.names, model.horizon
            ),
        )
        sums, groups, months = self.no_sums(), len(model.groups), model.horizon + 1
        flows = columns.get("flows")
        desks = columns.get("desks")
        tile = Tile(
            np.empty((count, groups, 2, months)) if flows is None else flows,
            sums.mean,
            sums.moments,
            sums.stages,
            np.zeros((count, len(model.desks), 2, months)) if desks is None else desks,
            np.zeros((count if record else 0, len(model.package.loans), 4)),
        )
        simulate_tile(
            model.package,
            model.cohorts,
            factors,
            self.discount,
            self.servicing,
            self.seed,
            np.uint64(first),
            tile,
            new_scratch(model.package, groups, len(Kind), model.horizon),
        )
        if self.repeater is not None and "repeated" in columns:
            own = receipts_and_costs(tile.flows)
            columns["repeated"][:] = self.repeater.package_draws(own, factors, first)
        if self.keep == "streamed":
            self._reduce(tile, columns, sums)
        return Walked(first, count, columns, sums, tile.record, into is not None)

    def _reduce(self, tile: Tile, columns: dict[str, np.ndarray], sums: Sums) -> None:
        """Settle the contracts of a tile and keep of its flows what the valuation of a package needs."""
        if self.model.desks:
            for placement, settlement in settle(self.study, self.model, tile.desks):
                for column, desk in enumerate(placement.desks):
                    fees = settlement.fees[:, column]
                    tile.flows[:, self.model.desks[desk][1], 1] -= fees
                    sums.fees[desk] += fees.sum(axis=0)
        cash = tile.flows.transpose(0, 3, 2, 1)
        receipt = np.array([True, False])
        columns["pv_by_kind"][:], columns["pv_by_group"][:] = reduced(
            cash, receipt, self.discount, columns["net"], columns["received"]
        )
