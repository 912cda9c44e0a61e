"""Simulation of one tile of scenarios: an independent unit of work, on any machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from npl_sim.cashflows.sums import reduced
from npl_sim.core.layout import MOMENTS, Kind
from npl_sim.engine.agency_placements import enter_fees, settle
from npl_sim.engine.compile_model import Model
from npl_sim.engine.replicates import Replicates, Replicator
from npl_sim.engine.sale_months import exit_months
from npl_sim.engine.sums import PV_SQUARED, Sums
from npl_sim.kernels.package import Factors, RunTerms, Tile, new_work_arrays, simulate_tile
from npl_sim.market.control_variates import Controls
from npl_sim.market.factors import FactorModel, FactorPaths
from npl_sim.stats.discount import discount_factors

if TYPE_CHECKING:
    from npl_sim.study.model import Study


class TileResult(NamedTuple):
    """Results of some scenarios."""

    first: int
    """Number of the first scenario."""
    scenarios: int
    """Number of scenarios: those of a tile, or of a whole batch of tiles."""
    columns: dict[str, np.ndarray]
    """Arrays with a row for each scenario, by name (see `Simulator.shapes`)."""
    sums: Sums
    record: np.ndarray
    """Path of each loan in each scenario, if requested (see `kernels.package.Tile`)."""
    placed: bool
    """Whether the columns are the arrays that `Place` returned."""


Place = Callable[[int, int], Mapping[str, np.ndarray]]
"""Returns the arrays for the columns of some scenarios: first scenario, count."""


class Simulator:
    """A compiled study, ready to simulate scenarios; it can be sent to another machine.

    Parameters
    ----------
    study, model
        The study, as it is and compiled.
    keep
        Stored detail of each scenario: ``kinds`` of cash, ``totals``, ``streamed`` (totals of the
        package, contracts settled), or ``nothing`` but sums.
    discount
        Discount factors of the loans' values; defaults to the study's required return.
    replicates
        Draws of each loan in each scenario, whose cash is then stored too; defaults to one.
    stretches
        Control variates of each market factor (see `market.control_variates`).

    Raises
    ------
    ValueError
        If loans have replicates and contracts need the totals of placements, which are not
        known by draw.
    """

    def __init__(
        self,
        study: Study,
        model: Model,
        keep: str,
        discount: np.ndarray | None = None,
        replicates: Replicates | None = None,
        stretches: int = 1,
    ) -> None:
        simulation, pricing = study.simulation, study.pricing
        self.study = study
        self.model = model
        self.keep = keep
        self.seed = np.uint64(simulation.seed)
        self.market = FactorModel(study.market, study.stress, model.horizon, simulation.seed)
        if discount is None:
            discount = discount_factors(
                pricing.required_return, model.horizon, pricing.cash_timing
            )
        self.discount = discount
        self.servicing = float(pricing.servicing_rate)
        # A run that stores nothing has no weights.
        self.controls: Controls | None = None
        if keep != "nothing":
            factors = len(self.market.names)
            self.controls = Controls(self.market.innovation[:factors], model.horizon, stretches)
        self.replicator: Replicator | None = None
        if replicates is not None and replicates.most > 1:
            if model.placements:
                raise ValueError(
                    "replicates: fees on the totals of placements are not known by draw; "
                    "expected no such fees"
                )
            self.replicator = Replicator(
                model, replicates, self.discount, self.servicing, simulation.seed
            )

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of one scenario's row in each stored column; all are float64."""
        months, groups = self.model.horizon + 1, len(self.model.groups)
        if self.controls is None:
            return {}
        shapes: dict[str, tuple[int, ...]] = {
            "drivers": (self.controls.factors,),
            "controls": (self.controls.count,),
        }
        if self.keep == "streamed":
            shapes |= {
                "net": (months,),
                "received": (months,),
                "pv_by_kind": (2,),
                "pv_by_group": (groups,),
            }
        else:
            kinds = len(Kind) if self.keep == "kinds" else 2
            shapes |= {
                "flows": (groups, kinds, months),
                "desks": (len(self.model.placements), 2, months),
            }
        if self.market.rate is not None:
            shapes["short_rate"] = (months,)
        if self.replicator is not None:
            shapes["repeated"] = (self.replicator.most - 1, 2, months)
            if "flows" in shapes:
                shapes["averaged"] = shapes["flows"]
        return shapes

    def zero_sums(self) -> Sums:
        """Return sums over no scenarios."""
        model = self.model
        loans, groups = len(model.package.loans), len(model.groups)
        controls = 0 if self.controls is None else self.controls.count
        return Sums.zero(loans, groups, len(model.placements), model.horizon, controls)

    def simulate(
        self, first: int, count: int, into: Place | None = None, record: bool = False
    ) -> TileResult:
        """Simulate `count` scenarios from number `first` on.

        Parameters
        ----------
        first, count
            Number of the first scenario, and how many.
        into
            Returns arrays for their columns; defaults to new ones.
        record
            Whether to record the path of each loan.
        """
        model = self.model
        paths = self.market.simulate(first, count)
        columns = (
            dict(into(first, count))
            if into is not None
            else {name: np.zeros((count, *shape)) for name, shape in self.shapes.items()}
        )
        controls = np.empty((count, 0))
        if self.controls is not None:
            columns["drivers"][:], controls = self.controls.of(paths.deviation)
            columns["controls"][:] = controls
        factors = self._factors(paths, np.column_stack([np.ones(count), controls]))
        if "short_rate" in columns and paths.short_rate is not None:
            columns["short_rate"][:] = paths.short_rate
        sums, groups, months = self.zero_sums(), len(model.groups), model.horizon + 1
        flows = columns.get("flows")
        totals = columns.get("desks")
        tile = Tile(
            np.empty((count, groups, 2, months)) if flows is None else flows,
            sums.mean,
            sums.moments,
            sums.stages,
            np.zeros((count, len(model.placements), 2, months)) if totals is None else totals,
            np.zeros((count if record else 0, len(model.package.loans), 4)),
            np.zeros((0, len(model.package.loans), len(MOMENTS))),
            np.zeros((0, groups, len(Kind), months)),
        )
        simulate_tile(
            model.package,
            model.collection,
            factors,
            RunTerms(self.discount, self.servicing, self.seed),
            np.uint64(first),
            tile,
            new_work_arrays(model.package, len(Kind), model.horizon),
        )
        sums.squares[:] = sums.moments[:, PV_SQUARED, 0]
        averaged = tile.flows
        if self.replicator is not None and "repeated" in columns:
            columns["repeated"][:], averaged = self.replicator.draw(
                tile.flows, sums, factors, first
            )
            if "averaged" in columns:
                columns["averaged"][:] = averaged
        if self.keep == "streamed":
            self._reduce(tile, averaged, columns, sums, factors.design)
        return TileResult(first, count, columns, sums, tile.record, into is not None)

    def weighted_values(self, first: int, weights: np.ndarray) -> np.ndarray:
        """Return weighted sums of the loans' present values over scenarios and draws.

        Parameters
        ----------
        first
            Number of the first scenario.
        weights
            Shape (measures, scenarios, draws).

        Returns
        -------
        numpy.ndarray
            Shape (measures, loans). [package currency]
        """
        count = weights.shape[1]
        record = self.simulate(first, count, record=True).record
        total: np.ndarray = np.einsum("ks,si->ki", weights.sum(axis=2), record[:, :, 0])
        if self.replicator is not None:
            factors = self._factors(self.market.simulate(first, count), np.ones((count, 1)))
            self.replicator.weigh(total, weights, factors, first, len(self.model.groups))
        return total

    def _factors(self, paths: FactorPaths, design: np.ndarray) -> Factors:
        """Return the market factors of some scenarios as a kernel record."""
        model, variance = self.model, self.market.cooperation_variance
        return Factors(
            paths.index,
            paths.congestion,
            paths.cooperation,
            np.ascontiguousarray(variance),
            model.loading,
            model.sale_loading,
            model.insolvency_loading,
            exit_months(self.study.policies, paths, variance, self.market.names, model.horizon),
            design,
        )

    def _reduce(
        self,
        tile: Tile,
        averaged: np.ndarray,
        columns: dict[str, np.ndarray],
        sums: Sums,
        design: np.ndarray,
    ) -> None:
        """Settle the contracts of a tile and reduce its cash to the columns of a valuation.

        Present values by kind and group are those of the mean cash over each scenario's draws.
        """
        if self.model.placements:
            for placement, settlement in settle(self.study, self.model, tile.placements):
                enter_fees(
                    self.model.placements, placement, settlement, tile.flows, 1, sums, design
                )
        receipt = np.array([True, False])
        cash = tile.flows.transpose(0, 3, 2, 1)
        values = reduced(cash, receipt, self.discount, columns["net"], columns["received"])
        if averaged is not tile.flows:
            net, received = np.zeros((2, *columns["net"].shape))
            values = reduced(averaged.transpose(0, 3, 2, 1), receipt, self.discount, net, received)
        columns["pv_by_kind"][:], columns["pv_by_group"][:] = values
