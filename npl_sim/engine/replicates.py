"""Replicates (nested simulation): several draws of the loans that matter, in one scenario.

Given the systematic factors, loans carry independent idiosyncratic risk. Exceptions are loans
that share a borrower, a group, a collateral item or a guarantor. A few large loans carry most of
this risk, so they are drawn again in the same scenario. Loan i has `draws[i]` draws, a power of
two, and loans that share idiosyncratic risk have equally many.

Draw r of the package takes draw ``r % draws[i]`` of each loan. Given the factors, each draw of
the package has the distribution of the first one. So the mean over the draws is an unbiased
estimate of any quantity computed from a package's cash, with less idiosyncratic risk.
Different scenarios stay independent. Sums by loan, kind, group and stage take the mean over the
draws of a scenario.

Draw 0 is the run itself and does not change. The draws of a loan are stratified: each random
number takes one value in each of `draws[i]` equal parts (`kernels.rng.turned`). This averages out
effects of one number at a time. A draw is a function of (seed, scenario, loan, draw) alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npl_sim.cashflows.sums import add_receipts_and_costs
from npl_sim.core.layout import KIND_IS_INFLOW, MOMENTS, Kind, Stage
from npl_sim.engine.compile_model import Model
from npl_sim.engine.sums import PV, Sums
from npl_sim.kernels.context import CollectionTables, Package
from npl_sim.kernels.package import Factors, RunTerms, Tile, new_work_arrays, simulate_tile
from npl_sim.kernels.rng import numbered

MOST_DRAWS = 32
"""Most draws of one loan in one scenario."""


@dataclass(frozen=True)
class Replicates:
    """Draws of each loan in each scenario."""

    draws: np.ndarray
    """Powers of two, in the order of the compiled model, shape (loans,)."""

    def __post_init__(self) -> None:
        """Refuse numbers of draws that do not divide one another."""
        draws = self.draws
        out_of_range = draws.min(initial=1) < 1 or draws.max(initial=1) > MOST_DRAWS
        if out_of_range or np.any(draws & (draws - 1)):
            raise ValueError(f"draws: expected powers of two from 1 to {MOST_DRAWS}")

    @property
    def most(self) -> int:
        """Draws of the package in each scenario."""
        return int(self.draws.max(initial=1))

    @property
    def loans(self) -> int:
        """Number of loans drawn more than once."""
        return int((self.draws > 1).sum())

    @property
    def paths(self) -> int:
        """Loan paths of a scenario: those of the package and all draws of replicated loans."""
        return len(self.draws) + int(self.draws[self.draws > 1].sum())


@dataclass(frozen=True)
class VarianceReduction:
    """Variance reduction of a run: replicates of loans, and further control variates."""

    replicates: Replicates | None = None
    """Draws of each loan; defaults to one."""
    stretches: bool = True
    """Whether averages of the factors over stretches of the horizon are control variates too."""

    @property
    def draws(self) -> int:
        """Draws of the package in each scenario."""
        return 1 if self.replicates is None else self.replicates.most


def linked(model: Model) -> np.ndarray:
    """Return for each loan the cluster of loans that share idiosyncratic risk, shape (loans,)."""
    package = model.package
    from scipy.sparse import coo_array  # imported late: they take 0.1 s
    from scipy.sparse.csgraph import connected_components

    loans, count = package.loans, len(package.loans)
    own = np.arange(count)
    grouped = loans["group_key"] != 0
    shared = package.terms["region_correlation"][loans["policy"]] > 0.0
    pairs = [
        (own, loans["borrower"]),
        (own[grouped], loans["group_key"][grouped]),
        (own[shared], loans["region_key"][shared]),
        (np.repeat(own, loans["item_end"] - loans["item_begin"]), package.items["key"]),
        (
            np.repeat(own, loans["guarantor_end"] - loans["guarantor_begin"]),
            package.guarantors["key"],
        ),
    ]
    # A bipartite graph: loans on one side, shared parties and items on the other.
    rows, columns, nodes = [], [], count
    for owner, key in pairs:
        names, place = np.unique(key, return_inverse=True)
        rows.append(owner)
        columns.append(nodes + place)
        nodes += len(names)
    i, j = np.concatenate(rows), np.concatenate(columns)
    graph = coo_array((np.ones(len(i)), (i, j)), shape=(nodes, nodes))
    cluster: np.ndarray = connected_components(graph, directed=False)[1][:count]
    return np.unique(cluster, return_inverse=True)[1]


class Replicator:
    """Simulator of further draws, tile by tile.

    Parameters
    ----------
    model
        The compiled study.
    replicates
        Draws of each loan.
    discount
        Discount factors, shape (months + 1,).
    servicing
        Servicer's share of receipts.
    seed
        Seed of the run.
    """

    def __init__(
        self,
        model: Model,
        replicates: Replicates,
        discount: np.ndarray,
        servicing: float,
        seed: int,
    ) -> None:
        self.discount = discount
        self.servicing = servicing
        self.seed = np.uint64(seed)
        self.replicates = replicates
        self.most = replicates.most
        self.parts = {
            int(m): _part(model, replicates.draws == m)
            for m in np.unique(replicates.draws[replicates.draws > 1])
        }

    def draw(
        self, own: np.ndarray, sums: Sums, factors: Factors, first: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw loans again in some scenarios; their sums become means over the draws.

        Parameters
        ----------
        own
            Cash of draw 0, shape (scenarios, groups, kinds or 2, months + 1). [package currency]
        sums
            Sums over these scenarios of draw 0; replaced by those of means over the draws.
        factors
            Systematic factors of the scenarios.
        first
            Number of the first of them.

        Returns
        -------
        tuple
            Receipts and costs in draws 1, 2, ..., shape (scenarios, draws - 1, 2, months + 1).
            Mean cash over all draws, shape of `own`. [package currency]
        """
        out = np.repeat(receipts_and_costs(own)[:, None], self.most - 1, axis=1)
        change = np.zeros((len(own), own.shape[1], len(Kind), own.shape[3]))
        for draws, part in self.parts.items():
            values, totals = np.zeros((len(own), len(part.rows), len(MOMENTS))), []
            first_cash, further_cash = np.zeros((2, *change.shape))
            for r in range(draws):
                cash = first_cash if r == 0 else further_cash
                tile = self._draw(part, numbered(first, r, draws), factors, values, cash)
                totals.append(receipts_and_costs(tile.flows))
                # The mean over all draws replaces draw 0.
                sums.stages[:] += (1.0 / draws - (r == 0)) * tile.stages
            change += further_cash / draws - (1.0 - 1.0 / draws) * first_cash
            values /= draws
            for c, row in enumerate(factors.design.T):
                sums.moments[part.rows, :, c] = np.einsum("slq,s->lq", values, row)
            sums.squares[part.rows] = np.einsum("sl,sl->l", values[:, :, PV], values[:, :, PV])
            for r in range(1, self.most):
                if r % draws:
                    out[:, r - 1] += totals[r % draws] - totals[0]
        for c, row in enumerate(factors.design.T):
            sums.mean[..., c] += np.einsum("sgkm,s->gkm", change, row)
        return out, own + (change if own.shape[2] == len(Kind) else _sides(change))

    def weigh(
        self, total: np.ndarray, weights: np.ndarray, factors: Factors, first: int, groups: int
    ) -> None:
        """Replace weighted present values of draw 0 by those of all draws.

        Parameters
        ----------
        total
            Weighted sums by loan, in which replicated loans are filled, shape (measures, loans).
            [package currency]
        weights
            Weights of the draws of the package, shape (measures, scenarios, draws).
        factors
            Systematic factors of the scenarios.
        first
            Number of the first of them.
        groups
            Number of groups of loans.
        """
        count = weights.shape[1]
        for draws, part in self.parts.items():
            total[:, part.rows] = 0.0
            for r in range(draws):
                values = np.zeros((count, len(part.rows), len(MOMENTS)))
                cash = np.zeros((count, groups, len(Kind), len(self.discount)))
                self._draw(part, numbered(first, r, draws), factors, values, cash)
                own = weights[:, :, r::draws].sum(axis=2)
                total[:, part.rows] += np.einsum("ks,si->ki", own, values[:, :, PV])

    def _draw(
        self,
        part: _Part,
        number: np.uint64,
        factors: Factors,
        values: np.ndarray,
        cash: np.ndarray,
    ) -> Tile:
        """Return one draw of some loans; add to the values of their paths and to cash."""
        count, groups, kinds, columns = cash.shape
        loans, stages = len(part.rows), (len(Stage), columns, factors.design.shape[1])
        tile = Tile(
            np.empty((count, groups, 2, columns)),
            np.zeros((groups, kinds, columns, 0)),
            np.zeros((loans, len(MOMENTS), 0)),
            np.zeros(stages),
            np.zeros((count, 0, 2, columns)),
            np.zeros((0, loans, 4)),
            values,
            cash,
        )
        simulate_tile(
            part.package,
            part.collection,
            factors,
            RunTerms(self.discount, self.servicing, self.seed),
            number,
            tile,
            new_work_arrays(part.package, groups, kinds, columns - 1),
        )
        return tile


