"""Known answers for the reference implementation: generator, fees, scenario, tables, package."""

from __future__ import annotations

import math
import zlib

import numpy as np
import pytest
from scipy import special, stats

from npl_sim.core.layout import GUARANTOR, Kind, Stage, Stream
from npl_sim.core.record_links import ASSET
from npl_sim.legal.fees import FeeSchedule
from npl_sim.market.spec import Market
from npl_sim.policy.collection import Collection
from npl_sim.policy.policy import Policy
from tests.builders.loan_paths import auction, fee_row, item, loan, no_fees, quantiles, terms

from . import (
    PackageInput,
    collection_tables,
    conditions_of,
    draw,
    factor_paths,
    fee,
    month,
    philox4x32,
    run_package,
)
from .basics import plain
from .conditions import cholesky
from .tables import running_paid


def key_of(name: str) -> int:
    return zlib.crc32(name.encode()) << 16


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0, 0, 0), (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
def test_philox_gives_the_published_vectors(counter, key, expected):
    assert " ".join(f"{w:08x}" for w in philox4x32(counter, key)) == expected


def test_an_address_fills_the_counter_and_the_key():
    outputs = philox4x32((7, 0xDDCCBBAA, 0x11223344, (8 << 24) | 5), (0x9ABCDEF0, 0x12345678))
    uniforms = draw(0x123456789ABCDEF0, 7, 0x11223344DDCCBBAA, Stream.COLLATERAL, 5)
    assert uniforms == tuple((w + 0.5) / 2**32 for w in outputs)


def test_months_cover_half_open_intervals():
    assert [month(t) for t in (-0.5, 0.0, 1e-12, 0.2, 1.0, 1.0 + 1e-12, 1.1)] == [
        0,
        0,
        0,
        1,
        1,
        1,
        2,
    ]


def test_fee_rows_agree_with_the_schedule():
    brackets = [{"up_to": 10_000, "fixed": 50}, {"up_to": 100_000, "rate": 0.025}, {"rate": 0.01}]
    schedule = FeeSchedule.model_validate({"brackets": brackets, "cap": 3000})
    row = plain(fee_row(schedule))
    for amount in (1.0, 10_000.0, 10_001.0, 60_000.0, 100_000.0, 150_000.0, 1e6):
        assert fee(row, amount) == pytest.approx(schedule.fee(amount), rel=1e-12)
    assert fee(row, 0.0) == 0.0
    assert fee(row, 60_000.0) == pytest.approx(50 + 1250)
    assert fee(plain(fee_row(FeeSchedule())), 1e6) == 0.0


def test_a_calm_world_follows_its_drift_and_its_stress():
    market = Market.model_validate(
        {
            "indices": [{"region": "east", "drift": 0.12}, {"region": "west"}],
            "stresses": [
                {
                    "name": "slump",
                    "overlays": [{"factor": "index:e*", "multiply": 0.8, "drift_shift": -0.12}],
                },
                {
                    "name": "strike",
                    "overlays": [{"factor": "congestion", "months": [2, 4], "path": [1.0, 2.0]}],
                },
            ],
        }
    )
    paths = factor_paths(market, ["slump", "strike"], 6, 1, 0, key_of)
    conditions = conditions_of(market, paths, 1.0, 0.0)
    assert conditions.index[0] == pytest.approx([1.0] + [0.8] * 6)
    assert conditions.index[1] == [1.0] * 7
    assert conditions.congestion == pytest.approx([1, 1, 1, 1.5, 2, 2, 2])
    assert conditions.up == conditions.down == conditions.sale_up == [1.0] * 7


def moving_market(**more):
    return Market.model_validate(
        {
            "indices": [
                {"volatility": 0.2, "mean_reversion": 0.5},
                {"region": "west", "volatility": 0.1},
            ],
            "cooperation": {"volatility": 0.3, "persistence": 0.8},
            "index_correlation": 0.6,
            **more,
        }
    )


def test_factors_have_the_variances_of_their_processes():
    paths = factor_paths(moving_market(), [], 24, 1, 0, key_of)
    reverting, walking = paths["index:*/*"], paths["index:west/*"]
    assert reverting.v[24] == pytest.approx(0.04 / (2 * 0.5) * (1 - math.exp(-2 * 0.5 * 2)))
    assert walking.v[24] == pytest.approx(0.01 * 2)
    assert paths["cooperation"].v[24] == pytest.approx(0.09 * (1 - 0.8**48))
    first = special.ndtri(draw(1, 0, key_of("cooperation"), Stream.FACTOR, 0)[0])
    assert paths["cooperation"].x[1] == pytest.approx(0.3 * 0.6 * first)


def test_student_t_shakes_all_factors_by_one_variable_and_keeps_the_margin():
    copula = {"kind": "student_t", "degrees_of_freedom": 4}
    calm = factor_paths(moving_market(), [], 12, 9, 3, key_of)
    shaken = factor_paths(moving_market(copula=copula), [], 12, 9, 3, key_of)
    w = stats.chi2.ppf(draw(9, 3, 0, Stream.FACTOR_MIXING, 0)[0], 4)
    for name in ("cooperation", "index:west/*"):
        sd = math.sqrt(calm[name].v[12])
        y = calm[name].x[12] * math.sqrt(4 / w) / sd
        assert shaken[name].x[12] == pytest.approx(sd * stats.norm.ppf(stats.t.cdf(y, 4)))
    assert shaken["congestion"].x == [0.0] * 13


def test_cholesky_survives_factors_that_are_one():
    matrix = [[1.0, 1.0, 0.5], [1.0, 1.0, 0.5], [0.5, 0.5, 1.0]]
    lower = np.array(cholesky(matrix))
    assert lower @ lower.T == pytest.approx(np.array(matrix))


def test_tables_follow_the_worker_of_the_month():
    call = {"channel": "call", "contacts_per_month": 4, "cost_per_contact": 2}
    collection = Collection.model_validate(
        {
            "months": 4,
            "settle_hazard": 0.01,
            "channels": [
                call | {"settle_per_contact": 0.01, "half_life": 12, "reach_per_contact": 0.1}
            ],
            "agencies": [
                {
                    "name": "A",
                    "from_month": 2,
                    "months": 1,
                    "commission": 0.3,
                    "monthly_fee": 5,
                    "channels": [
                        {"channel": "visit", "contacts_per_month": 1, "pay_per_contact": 0.1}
                    ],
                }
            ],
            "settlement_discount": {"ages": [0, 10], "shares": [0.0, 0.5]},
        }
    )
    rows = collection_tables(collection, age=3.0, horizon=6)
    assert rows.settle == pytest.approx(
        [
            0,
            0.01 + 0.04 * 0.5 ** (3.5 / 12),
            0.01 + 0.04 * 0.5 ** (4.5 / 12),
            0.01,
            0.01 + 0.04 * 0.5 ** (6.5 / 12),
            0,
            0,
        ]
    )
    assert rows.cost == [0, 8, 8, 5, 8, 0, 0]
    assert rows.commission == [0, 0, 0, 0.3, 0, 0, 0]
    assert rows.pay == pytest.approx([0, 0, 0, 1 - math.exp(-0.1), 0, 0, 0])
    assert rows.discount == pytest.approx([0, 0.2, 0.25, 0.3, 0.35, 0, 0])
    assert rows.reach == pytest.approx(0.3)


def test_a_curve_on_the_clock_of_default_is_conditional_on_age():
    outputs = {"months": [10, 20], "cumulative": [0.5, 0.6], "clock": "default"}
    rows = collection_tables(Collection.model_validate({"curve": outputs}), age=8.0, horizon=24)
    assert rows.pay[1] == pytest.approx(0.05 / 0.6)
    assert sum(rows.pay) == pytest.approx(0.2 / 0.6)


def test_a_package_adds_up_its_ledgers():
    policy = Policy.model_validate(
        {
            "name": "p",
            "collection": {"settle_hazard": 0.05, "payment_rate": 0.02},
            "sale": {"month": 10, "unsecured_price": 0.1, "cooperation_loading": 1.0},
        }
    )
    loans = np.array(
        [loan(key=1, group=0), loan(key=9, borrower=8, group=1, principal=500.0, accrual=0.01)]
    )
    package = run_package(
        PackageInput(
            loans,
            np.array([item()]),
            np.zeros(0, GUARANTOR),
            np.zeros(0, ASSET),
            np.array([terms(frailty=1, sale_unsecured_price=(0.1,) * 7)]),
            np.array([auction()]),
            np.array(no_fees()),
            quantiles(),
            [policy],
            moving_market(),
            [],
            horizon=12,
            seed=5,
            scenarios=20,
            key_of=key_of,
            discount=[1.0] * 13,
            servicing_rate=0.1,
            groups=2,
        )
    )
    by_loan = package.flows.sum(axis=(0, 1, 2))
    assert package.moments[:, 0] == pytest.approx(by_loan)
    assert package.moments[:, 2] + package.moments[:, 3] == pytest.approx(by_loan)
    assert package.moments[:, 3] == pytest.approx(-0.1 * package.moments[:, 2])
    assert package.exposure.sum(axis=1) == pytest.approx([1500.0] * 13)
    assert package.exposure[0, Stage.COLLECTION] == 1500.0
    assert package.exposure[10:, Stage.CLOSED] == pytest.approx([1500.0] * 3)
    assert np.count_nonzero(package.flows[:, 11:]) == 0
    assert np.count_nonzero(package.flows[:, 10, Kind.SALE]) > 0


def test_the_mean_share_paid_is_the_curve_where_borrowers_pay_well():
    """A curve that ends at 80 % under a cooperation of 40 %; 1,500 scenarios, five standard
    errors.
    """
    market = Market.model_validate({"cooperation": {"volatility": 0.4, "persistence": 0.9}})
    curve = {"months": [6, 12], "cumulative": [0.5, 0.8]}
    rows = collection_tables(Collection.model_validate({"curve": curve}), age=0.0, horizon=12)
    paths = (factor_paths(market, (), 12, 5, s, key_of) for s in range(1500))
    paid = np.array([running_paid(rows, conditions_of(market, path, 1.0, 0.0)) for path in paths])
    for month_, share in ((3, 0.25), (6, 0.5), (12, 0.8)):
        error = paid[:, month_].std(ddof=1) / math.sqrt(len(paid))
        assert abs(paid[:, month_].mean() - share) < 5 * error
    assert paid.max() <= 1.0
