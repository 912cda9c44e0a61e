"""Inputs of the benchmarks: the shipped study over synthetic tapes, compiled for every peer."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from npl_sim.core.layout import MOMENTS, TILE, Kind, Stage
from npl_sim.engine.compile_model import Model, compile_model
from npl_sim.engine.sale_months import exit_months
from npl_sim.kernels.package import Factors, RunTerms, Tile, new_work_arrays, simulate_tile
from npl_sim.market.factors import FactorModel
from npl_sim.runs.comparison import switched_off
from npl_sim.runs.study_session import StudySession, load_study
from npl_sim.stats.discount import discount_factors
from npl_sim.study.model import Study
from npl_sim.tape.synthetic import write_tape

__all__ = ["STUDY", "Inputs", "load_case", "load_core", "prepare", "total_of", "without"]

STUDY = Path(__file__).parents[1] / "configs" / "studies" / "first_package.yaml"
VALUATION_DATE = date(2026, 6, 30)
TAPE_SEED = 7


@functools.cache
def load_case(loans: int, **settings: Any) -> StudySession:
    """Return the shipped study over a synthetic tape of `loans` loans, with its tape read.

    Two underscores separate the keys of a setting, as in `simulation__scenarios=64`.
    """
    overrides = {key.replace("__", "."): value for key, value in settings.items()}
    with tempfile.TemporaryDirectory() as folder:
        tape = write_tape(Path(folder), loans, TAPE_SEED, VALUATION_DATE)
        overrides["tape"] = {**tape.model_dump(mode="json"), "on_error": "quarantine"}
        case = load_study(STUDY, overrides)
        case.table  # noqa: B018  (reads the tape while its files exist)
    return case


def without(case: StudySession, part: str = "", rows: pd.Index | None = None) -> StudySession:
    """Return a study without one part (`npl-sim compare --without`), or with some loans only."""
    study = case.study
    if part:
        values = study.model_dump(mode="json")
        for key, value in switched_off(study, part).items():
            *path, last = [int(k) if k.isdigit() else k for k in key.split(".")]
            functools.reduce(lambda at, k: at[k], path, values)[last] = value
        study = Study.model_validate(values)
    other = StudySession(replace(case.loaded, study=study))
    table = case.table
    if rows is not None:
        loans = table.loans.loc[rows]
        table = replace(
            table,
            loans=loans.reset_index(drop=True),
            **{
                name: frame[frame["loan_id"].isin(loans["loan_id"])].reset_index(drop=True)
                for name, frame in (
                    ("collateral", table.collateral),
                    ("guarantors", table.guarantors),
                )
            },
        )
    other.table = table
    return other


OUTSIDE_CORE = ("agencies", "restructuring", "preservation", "guarantors")
"""Parts of the policies that the peers need not follow."""


def load_core(loans: int) -> StudySession:
    """Return the core study of the peers: collection, suit, enforcement, auction and sale."""
    case = load_case(loans)
    for part in OUTSIDE_CORE:
        case = without(case, part=part)
    table = case.table
    return without(case, rows=table.loans.index[table.loans["stage"] != "plan"])


@dataclass(frozen=True)
class Inputs:
    """A compiled package with the factors of some tiles, so that only the simulation is timed.

    Attributes
    ----------
    case, model
        The study with its tape, and their compiled model.
    factors
        Systematic factors of each tile of `TILE` scenarios.
    discount, servicing, seed
        Discount factors, servicing rate and seed for the kernel.
    kept_kinds
        Number of cash kinds stored by scenario: all, or two totals.
    record
        Whether each path of each loan is recorded, as in a pilot run.
    """

    case: StudySession
    model: Model
    factors: tuple[Factors, ...]
    discount: np.ndarray
    servicing: float
    seed: np.uint64
    kept_kinds: int = len(Kind)
    record: bool = False

    @property
    def loan_paths(self) -> int:
        """Loans times scenarios."""
        return len(self.model.package.loans) * TILE * len(self.factors)

    def new_tile(self) -> Tile:
        """Return an empty tile."""
        groups, months = len(self.model.groups), self.model.horizon + 1
        return Tile(
            np.empty((TILE, groups, self.kept_kinds, months)),
            np.zeros((groups, len(Kind), months, 1)),
            np.zeros((len(self.model.package.loans), len(MOMENTS), 1)),
            np.zeros((len(Stage), months, 1)),
            np.zeros((TILE, len(self.model.placements), 2, months)),
            np.zeros((TILE if self.record else 0, len(self.model.package.loans), 4)),
            np.zeros((0, len(self.model.package.loans), len(MOMENTS))),
            np.zeros((0, groups, len(Kind), months)),
        )

    def _each(self, fill: Callable[[Factors, int, Tile], None]) -> list[Tile]:
        tiles = [self.new_tile() for _ in self.factors]
        for number, (factors, tile) in enumerate(zip(self.factors, tiles, strict=True)):
            fill(factors, number * TILE, tile)
        return tiles

    def run_engine(self) -> list[Tile]:
        """Return the tiles that the engine simulates on this thread."""
        model = self.model
        work = new_work_arrays(model.package, len(Kind), model.horizon)

        def fill(factors: Factors, first: int, tile: Tile) -> None:
            simulate_tile(
                model.package,
                model.collection,
                factors,
                RunTerms(self.discount, self.servicing, self.seed),
                np.uint64(first),
                tile,
                work,
            )

        return self._each(fill)

    def run_cpp(self, library: Any) -> list[Tile]:
        """Return the tiles that the C++ peer simulates on this thread."""
        from benchmarks.peers import cpp

        def fill(factors: Factors, first: int, tile: Tile) -> None:
            cpp.simulate_tile(
                library,
                self.model.package,
                self.model.collection,
                factors,
                RunTerms(self.discount, self.servicing, self.seed),
                np.uint64(first),
                tile,
            )

        return self._each(fill)


def prepare(case: StudySession, tiles: int) -> Inputs:
    """Return the inputs of a package for `tiles` tiles of scenarios."""
    study = case.study
    model = compile_model(study, case.table)
    market = FactorModel(study.market, study.stress, model.horizon, study.simulation.seed)
    variance = np.ascontiguousarray(market.cooperation_variance)

    def factors(number: int) -> Factors:
        paths = market.simulate(number * TILE, TILE)
        return Factors(
            paths.index,
            paths.congestion,
            paths.cooperation,
            variance,
            model.loading,
            model.sale_loading,
            model.insolvency_loading,
            exit_months(study.policies, paths, variance, market.names, model.horizon),
            # The peers store plain sums, so the engine does so here.
            np.ones((TILE, 1)),
        )

    return Inputs(
        case=case,
        model=model,
        factors=tuple(factors(number) for number in range(tiles)),
        discount=discount_factors(
            study.pricing.required_return, model.horizon, study.pricing.cash_timing
        ),
        servicing=float(study.pricing.servicing_rate),
        seed=np.uint64(study.simulation.seed),
    )


def total_of(tiles: list[Tile]) -> Tile:
    """Return the sums of tiles and the flows of all their scenarios."""
    return Tile(
        np.concatenate([t.flows for t in tiles]),
        np.sum([t.mean for t in tiles], axis=0),
        np.sum([t.moments for t in tiles], axis=0),
        np.sum([t.stages for t in tiles], axis=0),
        np.concatenate([t.placements for t in tiles]),
        np.concatenate([t.record for t in tiles]),
        np.concatenate([t.values for t in tiles]),
        np.concatenate([t.cash for t in tiles]),
    )