@dataclass(frozen=True)
class _Part:
    """Package of the loans with equally many draws; `rows` are their numbers in the model."""

    rows: np.ndarray
    package: Package
    collection: CollectionTables


def _part(model: Model, chosen: np.ndarray) -> _Part:
    """Return some loans as a package."""
    table_of = np.repeat(np.arange(len(model.collection.policy)), np.diff(model.collection.begin))
    rows, count = np.unique(table_of[chosen], return_counts=True)
    taken = {
        name: np.ascontiguousarray(values[rows])
        for name, values in model.collection._asdict().items()
        if name not in ("begin", "placement")
    }
    # Totals of placements are not known by loan: no table belongs to a placement here.
    collection = CollectionTables(
        begin=np.append(0, np.cumsum(count)).astype(np.int64),
        placement=np.full(len(rows), -1, dtype=np.int64),
        **taken,
    )
    package = model.package._replace(loans=model.package.loans[chosen])
    return _Part(np.flatnonzero(chosen), package, collection)


def receipts_and_costs(flows: np.ndarray) -> np.ndarray:
    """Return receipts and costs of cash by group and kind, shape (scenarios, 2, months + 1)."""
    inflow = KIND_IS_INFLOW if flows.shape[2] == len(Kind) else np.array([True, False])
    sums = np.zeros((len(flows), 2, flows.shape[3]))
    add_receipts_and_costs(flows.transpose(0, 3, 2, 1), inflow, sums[:, 0], sums[:, 1])
    return sums


def _sides(flows: np.ndarray) -> np.ndarray:
    """Return receipts and costs by group, shape (scenarios, groups, 2, months + 1)."""
    sides = np.zeros((*flows.shape[:2], 2, flows.shape[3]))
    for kind, inflow in enumerate(KIND_IS_INFLOW):
        sides[:, :, 0 if inflow else 1] += flows[:, :, kind]
    return sides
