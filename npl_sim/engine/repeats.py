"""Several draws of the loans that matter, in one world.

Given the systematic factors of a scenario, loans are independent luck, but for those that share a borrower, a
group, a collateral or a guarantor. Most of that luck comes from a few large loans, so these are drawn again in
the same world: loan i in all `draws[i]` times, a power of two, and loans that share luck equally often. Draw r
of the package takes draw ``r % draws[i]`` of each loan. Given the factors every draw of the package has the law
of the first one, so the mean over the draws of anything that is computed from a package's cash is an unbiased
estimate with less of single loans' luck in it; different scenarios stay independent.

Draw 0 is the run itself and is not changed. The draws of a loan are stratified, each random number taking one value
in each of `draws[i]` equal parts (`kernels.rng.turned`): what depends on one number at a time is averaged out. They
are functions of (seed, scenario, loan, draw) and depend neither on who draws nor on which other loans are drawn again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from npl_sim.engine.lower import Model
from npl_sim.flows.sums import add_receipts_and_costs
from npl_sim.kernels.books import Cohorts, Package
from npl_sim.kernels.package import Factors, Tile, new_scratch, simulate_tile
from npl_sim.kernels.rng import numbered
from npl_sim.layout import KIND_IS_INFLOW, MOMENTS, Kind, Stage

__all__ = ["MOST_DRAWS", "Repeater", "Repeats", "linked", "receipts_and_costs"]

MOST_DRAWS = 32
"""Draws of one loan in one world, at most."""

SIDES = 2
"""Receipts and costs."""


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
        if draws.min(initial=1) < 1 or draws.max(initial=1) > MOST_DRAWS or np.any(draws & (draws - 1)):
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
    shared = package.terms["region_rho"][loans["policy"]] > 0.0
    pairs = [
        (own, loans["borrower"]),
        (own[grouped], loans["group_key"][grouped]),
        (own[shared], loans["region_key"][shared]),
        (np.repeat(own, loans["item_end"] - loans["item_begin"]), package.items["key"]),
        (np.repeat(own, loans["guarantor_end"] - loans["guarantor_begin"]), package.guarantors["key"]),
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
        self.most = repeats.most
        self.parts = {
            int(m): _part(model, repeats.draws == m) for m in np.unique(repeats.draws[repeats.draws > 1])
        }

    def package_draws(self, own: np.ndarray, factors: Factors, first: int) -> np.ndarray:
        """Return the package's cash in draws 1, 2, ... of some scenarios.

        Parameters
        ----------
        own
            Its cash in draw 0, shape (scenarios, 2, months + 1): receipts and costs. [package currency]
        factors
            Systematic factors of the scenarios.
        first
            Number of the first of them.

        Returns
        -------
        numpy.ndarray
            Shape (scenarios, draws - 1, 2, months + 1). [package currency]
        """
        out = np.repeat(own[:, None], self.most - 1, axis=1)
        for draws, part in self.parts.items():
            drawn = [self._draw(part, numbered(first, r, draws), len(own), factors) for r in range(draws)]
            for r in range(1, self.most):
                if r % draws:
                    out[:, r - 1] += drawn[r % draws] - drawn[0]
        return out

    def _draw(
        self, part: tuple[Package, Cohorts], number: np.uint64, count: int, factors: Factors
    ) -> np.ndarray:
        """Return cash of some loans, shape (scenarios, 2, months + 1)."""
        package, cohorts = part
        months = len(self.discount)
        tile = Tile(
            np.empty((count, 1, SIDES, months)),
            np.zeros((1, len(Kind), months)),
            np.zeros((len(package.loans), len(MOMENTS))),
            np.zeros((len(Stage), months)),
            np.zeros((count, 0, 2, months)),
            np.zeros((0, len(package.loans), 4)),
        )
        scratch = new_scratch(package, 1, len(Kind), months - 1)
        simulate_tile(
            package, cohorts, factors, self.discount, self.servicing, self.seed, number, tile, scratch
        )
        return tile.flows[:, 0]


def _part(model: Model, chosen: np.ndarray) -> tuple[Package, Cohorts]:
    """Return some loans as a package of one group."""
    cohort_of = np.repeat(np.arange(len(model.cohorts.policy)), np.diff(model.cohorts.begin))
    rows, count = np.unique(cohort_of[chosen], return_counts=True)
    loans = model.package.loans[chosen]
    loans["group"] = 0
    names = ("policy", "last", "reach", "settle", "cure", "pay", "commission", "cost", "discount",
             "bound", "lift")  # fmt: skip
    taken = {name: np.ascontiguousarray(getattr(model.cohorts, name)[rows]) for name in names}
    cohorts = Cohorts(
        begin=np.append(0, np.cumsum(count)).astype(np.int64),
        group=np.zeros(len(rows), dtype=np.int64),
        # What placements collect in all is not known by loan: nobody asks for it here.
        desk=np.full(len(rows), -1, dtype=np.int64),
        **taken,
    )
    return model.package._replace(loans=loans), cohorts


def receipts_and_costs(flows: np.ndarray) -> np.ndarray:
    """Return cash (scenarios, groups, kinds or 2, months + 1) summed to (scenarios, 2, months + 1)."""
    inflow = KIND_IS_INFLOW if flows.shape[2] == len(Kind) else np.array([True, False])
    sums = np.zeros((len(flows), 2, flows.shape[3]))
    add_receipts_and_costs(flows.transpose(0, 3, 2, 1), inflow, sums[:, 0], sums[:, 1])
    return sums
