"""Tables of a package: each sums to the package, and small ones are worked by hand."""

from __future__ import annotations

import dataclasses
import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from npl_sim.analysis.data_flags import Flag
from npl_sim.analysis.package import facts
from npl_sim.analysis.package.borrowers import MOST_BORROWERS, largest_borrowers
from npl_sim.analysis.package.data_findings import data_findings, effect_range
from npl_sim.analysis.package.strata import MOST_ROWS, claim_bands, strata
from npl_sim.analysis.worthless import Worthless
from npl_sim.core.issues import Issue
from npl_sim.tables.findings import Finding
from tests.builders.package_facts import NAN, items_of, loans_of


def test_strata_by_hand():
    loans = loans_of(
        3,
        product=["sme", "card", "sme"],
        gbv=[600.0, 100.0, 300.0],
        free_collateral=[400.0, 0.0, 300.0],
        receipts=[300.0, 10.0, 0.0],
        months_to_cash=[10.0, 40.0, NAN],
        bid_cents=[20_000, 500, 1_500],
        age_years=[0.5, 1.0, NAN],
    )
    frame = strata(loans, package_effect=3_000).set_index(["group", "name"])
    sme = frame.loc["product", "sme"]
    assert (sme["loans"], sme["claim"], sme["share_of_claims"]) == (2, 900.0, 0.9)
    assert sme["collateral_of_claim"] == pytest.approx(700.0 / 900.0)
    assert sme["receipts_of_claim"] == pytest.approx(300.0 / 900.0)
    assert (sme["months_to_cash"], sme["price"]) == (10.0, 215.0)
    assert sme["share_of_price"] == pytest.approx(215.0 / 250.0)
    assert sme["price_of_claim"] == pytest.approx(215.0 / 900.0)
    whole = frame.loc["package", "package"]
    assert whole["price"] == 250.0 and whole["months_to_cash"] == pytest.approx(3400.0 / 310.0)
    assert frame.loc["package effect", "package effect"]["price"] == 30.0
    rows = frame.loc["years"]
    assert rows["low"].tolist() == pytest.approx([-math.inf, 1.0, NAN], nan_ok=True)
    assert rows["claim"].tolist() == [600.0, 100.0, 300.0]
    of_value = frame.loc["loan_to_value"]
    assert of_value["low"].tolist() == pytest.approx([1.0, 1.5, NAN], nan_ok=True)
    assert of_value["claim"].tolist() == [300.0, 600.0, 100.0]


def test_each_group_sums_to_the_package_to_the_cent():
    random = np.random.default_rng(1)
    count = 500
    loans = loans_of(
        count,
        product=random.choice([f"p{i}" for i in range(12)], count),
        region=random.choice(["east", "west", "others", "not given"], count),
        stage=random.choice(["judged", "collection", "plan"], count),
        security=random.choice(["first_rank", "unsecured"], count),
        gbv=np.round(np.exp(random.normal(8.0, 2.0, count)), 2),
        free_collateral=np.where(random.random(count) < 0.5, 0.0, random.random(count) * 1e4),
        receipts=random.random(count) * 100.0,
        bid_cents=random.integers(0, 90_000, count),
        age_years=np.where(random.random(count) < 0.1, NAN, random.random(count) * 8.0),
    )
    city = random.choice([f"c{i}" for i in range(40)], count).astype(object)
    frame = strata(loans, 0, {"city": city})
    whole = frame[frame["group"] == "package"].iloc[0]
    assert set(frame["group"]) >= {"product", "security", "stage", "claim", "years", "city"}
    for group, part in frame.groupby("group"):
        assert len(part) <= MOST_ROWS, group
        assert part["loans"].sum() == count
        for name in ("claim", "free_collateral", "receipts", "price"):
            assert round(100 * part[name].sum()) == round(100 * whole[name]), (group, name)
    assert whole["price"] == int(loans["bid_cents"].sum()) / 100.0
    products = frame[frame["group"] == "product"]["name"].tolist()
    assert len(products) == MOST_ROWS and products[-1] == "others"


