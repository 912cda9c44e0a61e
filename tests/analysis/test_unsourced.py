"""Share of the value that rests on unsourced figures: by hand on a tiny study."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from npl_sim.analysis.sensitivity import base_of, tornado
from npl_sim.analysis.unsourced import (
    GROUPS,
    effects_of_tornado,
    group_of,
    share_of,
    unsourced_share,
)
from npl_sim.study.figure_sources import figures
from npl_sim.study.loader import load_study
from tests.builders.studies import loan, study
from tests.fuzz.base import CONFIGS

SALE = {"sale": {"month": 12, "unsecured_price": 0.041, "cooperation_loading": 1.0}}


def tiny(folder, sources, **sections):
    """One loan of 1,000, sold in month 12 at a price that follows cooperation; no randomness."""
    return study(
        folder,
        [loan()],
        SALE,
        market={"cooperation": {"volatility": 0.0}},
        simulation={"scenarios": 20, "horizon_months": 24},
        pricing={"required_return": 0.10},
        sources=sources,
        **sections,
    )


PUBLISHED = {"keys": ["policies.*.unsecured_price"], "facts": ["cn_personal_price"]}


def test_the_share_is_that_worked_out_by_hand(tmp_path):
    """Sale and cooperation each move the price by a fifth either way, 0.2 P. Two of three figures
    of the sale and the one of cooperation are unsourced: (2/3 + 1) / 2 of the effects."""
    case = tiny(tmp_path, [PUBLISHED])
    found = unsourced_share(case.study, case.table)
    price = 1000 * 0.041 / 1.10
    rows = found.effects.set_index("input")
    assert list(rows.index) == ["borrowers' cooperation", "prices of a final sale"]
    assert rows["effect"].to_numpy() == pytest.approx([0.2 * price] * 2)
    assert rows["figures"].tolist() == [1, 3] and rows["unsourced"].tolist() == [1, 2]
    assert found.share.value == pytest.approx((2 / 3 + 1) / 2)
    assert found.share.se == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(
    ("sources", "share"),
    [
        ([], 1.0),
        ([{"keys": ["*"], "assumption": "nobody counts it"}], 1.0),
    ],
)
def test_an_assumption_is_no_source(tmp_path, sources, share):
    case = tiny(tmp_path, sources)
    assert unsourced_share(case.study, case.table).share.value == pytest.approx(share)


def test_a_value_that_nothing_moves_has_no_share(tmp_path):
    case = study(tmp_path, [loan()], {"residual_share": 0.0}, simulation={"scenarios": 20})
    assert math.isnan(unsourced_share(case.study, case.table).share.value)


def test_the_error_of_the_share_is_that_of_independent_effects():
    frame = pd.DataFrame(
        {
            "input": ["a", "b"],
            "effect": [3.0, 1.0],
            "se": [0.4, 0.2],
            "figures": [2, 4],
            "unsourced": [2, 1],
        }
    )
    found = share_of(frame, 0.95)
    share = (3.0 + 0.25) / 4.0
    error = math.hypot((1.0 - share) * 0.4, (0.25 - share) * 0.2) / 4.0
    assert found.value == pytest.approx(share) and found.se == pytest.approx(error)
    assert found.low < share < found.high


def test_effects_of_a_bid_book_are_half_the_swing(tmp_path):
    case = tiny(tmp_path, [PUBLISHED])
    cash = case.simulate()
    small, base = base_of(case.study, case.table, cash)
    frame = tornado(small, case.table, base)
    price = case.price().mean.value
    effects = effects_of_tornado(frame, price)
    for name, rows in frame.groupby("lever"):
        swing = abs(rows["price"].iloc[1] - rows["price"].iloc[0])
        assert effects[name][0] == pytest.approx(swing / 2.0, abs=1e-9), name
    reused = unsourced_share(case.study, case.table, effects)
    assert reused.share.value == pytest.approx((2 / 3 + 1) / 2)


def test_known_effects_are_not_measured_again(tmp_path):
    case = tiny(tmp_path, [PUBLISHED])
    known = {"borrowers' cooperation": (0.0, 0.0), "prices of a final sale": (1.0, 0.0)}
    assert unsourced_share(case.study, case.table, known).share.value == pytest.approx(2 / 3)


def test_figures_of_the_shipped_study_that_move_the_mean_belong_to_a_group():
    found = load_study(CONFIGS / "studies" / "first_package.yaml").study
    without = {f.name for f in figures(found) if group_of(f) is None}
    assert without == {
        "market.index_correlation",
        "market.correlations.0.correlation",
        "market.correlations.1.correlation",
        "market.copula.degrees_of_freedom",
        "policies.firms.residual_share",
    }
    assert len({group.name for group in GROUPS}) == len(GROUPS)
