"""Several draws of the loans that matter, in one world.

Given the systematic factors of a scenario, loans are independent luck, but for those that share a borrower, a
group, a collateral or a guarantor. Most of that luck comes from a few large loans, so these are drawn again in
the same world: loan i in all `draws[i]` times, a power of two, and loans that share luck equally often. Draw r
of the package takes draw ``r % draws[i]`` of each loan. Given the factors every draw of the package has the law
of the first one, so the mean over the draws of anything that is computed from a package's cash is an unbiased
estimate with less of single loans' luck in it; different scenarios stay independent.

Sums over scenarios, by loan, kind, group and stage, take the mean over the draws of a scenario.

Draw 0 is the run itself and is not changed. The draws of a loan are stratified, each random number taking one value
in each of `draws[i]` equal parts (`kernels.rng.turned`): what depends on one number at a time is averaged out. They
are functions of (seed, scenario, loan, draw) and depend neither on who draws nor on which other loans are drawn again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from npl_sim.cashflows.sums import add_receipts_and_costs
from npl_sim.core.layout import KIND_IS_INFLOW, MOMENTS, Kind, Stage
from npl_sim.engine.compile_model import Model
from npl_sim.engine.sums import PV, Sums
from npl_sim.kernels.context import CollectionTables, Package
from npl_sim.kernels.package import Factors, RunTerms, Tile, new_work_arrays, simulate_tile
from npl_sim.kernels.rng import numbered

__all__ = ["MOST_DRAWS", "Repeater", "Repeats", "linked", "receipts_and_costs"]

MOST_DRAWS = 32
"""Draws of one loan in one world, at most."""


@dataclass(frozen=True)
class Repeats:
    """How often each loan is drawn in each world.

    Attributes
    ----------
    draws
        Powers of two, in the order of the lowered model, shape (loans,).
    """

    draws: np.ndarray

    def __post_init__(self) -> None:
        """Refuse numbers of draws that do not divide one another."""
        draws = self.draws
        if (
            draws.min(initial=1) < 1
            or draws.max(initial=1) > MOST_DRAWS
            or np.any(draws & (draws - 1))
        ):
            raise ValueError(f"draws: expected powers of two from 1 to {MOST_DRAWS}")

    @property
    def most(self) -> int:
        """Draws of the package in each world."""
        return int(self.draws.max(initial=1))

    @property
    def loans(self) -> int:
        """Number of loans drawn more than once."""
        return int((self.draws > 1).sum())

    @property
    def paths(self) -> int:
        """Loan-paths of a scenario: the package's own, and all draws of repeated loans."""
        return len(self.draws) + int(self.draws[self.draws > 1].sum())


def linked(model: Model) -> np.ndarray:
    """Return for each loan the number of the cluster of loans with which it shares luck, shape (loans,)."""
    package = model.package
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
    # Loans and what they share are the two sides of a graph.
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


class Repeater:
    """Draws loans again, tile by tile.

    Parameters
    ----------
    model
        The lowered study.
    repeats
        How often each loan is drawn.
    discount
        Discount factors, shape (months + 1,).
    servicing
        Servicer's share of receipts.
    seed
        Seed of the run.
    """

    def __init__(
        self, model: Model, repeats: Repeats, discount: np.ndarray, servicing: float, seed: int
    ) -> None:
        self.discount = discount
        self.servicing = servicing
        self.seed = np.uint64(seed)
        self.repeats = repeats
        self.most = repeats.most
        self.parts = {
            int(m): _part(model, repeats.draws == m)
            for m in np.unique(repeats.draws[repeats.draws > 1])
        }

    def draw(
        self, own: np.ndarray, sums: Sums, factors: Factors, first: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Draw loans again in some scenarios, and put means over the draws of a scenario into their sums.

        Parameters
        ----------
        own
            The package's cash in draw 0, shape (scenarios, groups, kinds or 2, months + 1). [package currency]
        sums
            Sums over these scenarios of draw 0; changed to those of means over the draws.
        factors
            Systematic factors of the scenarios.
        first
            Number of the first of them.

        Returns
        -------
        tuple
            Receipts and costs of the package in draws 1, 2, ..., shape (scenarios, draws - 1, 2, months + 1),
            and cash as the mean over all draws, shape of `own`. [package currency]
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
                # The mean over all draws takes the place of draw 0.
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
        """Put weighted sums of the present values of all draws in the place of those of draw 0.

        Parameters
        ----------
        total
            Weighted sums by loan, those of repeated loans to be filled, shape (measures, loans). [package currency]
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
        """Return some loans' receipts, costs and stages in one draw; add to the values of paths and to cash."""
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
        work = new_work_arrays(part.package, groups, kinds, columns - 1)
        simulate_tile(
            part.package,
            part.collection,
            factors,
            RunTerms(self.discount, self.servicing, self.seed),
            number,
            tile,
            work,
        )
        return tile


@dataclass(frozen=True)
class _Part:
    """Loans that are drawn equally often, as a package of their own; `rows` are their numbers in the whole one."""

    rows: np.ndarray
    package: Package
    collection: CollectionTables


def _part(model: Model, chosen: np.ndarray) -> _Part:
    """Return some loans as a package."""
    table_of = np.repeat(np.arange(len(model.collection.policy)), np.diff(model.collection.begin))
    rows, count = np.unique(table_of[chosen], return_counts=True)
    names = ("policy", "group", "last", "reach", "settle", "cure", "pay", "commission", "cost", "discount",
             "bound", "lift")  # fmt: skip
    taken = {name: np.ascontiguousarray(getattr(model.collection, name)[rows]) for name in names}
    collection = CollectionTables(
        begin=np.append(0, np.cumsum(count)).astype(np.int64),
        # What placements collect in all is not known by loan: nobody asks for it here.
        placement=np.full(len(rows), -1, dtype=np.int64),
        **taken,
    )
    package = model.package._replace(loans=model.package.loans[chosen])
    return _Part(np.flatnonzero(chosen), package, collection)


def receipts_and_costs(flows: np.ndarray) -> np.ndarray:
    """Return cash (scenarios, groups, kinds or 2, months + 1) summed to (scenarios, 2, months + 1)."""
    inflow = KIND_IS_INFLOW if flows.shape[2] == len(Kind) else np.array([True, False])
    sums = np.zeros((len(flows), 2, flows.shape[3]))
    add_receipts_and_costs(flows.transpose(0, 3, 2, 1), inflow, sums[:, 0], sums[:, 1])
    return sums


def _sides(flows: np.ndarray) -> np.ndarray:
    """Return cash by kind summed to receipts and costs, shape (scenarios, groups, 2, months + 1)."""
    sides = np.zeros((*flows.shape[:2], 2, flows.shape[3]))
    for kind, inflow in enumerate(KIND_IS_INFLOW):
        sides[:, :, 0 if inflow else 1] += flows[:, :, kind]
    return sides