def test_a_region_called_others_is_in_the_rest_and_unknown_comes_late():
    loans = loans_of(
        4, region=["others", "east", "not given", "west"], gbv=[900.0, 10.0, 800.0, 20.0]
    )
    frame = strata(loans)
    names = frame[frame["group"] == "region"]["name"].tolist()
    assert names == ["west", "east", "not given", "others"]


def test_bands_of_claims_are_alike_in_loans_and_claims():
    loans = loans_of(100, gbv=np.repeat([3.0, 30.0, 300.0], [90, 9, 1]))
    frame = strata(loans)
    bands = frame[frame["group"] == "claim"]
    # No end lies within a cluster, and each cluster has a band of its own.
    assert bands["loans"].tolist() == [1, 9, 90]
    # With one size in most loans and another in most claims, an end separates the two.
    many = np.concatenate([np.full(1_000, 10.5), np.full(10, 9_000.0)])
    assert any(10.5 < end <= 9_000.0 for end in claim_bands(many))
    even = np.repeat([1.5, 3.0, 7.0, 15.0, 30.0], 20)
    assert claim_bands(even) == (2.0, 5.0, 10.0, 20.0)


def test_bands_of_claims_end_at_round_numbers():
    claims = np.concatenate([np.full(100, 900.0), np.full(50, 21_000.0), np.full(3, 1.9e6)])
    ends = claim_bands(claims)
    assert ends and all(f"{end:e}"[0] in "125" for end in ends)
    assert claims.min() < min(ends) and max(ends) <= claims.max()
    assert claim_bands(np.array([])) == () and claim_bands(np.array([5.0])) == ()


def nothing_of(loans, reason):
    frame = pd.DataFrame({"loan_id": loans, "reason": reason, "gbv": 100.0})
    return Worthless(frame.assign(collateral_value=0.0), 1_000.0, simulated=True)


def test_largest_borrowers_by_hand():
    loans = loans_of(
        4,
        borrower_id=["b", "a", "b", "c"],
        gbv=[100.0, 300.0, 250.0, 50.0],
        region=["east", "west", "north", "east"],
        stage=["judged", "plan", "judged", "plan"],
        guaranteed=[False, False, True, False],
        bid_cents=[1_000, 0, 2_000, 7_000],
        bid_se=[0.5, NAN, 0.25, 1.0],
        receipts=[10.0, 0.0, 30.0, 80.0],
        months_to_cash=[4.0, NAN, 8.0, 1.0],
        age_years=[1.0, 2.0, 3.0, 4.0],
        free_collateral=[5.0, 0.0, 20.0, 0.0],
        time_barred=[True, False, False, False],
        insolvent=[False, True, False, False],
    )
    items = items_of(
        loan_id=["L0", "L2", "L2"], kind=["land", "vehicle", "land"], appraisal_value=[5, 14, 6.0]
    )
    frame = largest_borrowers(
        loans, items, 0, nothing_of(["L1"], "no asset"), pd.Series({"a": "甲"})
    )
    assert frame["borrower_id"].tolist() == ["b", "a", "c"]
    b, a, _ = (row for _, row in frame.iterrows())
    assert (b["claim"], b["loans"], b["regions"], b["stages"]) == (
        350.0,
        2,
        "north; east",
        "judged",
    )
    assert (b["kinds"], b["free_collateral"], b["guaranteed"]) == ("vehicle; land", 25.0, True)
    assert (b["receipts"], b["months_to_cash"], b["years"]) == (40.0, 7.0, 3.0)
    assert (b["price"], b["price_se"], b["share_of_price"]) == (30.0, 0.75, 0.3)
    assert b["anomalies"] == "time_barred" and b["reasons"] == ""
    assert (a["name"], a["kinds"], a["anomalies"]) == ("甲", "", "insolvent; no_value")
    assert a["reasons"] == "no asset" and a["price"] == 0.0 and math.isnan(a["price_se"])
    assert b["name"] == ""


