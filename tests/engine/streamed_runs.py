"""A run in memory and its streamed counterpart."""

from __future__ import annotations

from npl_sim.core.layout import TILE
from npl_sim.engine.simulate import simulate
from npl_sim.reports.price.tables import summary, tables
from npl_sim.runs.case import load_study
from tests.builders.studies import study
from tests.engine.test_same_bits import MARKET, POLICIES, tape


def case_loader(tmp_path):
    """Return a reader of a study with every kind of randomness, over an odd number of tiles."""
    loans, items = tape(40)
    size = {
        "scenarios": 5 * TILE + 9,
        "horizon_months": 36,
        "seed": 5,
        "threads": 2,
        "group_by": "region",
    }
    pricing = {
        "servicing_rate": 0.03,
        "target_irr": 0.15,
        "purchase_cost": 0.01,
        "prices": [0, 4000, 9000],
    }
    terms = {"house": {"appraisal_error": 0.1, "drift_volatility": 0.1, "bid_volatility": 0.1}}
    study(
        tmp_path,
        loans,
        POLICIES,
        items,
        market=MARKET,
        collateral=terms,
        simulation=size,
        pricing=pricing,
        buyer={"information_discount": 0.1},
    )

    def loaded(**values):
        return load_study(
            tmp_path / "study.yaml", {k.replace("__", "."): v for k, v in values.items()}
        )

    return loaded


def pair(case, **values):
    """Return the study run in memory and streamed."""
    runs = [case(simulation__detail=keep, **values) for keep in ("totals", "streamed")]
    return runs, [simulate(run.study, run.table) for run in runs]


def same_results(a, b):
    """Compare two priced packages to the last bit, but for notes."""
    one, other = summary(a), summary(b)
    assert one.pop("notes") != other.pop("notes")
    assert one == other
    for name, table in tables(a).items():
        assert table.equals(tables(b)[name]), name
