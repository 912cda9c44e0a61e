"""Deals that are probably unintended are warned of or refused, with key, value and what was
expected; sound ones are not."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from pydantic import ValidationError

from npl_sim.core.errors import NplSimError
from npl_sim.securitization.waterfall.waterfall import run_deal
from npl_sim.study.deal_file import load_deal
from npl_sim.study.flow_file import load_flows
from tests.builders.deals import annual, before_last, deal, deal_terms, deal_texts, run_texts
from tests.deal.test_shipped import DEALS, NAMES

WRONG = Path(__file__).parents[3] / "shared" / "cases" / "deals" / "wrong"
SHORTFALL = {"kind": "interest_shortfall", "name": "short", "tranches": ["senior"]}
CCR = {"kind": "collection_ratio", "name": "ccr", "below": 0.9}
PLAN = {"kind": "mean"}


def changed(path, value, **changes):
    """Return the words of the plain deal with one value set."""
    found = copy.deepcopy(deal_terms(**changes))
    at = found
    *before, last = path
    for key in before:
        at = at[key]
    at[last] = value
    return found


SENIOR = {"name": "senior", "balance": 100.0, "coupon": {"kind": "fixed", "rate": 0.1}}
MEZZ = {"name": "mezz", "balance": 30.0, "coupon": {"kind": "fixed", "rate": 0.12}}
REST = {"kind": "residual", "payee": "seller"}
RETURN = {"kind": "fixed_return", "name": "return", "tranche": "mezz", "rate": 0.1}


def order(*steps, claims=(), **changes):
    named = [
        {"kind": kind, ("of" if kind == "pay" else "to"): list(to), **more}
        for kind, to, more in steps
    ]
    return deal_terms(
        tranches=[SENIOR, MEZZ], claims=list(claims), steps=[*named, REST], **changes
    )


def step(kind, *to, **more):
    return kind, to, more


GOOD = (
    step("interest", "senior"),
    step("principal", "senior"),
    step("interest", "mezz"),
    step("principal", "mezz"),
)
PLAIN = (step("interest", "senior", "mezz"),)

DOUBTFUL = {
    "coupon far too high": (
        changed(("tranches", 0, "coupon", "rate"), 0.4),
        "tranches.0.coupon.rate: got 0.4, that is 40% a year",
    ),
    "no notes": (
        deal_terms(tranches=[{**t, "balance": 0.0} for t in deal_terms()["tranches"]]),
        "tranches: balances sum to 0.00 CNY, so that nothing is issued",
    ),
    "a call for nothing": (
        deal_terms(
            business_plan=PLAN,
            clean_up_call={
                "tranches": ["senior"],
                "below": 0.1,
                "price": {"kind": "plan_left", "share": 0.0},
            },
        ),
        "clean_up_call.price.share: got 0, so that the package is given away",
    ),
    "steps from after closing": (
        changed(
            ("tranches", 0, "coupon"),
            {"kind": "stepped", "steps": [{"since": "2024-06-30", "rate": 0.05}]},
        ),
        "tranches.0.coupon.steps.0.since: got 2024-06-30, after closing on 2023-12-31",
    ),
    "a step after the end": (
        changed(
            ("tranches", 0, "coupon"),
            {
                "kind": "stepped",
                "steps": [
                    {"since": "2023-12-31", "rate": 0.05},
                    {"since": "2026-12-31", "rate": 0.06},
                ],
            },
        ),
        "tranches.0.coupon.steps.1.since: got 2026-12-31, not before legal_final 2026-12-31",
    ),
    "cap below the spread": (
        deal_terms(
            index={"kind": "flat", "rate": 0.02},
            tranches=[
                {**SENIOR, "coupon": {"kind": "floating", "spread": 0.02, "cap": 0.01}},
                MEZZ,
            ],
            steps=order(*GOOD)["steps"],
        ),
        "tranches.0.coupon.cap: got 0.01, not above the spread of 0.02",
    ),
    "spread far too high": (
        deal_terms(
            index={"kind": "flat", "rate": 0.02},
            tranches=[{**SENIOR, "coupon": {"kind": "floating", "spread": 0.4}}, MEZZ],
            steps=order(*GOOD)["steps"],
        ),
        "tranches.0.coupon.spread: got 0.4",
    ),
    "index far too high": (
        deal_terms(index={"kind": "flat", "rate": 0.35}),
        "index.rate: got 0.35, that is 35%",
    ),
    "price in percent": (
        changed(("tranches", 1, "price"), 99.0),
        "tranches.1.price: got 99, that is 9900% of par",
    ),
    "notes above the pool": (
        deal_terms(pool_balance=110.0),
        "balances sum to 120.00 CNY, more than the pool_balance of 110.00",
    ),
    "principal before interest": (
        order(step("principal", "senior"), *GOOD),
        "steps.0: repays principal of 'senior' before its interest, which steps.1 pays",
    ),
    "junior principal first": (
        order(*PLAIN, step("principal", "mezz"), step("principal", "senior")),
        "steps.1.to: pays principal of 'mezz' before principal of 'senior'",
    ),
    "junior first in one step": (
        order(*PLAIN, step("principal", "mezz", "senior")),
        "pays principal of 'mezz' before principal of 'senior'",
    ),
    "junior interest first": (
        order(step("interest", "mezz"), *GOOD),
        "steps.0.to: pays interest of 'mezz' before interest of 'senior'",
    ),
    "junior return first": (
        order(step("pay", "return"), *GOOD, claims=[RETURN]),
        "steps.0.of: pays 'return', the return of 'mezz', before principal of 'senior'",
    ),
    "trigger that nothing reads": (
        deal_terms(triggers=[SHORTFALL]),
        "triggers.0.name: got 'short', which no condition and no event_of_default reads",
    ),
    "order that is never used": (
        deal_terms(steps_after_default=deal_terms()["steps"]),
        "steps_after_default: is never used",
    ),
    "limit in percent": (
        deal_terms(
            triggers=[{**CCR, "below": 90.0}], business_plan=PLAN, event_of_default=["ccr"]
        ),
        "triggers.0.below: got 90, that is 9000% of plan",
    ),
    "schedule above the balance": (
        order(
            *PLAIN,
            step("principal", "senior", amount={"kind": "scheduled", "amounts": [60.0, 60.0]}),
            step("principal", "mezz"),
        ),
        "steps.1.amount.amounts: sum to 120.00, more than the balance of 'senior', 100.00",
    ),
    "schedule below the balance": (
        order(
            *PLAIN,
            step("principal", "senior", amount={"kind": "scheduled", "amounts": [60.0]}),
            step("principal", "mezz"),
        ),
        "sum to 60.00 of the balance of 'senior', 100.00, and no other step repays the rest",
    ),
    "target that stays": (
        order(
            *PLAIN,
            step(
                "principal",
                "senior",
                amount={"kind": "target_balance", "points": [{"payment": 1, "share": 0.2}]},
            ),
            step("principal", "mezz"),
        ),
        "leave 20% of 'senior' for good",
    ),
    "end of month moves the first payment": (
        deal_terms(
            schedule={
                "first_payment": "2024-12-15",
                "frequency_months": 12,
                "calendar": "none",
                "end_of_month": True,
            }
        ),
        "schedule.first_payment: got 2024-12-15, which end_of_month moves to 2024-12-31",
    ),
    "month end without end_of_month": (
        deal_terms(
            schedule={"first_payment": "2024-06-30", "frequency_months": 3, "calendar": "none"}
        ),
        "schedule.first_payment: got 2024-06-30, a month end, but later payments are on day 30",
    ),
    "one day at the end": (
        deal_terms(legal_final="2027-01-01"),
        "legal_final: got 2027-01-01, 1 day after the payment date of 2026-12-31",
    ),
    "one day at the beginning": (
        deal_terms(closing_date="2024-12-30"),
        "1 days after closing_date 2024-12-30",
    ),
    "long first period": (
        deal_terms(
            closing_date="2023-12-31",
            schedule={"first_payment": "2024-12-31", "frequency_months": 3, "calendar": "none"},
        ),
        "366 days after closing_date",
    ),
    "call at half": (
        deal_terms(
            clean_up_call={"tranches": ["senior"], "below": 0.5, "price": {"kind": "notes"}}
        ),
        "clean_up_call.below: got 0.5",
    ),
    "call on the last date": (
        deal_terms(
            clean_up_call={
                "tranches": ["senior"],
                "below": 0.1,
                "first_date": 3,
                "price": {"kind": "notes"},
            }
        ),
        "clean_up_call.first_date: got 3",
    ),
    "swap without a floater": (
        deal_terms(
            index={"kind": "flat", "rate": 0.02},
            hedges=[
                {
                    "kind": "swap",
                    "name": "irs",
                    "fixed": 0.03,
                    "notional": {"kind": "of_balance", "tranches": ["senior"]},
                }
            ],
            steps=before_last({"kind": "pay", "of": ["irs"]}),
        ),
        "hedges.0: a swap 'irs', but no tranche floats",
    ),
    "target that nothing fills": (
        deal_terms(
            accounts=[
                {
                    "name": "r",
                    "initial": 1.0,
                    "target": {"kind": "fixed", "amount": 1.0},
                    "sweep": True,
                }
            ]
        ),
        "accounts.0.target: no reserve step fills 'r'",
    ),
    "accelerated in the normal order": (
        deal_terms(
            triggers=[SHORTFALL],
            event_of_default=["short"],
            steps_after_default=deal_terms()["steps"],
            steps=[
                {**deal_terms()["steps"][0], "when": {"kind": "accelerated"}},
                *deal_terms()["steps"],
            ],
        ),
        "steps.0.when: got accelerated, which is never true in steps",
    ),
    "condition after the end": (
        deal_terms(
            steps=[
                {**deal_terms()["steps"][0], "when": {"kind": "from_payment", "number": 9}},
                *deal_terms()["steps"],
            ]
        ),
        "steps.0.when: got from_payment 9; expected at most 3",
    ),
    "plan above the pool": (
        deal_terms(
            business_plan={
                "kind": "points",
                "points": [{"date": "2026-12-31", "cumulative": 501.0}],
            }
        ),
        "business_plan.points: expect 501.00, more than the pool_balance",
    ),
    "cap of nothing": (
        deal_terms(
            steps=[
                {**deal_terms()["steps"][0], "caps": [{"kind": "per_date", "amount": 0.0}]},
                *deal_terms()["steps"],
            ]
        ),
        "steps.0.caps.0.amount: got 0, so that the step never pays",
    ),
    "interest that waits for its principal": (
        changed(("steps", 0, "when"), {"kind": "redeemed", "tranches": ["senior"]}),
        "steps.0.when: pays interest of 'senior' only once its principal is repaid",
    ),
    "reserve of most of the notes": (
        deal_terms(
            accounts=[
                {
                    "name": "r",
                    "target": {"kind": "share_of", "tranches": ["senior"], "share": 0.6},
                    "sweep": True,
                }
            ],
            steps=before_last({"kind": "reserve", "account": "r"}),
        ),
        "accounts.0.target.share: got 0.6",
    ),
    "reserve of many times": (
        deal_terms(
            accounts=[
                {
                    "name": "r",
                    "target": {"kind": "multiple", "tranches": ["senior"], "times": 50},
                    "sweep": True,
                }
            ],
            steps=before_last({"kind": "reserve", "account": "r"}),
        ),
        "accounts.0.target.times: got 50 times",
    ),
    "fixed reserve of most of the notes": (
        deal_terms(
            accounts=[{"name": "r", "target": {"kind": "fixed", "amount": 61.0}, "sweep": True}],
            steps=before_last({"kind": "reserve", "account": "r"}),
        ),
        "accounts.0.target.amount: got 61.00, more than half of the notes (120.00)",
    ),
    "call of nothing": (
        deal_terms(
            clean_up_call={"tranches": ["senior"], "below": 0.0, "price": {"kind": "notes"}}
        ),
        "clean_up_call.below: got 0, so that it is never called",
    ),
    "a century": (
        deal_terms(legal_final="2126-12-31"),
        "legal_final: got 2126-12-31, 103 years after closing_date",
    ),
    "old cut-off": (
        deal_terms(cutoff_date="2020-12-31"),
        "cutoff_date: got 2020-12-31, 3.0 years before closing_date",
    ),
    "payments every two years": (
        deal_terms(
            schedule={"first_payment": "2024-12-31", "frequency_months": 24, "calendar": "none"}
        ),
        "schedule.frequency_months: got 24",
    ),
    "share of the cash first": (
        deal_terms(steps=[{"kind": "excess_share", "share": 0.3}, *deal_terms()["steps"]]),
        "steps.0.share: pays 30% of the cash at hand to 'servicer' before principal of 'senior'",
    ),
    "trigger after the end": (
        deal_terms(triggers=[{**SHORTFALL, "first_test": 9}], event_of_default=["short"]),
        "triggers.0.first_test: got 9; expected at most 3",
    ),
    "trigger on a date after the end": (
        deal_terms(
            triggers=[{"kind": "from_date", "name": "late", "date": "2030-01-01"}],
            event_of_default=["late"],
        ),
        "triggers.0.date: got 2030-01-01",
    ),
    "trigger that holds at once": (
        deal_terms(
            triggers=[{"kind": "balance", "name": "b", "tranches": ["senior"], "at_most": 1.0}],
            event_of_default=["b"],
        ),
        "triggers.0.at_most: got 1, which holds from the first date",
    ),
    "plan of many times the mean": (
        deal_terms(business_plan={"kind": "mean", "factor": 80.0}),
        "business_plan.factor: got 80",
    ),
    "swap above the notes": (
        deal_terms(
            index={"kind": "flat", "rate": 0.02},
            hedges=[
                {
                    "kind": "swap",
                    "name": "irs",
                    "fixed": 0.03,
                    "notional": {"kind": "schedule", "amounts": [500.0]},
                }
            ],
            steps=before_last({"kind": "pay", "of": ["irs"]}),
        ),
        "hedges.0.notional.amounts: go to 500.00, more than the notes (120.00)",
    ),
    "accelerated without a default": (
        deal_terms(
            steps=[
                {**deal_terms()["steps"][0], "when": {"kind": "accelerated"}},
                *deal_terms()["steps"],
            ]
        ),
        "steps.0.when: got accelerated, but event_of_default names no trigger",
    ),
    "fee of a tenth of the pool": (
        deal_terms(
            claims=[
                {"kind": "fee", "name": "f", "amounts": [{"kind": "per_date", "amount": 51.0}]}
            ],
            steps=before_last({"kind": "pay", "of": ["f"]}),
        ),
        "claims.0.amounts.0.amount: got 51.00",
    ),
}


@pytest.mark.parametrize("name", DOUBTFUL)
def test_doubtful_deals_are_reported_with_key_and_value(name):
    the_terms, text = DOUBTFUL[name]
    found = deal_texts(deal(**the_terms))
    assert any(text in line for line in found), found
    assert all("expected" in line or "never" in line for line in found)


LIMITS = {
    "advance": (
        {"kind": "advance_rate", "of": "pool_balance", "at_most": 25.0},
        "limits.0.at_most: got 25, that is 2500%",
    ),
    "cover": ({"kind": "net_cover", "at_least": 120.0}, "limits.0.at_least: got 120 times"),
    "interest cover": (
        {"kind": "interest_cover", "at_least": 200.0},
        "limits.0.at_least: got 200 times",
    ),
}


@pytest.mark.parametrize("name", LIMITS)
def test_limits_of_sizes_in_percent_are_reported(name):
    limit, text = LIMITS[name]
    found = deal_texts(deal(structure={"size": [{"tranche": "senior", "limits": [limit]}]}))
    assert any(line.startswith("structure.size.0.") and text in line for line in found), found


REFUSED = {
    "negative fixed": (
        changed(("tranches", 0, "coupon", "rate"), -0.02),
        "tranches.0.coupon.rate: got -0.02, a negative fixed coupon",
    ),
    "negative step": (
        changed(
            ("tranches", 0, "coupon"),
            {
                "kind": "stepped",
                "steps": [
                    {"since": "2020-01-01", "rate": 0.02},
                    {"since": "2025-01-01", "rate": -0.001},
                ],
            },
        ),
        "tranches.0.coupon.steps.1.rate: got -0.001",
    ),
    "circle of one": (
        changed(("steps", 1, "when"), {"kind": "redeemed", "tranches": ["senior"]}),
        "steps.1.when: principal of 'senior' is never paid",
    ),
    "circle of two": (
        order(
            *PLAIN,
            step("principal", "senior", when={"kind": "redeemed", "tranches": ["mezz"]}),
            step(
                "principal",
                "mezz",
                when={"kind": "not", "of": {"kind": "outstanding", "tranches": ["senior"]}},
            ),
        ),
        "(circular)",
    ),
    "circle inside all": (
        changed(
            ("steps", 1, "when"),
            {
                "kind": "all",
                "of": [
                    {"kind": "from_payment", "number": 1},
                    {"kind": "redeemed", "tranches": ["senior"]},
                ],
            },
        ),
        "(circular)",
    ),
    "empty source": (
        deal_terms(
            accounts=[{"name": "dead"}],
            steps=[{**deal_terms()["steps"][0], "sources": ["dead"]}, *deal_terms()["steps"][1:]],
        ),
        "steps.0.sources: got dead alone, which nothing fills",
    ),
    "swept source": (
        deal_terms(
            accounts=[{"name": "dead", "initial": 5.0, "sweep": True}],
            steps=[{**deal_terms()["steps"][0], "sources": ["dead"]}, *deal_terms()["steps"][1:]],
        ),
        "which nothing fills",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_senseless_deals_are_refused(name):
    the_terms, text = REFUSED[name]
    with pytest.raises(ValidationError) as caught:
        deal(**the_terms)
    assert text in str(caught.value)


def test_a_residual_to_nobody_is_refused():
    with pytest.raises(ValidationError, match="payee"):
        deal(**deal_terms(steps=[*deal_terms()["steps"][:-1], {"kind": "residual", "payee": ""}]))


def test_sound_deals_give_no_cause():
    waits = {"kind": "redeemed", "tranches": ["senior"]}
    either = {"kind": "any", "of": [waits, {"kind": "from_payment", "number": 2}]}
    sound = (
        deal_terms(),
        order(*GOOD),
        order(*PLAIN, step("principal", "senior", "mezz", order="pro_rata")),
        order(*PLAIN, step("principal", "mezz", when=waits), step("principal", "senior")),
        changed(("steps", 1, "when"), either),
        order(*GOOD[:2], step("pay", "return"), *GOOD[2:], claims=[RETURN]),
        order(
            step("pay", "return", caps=[{"kind": "per_date", "amount": 0.1}]),
            *GOOD,
            claims=[RETURN],
        ),
        changed(("tranches", 1, "price"), 1.5),
        deal_terms(
            legal_final="2026-12-30",
            schedule={
                "first_payment": "2024-06-30",
                "frequency_months": 3,
                "calendar": "none",
                "end_of_month": False,
            },
        ),
        deal_terms(
            schedule={
                "first_payment": "2024-06-30",
                "frequency_months": 3,
                "calendar": "none",
                "end_of_month": True,
            }
        ),
        deal_terms(
            triggers=[SHORTFALL],
            event_of_default=["short"],
            steps_after_default=deal_terms()["steps"],
        ),
        deal_terms(
            accounts=[{"name": "r", "initial": 5.0}],
            steps=[{**deal_terms()["steps"][0], "sources": ["r"]}, *deal_terms()["steps"]],
        ),
    )
    for item in sound:
        assert deal_texts(deal(**item)) == ()


def test_a_negative_index_is_no_fault():
    tranches = [{**SENIOR, "coupon": {"kind": "floating", "spread": 0.01, "floor": None}}, MEZZ]
    the_deal = deal(
        index={"kind": "flat", "rate": -0.05}, tranches=tranches, steps=order(*GOOD)["steps"]
    )
    assert deal_texts(the_deal) == ()


def test_notes_of_multiples_of_the_cash_are_reported():
    (line,) = run_texts(run_deal(deal(), annual(20, 20, 20)))
    assert "balances sum to 120.00 CNY, 2.0 times the mean net collections of 60.00" in line
    assert run_texts(run_deal(deal(), annual(30, 30, 20))) == ()


def test_a_balance_in_another_unit_than_the_flows_is_reported():
    (line,) = run_texts(run_deal(deal(pool_balance=1e6), annual(60, 60, 60)))
    assert "pool_balance: got 1,000,000.00 CNY, of which 180.00 (0.018%) are collected" in line
    assert run_texts(run_deal(deal(pool_balance=9e4), annual(60, 60, 60))) == ()


def test_fees_that_take_most_of_the_cash_are_reported():
    fee = {"kind": "fee", "name": "f", "amounts": [{"kind": "per_date", "amount": 21.0}]}
    the_deal = deal(claims=[fee], steps=before_last({"kind": "pay", "of": ["f"]}))
    (line,) = run_texts(run_deal(the_deal, annual(40, 40, 40)))
    assert (
        "fees and other claims are paid 63.00 CNY in the mean, 52% of net collections of 120.00"
        in line
    )
    assert run_texts(run_deal(the_deal, annual(43, 43, 43))) == ()


@pytest.mark.parametrize("name", NAMES)
def test_shipped_deals_are_reported_of_estimated_holidays_alone(name):
    found = deal_texts(load_deal(DEALS / f"{name}.yaml"))
    assert all(
        line.startswith("schedule.calendar: china_interbank has announced") for line in found
    )
    assert len(found) == name.startswith("gongyuan")


SILENT = (
    "02_circular_condition",
    "06_notes_exceed_pool",
    "08_interest_twice_pays_principal_before_interest",
    "09_percent_coupon",
    "12_source_account_never_filled",
    "13_trigger_never_used",
    "14_junior_paid_before_senior",
    "17_scheduled_sums_over_balance",
    "18_first_payment_not_month_end",
    "24_account_initial_gt_proceeds",
)


@pytest.mark.skipif(not WRONG.is_dir(), reason="../shared/cases is not there")
@pytest.mark.parametrize("path", sorted(WRONG.glob("*.yaml")), ids=lambda p: p.stem)
def test_no_wrong_deal_is_silent(path):
    try:
        the_deal = load_deal(path)
    except NplSimError as error:
        assert str(path) in str(error)
        assert any(word in str(error) for word in ("expected", "missing", "did you mean"))
        return
    assert path.stem in SILENT
    flows = load_flows(DEALS / "three_tranche.flows.yaml", scenarios=60)
    found = (*deal_texts(the_deal), *run_texts(run_deal(the_deal, flows)))
    assert found


def test_a_study_is_reported_of_the_terms_of_its_deal():
    """The same warnings, at their keys below `deal`, when a study is read: `validate`, `price` and
    `tranche` say them."""
    from types import SimpleNamespace

    from npl_sim.study.deal_checks import _terms

    (issue,) = _terms(
        SimpleNamespace(deal=deal(**changed(("tranches", 0, "coupon", "rate"), 0.4)))
    )
    assert issue.path == ("deal", "tranches", 0, "coupon", "rate")
    assert issue.severity == "warning"
    assert issue.message.startswith("got 0.4, that is 40% a year")
    assert (
        list(_terms(SimpleNamespace(deal=None)))
        == []
        == list(_terms(SimpleNamespace(deal=deal())))
    )


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        (("tranches", 0, "coupon", "rate"), 4.0, "coupon"),
        (("tranches", 0, "coupon", "rate"), 1.01, "coupon"),
    ],
)
def test_a_rate_above_100_percent_is_refused(path, value, key):
    with pytest.raises(ValidationError, match="less than or equal to 1") as caught:
        deal(**changed(path, value))
    assert key in str(caught.value)