def test_at_most_twenty_borrowers_the_largest_first():
    loans = loans_of(60, gbv=np.arange(60.0) + 1.0)
    frame = largest_borrowers(loans, items_of(loan_id=[], appraisal_value=[]), 0)
    assert len(frame) == MOST_BORROWERS
    assert frame["claim"].tolist() == [60.0 - i for i in range(20)]
    assert frame["rank"].tolist() == list(range(1, 21))


def finding(severity="warning", effect=NAN, gbv=NAN, name="", text="text", count=3):
    return Finding(
        severity, "t.csv", "stage", text, count, (2,), ("x",), name, gbv, effect, message=text
    )


def tape(*findings, aside=0, cents=0):
    part = SimpleNamespace(rows_quarantined=aside, cents_quarantined=cents, rows_unknown=0)
    account = SimpleNamespace(loans=part, collateral=None, guarantors=None)
    return SimpleNamespace(findings=findings, reconciliation=account)


def test_findings_by_topic_with_amount_and_effect():
    study = SimpleNamespace(tape=SimpleNamespace(confirmed=["dormant"]))
    table = tape(
        finding(gbv=7.0, text="small"),
        finding(gbv=70.0, text="large"),
        finding("error", text="wrong"),
        finding(
            effect=-5.0,
            text="read so (loans L1, L2); it may be that not: the value of the package then "
            "changes by -5 CNY (-1.0%)",
        ),
        finding(effect=-90.0, name="dormant", text="paused"),
        dataclasses.replace(
            finding(name="absent.maturity_date", gbv=9.0),
            message="",
            expected="a column: absent, so default counts; it touches all",
        ),
        aside=2,
        cents=12_345,
    )
    flags = (
        Flag("stale appraisals", "old", 4, 9, 3.0, 0.5, 55.0),
        Flag("law", "", 0, 0, NAN, NAN),
    )
    issues = (Issue("warning", "result, sme", "far above"), Issue("warning", "tape", "not here"))
    frame = data_findings(study, table, flags, nothing_of(["L1"], "no asset"), issues)
    assert frame["topic"].tolist() == [
        *("result", "reading", "reading", "input", "input", "set aside", "no value"),
        *("assumed", "error", "warning", "warning"),
    ]
    readings = frame[frame["topic"] == "reading"]
    assert readings["effect"].tolist() == [-90.0, -5.0]
    assert readings["confirmed"].tolist() == [True, False]
    assert readings["finding"].tolist() == ["paused", "read so; it may be that not"]
    by_topic = frame.drop_duplicates("topic").set_index("topic")
    assert by_topic.loc["set aside", ["rows", "amount"]].tolist() == [2, 123.45]
    assert by_topic.loc["no value", ["rows", "amount"]].tolist() == [1, 100.0]
    assert by_topic.loc["input", ["rows", "amount", "effect", "effect_se"]].tolist() == [
        *(4.0, 55.0, 3.0, 0.5)
    ]
    assert by_topic.loc["assumed", "finding"] == "default counts"
    assert math.isnan(by_topic.loc["assumed", "rows"])
    assert by_topic.loc["warning", "finding"] == "large"
    assert frame[frame["topic"].isin(["set aside", "no value"])]["effect"].isna().all()
    # The confirmed reading is no open effect.
    assert effect_range(frame) == (-5.0, 3.0)


def test_names_of_borrowers_come_from_the_banks_columns():
    columns = pd.DataFrame({"客户名称": ["甲", "乙", ""], "城市": ["杭州", "", "宁波"]})
    loans = pd.DataFrame({"borrower_id": ["1", "2", "2"]})
    table = SimpleNamespace(loans=loans, bank_columns=lambda table: columns)
    assert facts.borrower_names(table).to_dict() == {"1": "甲", "2": "乙"}
    assert facts.bank_labels(table, "city").tolist() == ["杭州", "not given", "宁波"]
    assert facts.bank_labels(table, "branch") is None
    bare = SimpleNamespace(loans=loans, bank_columns=lambda table: columns[[]])
    assert facts.borrower_names(bare) is None
