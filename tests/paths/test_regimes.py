"""The shipped regimes: their published numbers, their sources, and a third by data alone."""

from __future__ import annotations

import math
import re
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from npl_sim.legal.limitation import limitation_left, period_months
from npl_sim.legal.regime import ContactCap, LegalRegime, QuietHours
from npl_sim.study.checks import study_issues
from npl_sim.study.model import Study
from tests.builders.shipped import RESOURCES, text_of

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((RESOURCES / "legal").glob("*.yaml"))


def terms(text):
    return YAML(typ="safe").load(text)


def regime(name):
    text = text_of(f"legal/{name}.yaml")
    return LegalRegime.model_validate(terms(text))


def study(legal):
    return Study.model_validate(
        {
            "name": "a",
            "valuation_date": "2026-06-30",
            "tape": {"loans": "tape.csv"},
            "policies": [{"name": "p"}],
            "simulation": {"scenarios": 2},
            "legal": legal,
        }
    )


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_shipped_regimes_leave_nothing_unsaid(path):
    """Each key is in the file, rules carry sources, and what is assumed is warned of."""
    data = terms(path.read_text(encoding="utf-8"))
    assert set(data) == set(LegalRegime.model_fields)
    legal = LegalRegime.model_validate(data)
    assert legal.as_of and len(legal.sources) >= 10 and legal.reserve_source
    assert all(rule.source for rule in legal.limitation)
    assert all(getattr(legal, n).source for n in LegalRegime.model_fields if n.endswith("_fee"))
    found = study_issues(study(legal))
    assert not [f for f in found if f.severity == "error"]
    assumed = sum("assumption" in source for source in legal.sources)
    assert sum(f.path[:2] == ("legal", "sources") for f in found) == assumed > 0
    assert ("legal", "quiet_hours") in [f.path for f in found]


def test_china_s_schedules_give_the_published_fees():
    """Decree 481, arts 13 and 14."""
    legal = regime("china")
    assert legal.court_fee.fee(1e6) == pytest.approx(13_800)
    assert legal.enforcement_fee.fee(5e6) == pytest.approx(52_400)
    assert legal.preservation_fee.fee(100_000) == pytest.approx(1_020)
    assert legal.preservation_fee.fee(895_999) < 5_000
    assert (
        legal.preservation_fee.fee(896_000)
        == legal.preservation_fee.fee(9e6)
        == pytest.approx(5_000)
    )
    assert legal.court_fee.fee(1e6) * legal.payment_order_fee_factor == pytest.approx(4_600)


# The published short forms of Decree 481: upper end, rate, constant.
COURT = (
    (1e4, 0.0, 50),
    (1e5, 0.025, -200),
    (2e5, 0.02, 300),
    (5e5, 0.015, 1_300),
    (1e6, 0.01, 3_800),
    (2e6, 0.009, 4_800),
    (5e6, 0.008, 6_800),
    (1e7, 0.007, 11_800),
    (2e7, 0.006, 21_800),
    (math.inf, 0.005, 41_800),
)
ENFORCEMENT = (
    (1e4, 0.0, 50),
    (5e5, 0.015, -100),
    (5e6, 0.01, 2_400),
    (1e7, 0.005, 27_400),
    (math.inf, 0.001, 67_400),
)
PRESERVATION = ((1e3, 0.0, 30), (1e5, 0.01, 20), (math.inf, 0.005, 520))
LADDERS = {
    "court_fee": COURT,
    "arbitration_fee": COURT,
    "enforcement_fee": ENFORCEMENT,
    "preservation_fee": PRESERVATION,
}


@pytest.mark.parametrize("name", LADDERS)
def test_china_s_ladders_meet_decree_481_around_every_boundary(name):
    """Each bracket below, at and above its end; the last far above, so that no ladder may stop
    early.
    """
    schedule = getattr(regime("china"), name)
    cap = 5_000 if name == "preservation_fee" else math.inf
    lower = 0.0
    for upper, rate, constant in LADDERS[name]:
        end = lower * 50 + 1e3 if math.isinf(upper) else upper
        for amount in (lower + 0.01, 0.5 * (lower + end), end):
            assert schedule.fee(amount) == pytest.approx(min(rate * amount + constant, cap)), (
                amount
            )
        lower = upper


@pytest.mark.parametrize(
    ("claim", "fee"),
    [(1e6, 13_800), (2e6, 22_800), (5e6, 46_800), (1e7, 81_800), (2e7, 141_800), (1e8, 541_800)],
)
def test_an_arbitration_in_china_costs_what_the_court_would(claim, fee):
    legal = regime("china")
    assert legal.arbitration_fee.fee(claim) == legal.court_fee.fee(claim) == pytest.approx(fee)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_a_tariff_that_is_taken_as_the_court_s_is_the_court_s_whole_ladder(path):
    legal = LegalRegime.model_validate(terms(path.read_text(encoding="utf-8")))
    assert legal.arbitration_fee.source == "assumption: as the court's"
    assert legal.arbitration_fee.brackets == legal.court_fee.brackets


