"""Paths of the vectorized peer that are simulated together, and the draws that loans share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.peers.vector_cash import Accumulator, Claim, Quantiles, month_of
from npl_sim.core.layout import Stage
from npl_sim.kernels.context import Package

__all__ = ["CURED", "FILED", "OFFERED", "ON_TAPE", "Chunk", "SharedDraws"]

FILED, OFFERED, CURED, ON_TAPE = 0, 1, 2, 3
"""How a path entered its stage."""


@dataclass(frozen=True)
class SharedDraws:
    """Uniforms or normals of a tile that several loans share, by row of a key and by scenario."""

    borrower: np.ndarray  # row of each loan's borrower; -1 outside collection
    borrower_uniforms: np.ndarray  # (4, borrowers, scenarios)
    group: np.ndarray  # row of each loan's group of connected borrowers, or -1
    group_normal: np.ndarray  # (groups, scenarios)
    region: np.ndarray
    region_normal: np.ndarray
    guarantor: np.ndarray  # row of each GUARANTOR record's guarantor
    guarantor_uniforms: np.ndarray  # (3, guarantors, scenarios)

    @classmethod
    def draw(cls, package: Package, scenarios: int, rng: np.random.Generator) -> SharedDraws:
        """Draw the shared numbers of a tile."""
        loans = package.loans
        collected = loans["stage"] == Stage.COLLECTION
        grouped = collected & (loans["group_key"] != 0)
        borrower, borrowers = _rows(loans["borrower"], collected)
        group, groups = _rows(loans["group_key"], grouped)
        region, regions = _rows(loans["region_key"], collected)
        guarantor, guarantors = _rows(
            package.guarantors["key"], np.ones(len(package.guarantors), dtype=bool)
        )
        return cls(
            borrower,
            rng.random((4, borrowers, scenarios)),
            group,
            rng.standard_normal((groups, scenarios)),
            region,
            rng.standard_normal((regions, scenarios)),
            guarantor,
            rng.random((3, guarantors, scenarios)),
        )


def _rows(keys: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, int]:
    """Return the row of each chosen key among the distinct ones, and their number.

    Keys that are not chosen have row -1.
    """
    names, rows = np.unique(keys[chosen], return_inverse=True)
    row = np.full(len(keys), -1)
    row[chosen] = rows
    return row, len(names)


@dataclass
class Chunk:
    """Paths of some loans of one policy over the scenarios of a tile.

    The path of a loan in a scenario has the number ``loan * scenarios + scenario``.
    """

    loans: np.ndarray  # LOAN records
    terms: np.void  # the policy's TERMS record
    package: Package
    quantiles: Quantiles
    accumulator: Accumulator
    rng: np.random.Generator
    scenarios: int
    end: np.ndarray  # (scenarios,): last simulated month
    sold: np.ndarray  # (scenarios,): whether unresolved loans are sold then
    index: np.ndarray  # (indices, scenarios, months + 1)
    congestion: np.ndarray  # (scenarios, months + 1)
    down: np.ndarray  # (scenarios, months + 1)
    sale_up: np.ndarray  # (scenarios,)
    shared: SharedDraws

    def __post_init__(self) -> None:
        s = self.scenarios
        gbv = self.loans["principal"] + self.loans["interest_and_fees"]
        paths = len(gbv) * s
        self.stage = np.repeat(self.loans["stage"], s)
        self.claim = Claim(
            *(np.repeat(c, s) for c in (self.loans["principal"], self.loans["interest_and_fees"])),
            np.zeros(paths),
            np.zeros(paths),
            np.repeat(gbv, s),
            np.repeat(self.loans["accrual"], s),
            np.where(self.stage == Stage.ENFORCEMENT, 0.0, np.inf),
            float(self.terms["judgment_delay_rate"]),
        )
        self.t = np.zeros(paths)
        self.entry = np.full(paths, ON_TAPE, dtype=np.int8)
        self.barred = np.zeros(paths, dtype=bool)
        self.guarantor_liable = np.ones(paths, dtype=bool)
        self.preserved_at = np.full(paths, -1.0)
        self.deposit = np.zeros(paths)
        self.plan_value = np.full(paths, -1.0)
        self.ends = np.unique(self.end)

    def end_of(self, paths: np.ndarray) -> np.ndarray | int:
        """Return the last month of each path, or one number if all scenarios share it."""
        return int(self.ends[0]) if len(self.ends) == 1 else self.end.take(paths % self.scenarios)

    def stay(self, paths: np.ndarray) -> None:
        """Keep paths in their stages until the end, because the outcome falls after it."""
        self.t[paths] = self.end_of(paths)

    def of_loan(self, field: str, paths: np.ndarray) -> np.ndarray:
        """Return a field of the loan of each path."""
        return self.loans[field].take(paths // self.scenarios)

    def standing(self, stage: Stage) -> np.ndarray:
        """Return the paths that `stage` simulates."""
        paths = np.flatnonzero(self.stage == stage)
        return paths[self.t[paths] < self.end_of(paths)]

    def leave(self, paths: np.ndarray, old: Stage, stage: np.ndarray | int, t: np.ndarray) -> None:
        """Move paths to another stage."""
        stage = np.broadcast_to(stage, paths.shape)
        self.stage[paths] = stage
        self.t[paths] = t
        gone = np.flatnonzero(stage != old)
        self.accumulator.move(paths[gone], old, stage[gone], month_of(t[gone]))

    def slowness(self, paths: np.ndarray, t: np.ndarray) -> np.ndarray:
        """Return the multiplier of legal durations that start at `t`."""
        return self.congestion[paths % self.scenarios, np.maximum(month_of(t), 1)]
