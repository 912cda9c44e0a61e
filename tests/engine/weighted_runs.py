"""Weighted and replicated runs of a small package, and the check that they foot."""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.core.layout import TILE
from npl_sim.engine.replicates import Replicates, VarianceReduction
from npl_sim.stats.discount import discount_factors
from tests.builders.runs import AUCTION, MARKET, POLICY, Sampler
from tests.builders.studies import loan, study

COUNT = 4 * TILE + 21


STRESS = [
    {"name": "bad", "overlays": [{"factor": "*", "multiplier": 0.8, "volatility_multiplier": 1.5}]}
]


def package(folder, numbers, policy=POLICY, **sections):
    """Return a case of some loans out of sixteen, in two segments."""
    rows = [loan(i, principal=300 + 200 * i, segment="ab"[i % 2]) for i in numbers]
    items = [
        {
            "collateral_id": f"C{i}",
            "loan_id": f"L{i:06d}",
            "kind": "house",
            "appraisal_value": 400 + 100 * i,
        }
        for i in numbers
        if i % 3 == 0
    ]
    settings = {
        "simulation": {
            "scenarios": COUNT,
            "horizon_months": 30,
            "seed": 7,
            "threads": 2,
            "detail": "kinds",
        },
        "pricing": {"required_return": 0.1, "servicing_rate": 0.02},
        "market": MARKET | {"stresses": STRESS},
        "collateral": {"house": AUCTION},
    }
    for name, section in sections.items():
        settings[name] = settings[name] | section if isinstance(section, dict) else section
    return study(folder, rows, policy, items, **settings)


def discount_of(flows):
    return discount_factors(flows.discount_rate, flows.months, flows.cash_timing)


def present_values(flows):
    """Return the present value of each scenario and draw."""
    return (flows.every("net") @ discount_of(flows)).reshape(flows.scenarios, flows.draws)


def foots(flows):
    """Compare headline, kinds, groups, loans and scenarios, to nine digits."""
    headline = flows.sample.mean(present_values(flows)).value
    by_cell = np.einsum("mkg,m->kg", flows.mean_by_kind, discount_of(flows))
    if flows.streams_from is not None:
        rows = list(flows.source.rows("pv_by_kind", "pv_by_group"))
        by_kind, by_group = (
            np.concatenate([r[n] for _, r in rows]) for n in ("pv_by_kind", "pv_by_group")
        )
    else:
        cells = np.einsum("smkg,m->skg", flows.mean_amounts, discount_of(flows))
        by_kind, by_group = cells.sum(axis=2), cells.sum(axis=1)
    totals = {
        "kinds": by_cell.sum(axis=1).sum(),
        "loans": flows.loans["pv_mean"].sum(),
        "scenarios by kind": flows.sample.average(by_kind).sum(),
        "scenarios by group": flows.sample.average(by_group).sum(),
    }
    for name, total in totals.items():
        assert total == pytest.approx(headline, rel=1e-9), name
    of_loans = flows.loans.groupby(flows.loans["segment"])["pv_mean"].sum()
    for column, group in enumerate(flows.groups):
        assert of_loans[group] == pytest.approx(by_cell[:, column].sum(), rel=1e-9)
        assert flows.sample.average(by_group)[column] == pytest.approx(
            by_cell[:, column].sum(), rel=1e-9
        )
    receipts, costs = flows.loans["received_mean"].sum(), flows.loans["costs_mean"].sum()
    assert receipts + costs == pytest.approx(flows.mean_by_kind.sum(), rel=1e-9)
    everything = flows.every("received").reshape(flows.scenarios, flows.draws, -1).sum(axis=2)
    assert flows.sample.mean(everything).value == pytest.approx(receipts, rel=1e-9)
    assert flows.stage_gbv.sum(axis=0) == pytest.approx(
        np.full(flows.months + 1, flows.gbv), rel=1e-9
    )
    assert not flows.sample.is_plain and flows.sample.weights.min() >= 0.0


def sampler_in(folder):
    """Return a sampler of a package of 16 loans."""
    return Sampler(package(folder, range(16)))


def replicates_of(sampler):
    principal = sampler.model.package.loans["principal"]
    return Replicates(np.where(principal >= 2000, 4, np.where(principal >= 1200, 2, 1)))


HOW = ("plain", "sharpened", "repeated")


def reduction(sampler, how):
    """Return the variance reduction of a run as an argument of `Sampling`."""
    if how == "plain":
        return {}
    replicates = replicates_of(sampler) if how == "repeated" else None
    return {"variance_reduction": VarianceReduction(replicates)}


def run(sampler, keep, how, scenarios=COUNT, **more):
    study = sampler.resized(detail=keep)
    return sampler.run(7, scenarios, study=study, **reduction(sampler, how), **more)