def test_china_s_interest_for_delay_is_the_published_one():
    """SPC 2014: 0.0175 % a day, so 63,875 on 1,000,000 in 365 days."""
    assert 1e6 * regime("china").judgment_delay_rate == pytest.approx(63_875)


def test_china_s_periods():
    legal = regime("china")
    assert legal.enforcement_window_months == 24 and legal.limitation_long_stop_months == 240
    assert period_months(legal.limitation, date(2017, 9, 30)) == 24
    assert period_months(legal.limitation, date(2026, 6, 30)) == 36
    starts = np.array(["2015-09-30", "2015-10-02"], dtype="datetime64[D]")
    dead, alive = limitation_left(legal.limitation, starts, date(2017, 10, 1))
    assert dead < 0 and alive == pytest.approx(12, abs=0.05)
    assert (legal.freeze_months["deposit"], legal.freeze_months["immovable"]) == (12, 36)


def test_china_s_caps_on_security_and_floors_of_reserves():
    legal = regime("china")
    assert (legal.security_cap(before_suit=False), legal.security_cap(before_suit=True)) == (
        0.3,
        1.0,
    )
    assert [legal.reserve_floor(k) for k in range(4)] == [0.7, 0.56, 0.56, 0.56]
    assert LegalRegime().reserve_floor(0) == 0


@pytest.mark.parametrize(
    ("claim", "fee"),
    [
        (1_100, 43),
        (1_101, 98),
        (5_200, 98),
        (26_000, 237),
        (52_000, 518),
        (260_000, 759),
        (520_000, 1_214),
        (520_001, 1_686),
        (1e7, 1_686),
    ],
)
def test_italy_s_contributo_unificato(claim, fee):
    """D.P.R. 115/2002 art. 13; half of it for interim proceedings and payment orders."""
    legal = regime("italy")
    assert legal.court_fee.fee(claim) == pytest.approx(fee)
    assert legal.preservation_fee.fee(claim) == pytest.approx(fee / 2)
    assert legal.payment_order_fee_factor == 0.5


def test_italy_s_lowest_offers_follow_from_the_articles():
    """C.p.c. 591 cuts the price by a quarter, after the fourth round by half; 571 permits an offer
    a quarter below.
    """
    prices = [1, 0.75, 0.75**2, 0.75**3, 0.75**3 / 2]
    assert regime("italy").reserve_floors == pytest.approx([0.75 * p for p in prices])


def test_italy_s_usury_threshold_follows_from_the_average_rate():
    """Law 108/1996: 1.25 times the average plus 4 points, at most 8 above it; personal loans 10.90
    % on average.
    """
    assert regime("italy").accrual_cap == pytest.approx(min(1.25 * 0.1090 + 0.04, 0.1090 + 0.08))


def test_the_guide_s_third_regime_loads_and_binds():
    page = (ROOT / "docs" / "regimes.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    legal = LegalRegime.model_validate(terms(block))
    assert (legal.court_fee.fee(9_000), legal.court_fee.fee(20_000)) == (75, 225)
    data = study(legal).model_dump()
    data["policies"][0]["collection"]["contact_methods"] = [
        {"method": "call", "contacts_per_month": 31, "hours": [9, 22]}
    ]
    errors = [f.text for f in study_issues(Study.model_validate(data)) if f.severity == "error"]
    assert len(errors) == 2
    assert "1006.14" in errors[0] and "at most 7" in errors[0] and "1006.6" in errors[1]


def test_the_guide_s_table_names_every_rule():
    page = (ROOT / "docs" / "regimes.md").read_text(encoding="utf-8")
    for name in set(LegalRegime.model_fields) - {"name", "as_of", "sources", "reserve_source"}:
        assert f"`{name}`" in page, name


@pytest.mark.parametrize(
    ("hours", "first", "last", "overlap"),
    [
        ((22, 8), 9, 18, False),
        ((22, 8), 8, 22, False),
        ((22, 8), 7.5, 18, True),
        ((22, 8), 9, 22.5, True),
        ((12, 14), 9, 12, False),
        ((12, 14), 14, 18, False),
        ((12, 14), 9, 18, True),
    ],
)
def test_quiet_hours_wrap_midnight(hours, first, last, overlap):
    assert QuietHours(begin=hours[0], end=hours[1], rule="").overlap(first, last) is overlap


def test_a_cap_caps_something_and_quiet_hours_last():
    with pytest.raises(ValidationError, match="at least one of per_day"):
        ContactCap(method="call", rule="x")
    with pytest.raises(ValidationError, match="two different hours"):
        QuietHours(begin=8, end=8, rule="x")
    with pytest.raises(ValidationError, match="rise"):
        LegalRegime(reserve_floors=(0.5, 0.6))
