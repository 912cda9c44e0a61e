"""Stale and missing inputs, and the value that a committee can defend."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from npl_sim.analysis.data_flags import Flag, data_flags
from npl_sim.analysis.prudence import prudent_value
from npl_sim.analysis.sensitivity import base_of
from npl_sim.runs.case import load_study
from npl_sim.stats import risk
from npl_sim.stats.discount import present_value
from npl_sim.stats.sample import Sample
from npl_sim.valuation.margins import Prudence
from tests.builders.packages import package


def flags_of(case):
    study, flows = base_of(case.study, case.table, case.simulate())
    return {f.name: f for f in data_flags(study, case.table, flows)}, flows


def items(date, value=900):
    return [
        {
            "loan_id": f"L{i:06d}",
            "kind": "residential",
            "region": "east",
            "appraisal_value": value,
            "appraisal_date": date,
        }
        for i in range(0, 12, 2)
    ]


def gap(tmp_path, written, base, name):
    """Mean price of another tape less that of the base, with the error of the paired
    difference."""
    other = package(tmp_path / name, items=items(None, written)).simulate()
    difference = present_value(other.net, 0.1) - present_value(base.net, 0.1)
    return difference.mean(), difference.std(ddof=1) / math.sqrt(len(difference))


def test_a_stale_appraisal_costs_what_a_lower_one_would(tmp_path):
    """Appraised 24 months ago, limit 12: a year beyond the limit costs 5 %. Dates do not move
    values by themselves here (no index drift), so the effect is that of a tape with 95 % of the
    value."""
    case = package(tmp_path / "stale", items=items("2024-06-30", 1000))
    found, flows = flags_of(case)
    flag = found["stale appraisals"]
    years = (
        (pd.Timestamp("2026-06-30") - pd.Timestamp("2024-06-30")).days / (365.25 / 12) - 12
    ) / 12
    dated = [{**i, "appraisal_value": 1000 * 0.95**years} for i in items("2024-06-30", 1000)]
    other = package(tmp_path / "low", items=dated).simulate()
    difference = present_value(other.net, 0.1) - present_value(flows.net, 0.1)
    assert flag.effect < 0.0
    assert abs(flag.effect - difference.mean()) < 4 * difference.std() / math.sqrt(len(difference))
    assert (flag.count, flag.of) == (6, 6) and flag.se > 0.0
    assert "100.0% of appraised value" in flag.detail


def test_an_appraisal_without_a_date_is_taken_as_two_years_over(tmp_path):
    found, flows = flags_of(package(tmp_path / "a", items=items("", 1000)))
    mean, se = gap(tmp_path, 1000 * 0.95**2, flows, "b")
    assert abs(found["appraisals without a date"].effect - mean) < 4 * se
    assert "stale appraisals" not in found


def test_fresh_inputs_draw_no_flag(tmp_path):
    case = package(tmp_path, items=items("2026-05-01"))
    found, _ = flags_of(case)
    assert not {"stale appraisals", "appraisals without a date", "documents missing"} & set(found)


def test_collateral_without_a_value_is_counted(tmp_path):
    found, _ = flags_of(
        package(tmp_path, items=[*items("2026-05-01"), {**items("")[0], "appraisal_value": ""}])
    )
    assert found["collateral without a value"].count == 1


def test_missing_documents_take_a_share_of_their_loans(tmp_path):
    case = package(
        tmp_path, loan1={"documents_missing": "yes"}, loan4={"documents_missing": "yes"}
    )
    found, flows = flags_of(case)
    worth = flows.loans["pv_mean"].iloc[[1, 4]].sum()
    assert found["documents missing"].effect == pytest.approx(-0.1 * worth)
    assert (found["documents missing"].count, found["documents missing"].of) == (2, 12)


def test_limitation_that_is_not_known(tmp_path):
    """As time-barred, a claim is worth what the same tape with limitation run out says."""
    legal = {
        "limitation": [{"months": 36, "source": "Civil Code art. 188"}],
        "as_of": "2026-01-01",
    }
    messages = {f"loan{i}": {"limitation_left_months": 20} for i in range(12) if i != 5}
    case = package(tmp_path / "a", legal=legal, **messages)
    flag = flags_of(case)[0]["limitation date not known"]
    assert (
        flag.count == 1
        and math.isnan(flag.effect)
        and "no_limitation_date: time_barred" in flag.detail
    )
    strict = load_study(
        tmp_path / "a" / "study.yaml", {"prudence.limits.no_limitation_date": "time_barred"}
    )
    found, flows = flags_of(strict)
    barred = package(
        tmp_path / "b", legal=legal, **messages, loan5={"limitation_left_months": -1}
    ).simulate()
    difference = present_value(barred.net, 0.1) - present_value(flows.net, 0.1)
    assert found["limitation date not known"].effect < 0.0
    assert (
        abs(found["limitation date not known"].effect - difference.mean())
        < 4 * difference.std() / 20 + 1e-9
    )


@pytest.mark.parametrize(
    ("sections", "name", "options"),
    [
        (
            {"tape": {"cut_off_date": "2025-06-30"}},
            "stale balances",
            "2025-06-30 is 12 months before",
        ),
        (
            {"legal": {"as_of": "2020-06-30", "limitation": [{"months": 36, "source": "a law"}]}},
            "law read long ago",
            "2020-06-30 is 72 months",
        ),
        ({"market": {"as_of": "2024-06-30"}}, "old view of the market", "2024-06-30 is 24 months"),
        ({"market": {}}, "old view of the market", "is not given; not determined"),
    ],
)
def test_old_dates_are_reported(tmp_path, sections, name, options):
    found, _ = flags_of(package(tmp_path, **sections))
    assert options in found[name].detail and math.isnan(found[name].effect)


def priced(best=1000.0, se=10.0, pv=None):
    pv = np.linspace(800.0, 1200.0, 401) if pv is None else pv
    return SimpleNamespace(
        mean=SimpleNamespace(value=best, se=se), pv=pv, sample=Sample.plain(len(pv))
    )


def value_of(second=None, stress=(), flags=(), se=10.0, **options):
    study = SimpleNamespace(prudence=Prudence.model_validate(options), stress=stress)
    stresses = pd.DataFrame({"stress": ["slump", "boom"], "change": [-200.0, 50.0]})
    return prudent_value(study, priced(se=se), flags, stresses, second)


ALL = [
    {"kind": "add_on", "source": "titles", "share": 0.03},
    {"kind": "stress", "source": "prices", "stress": "slump", "weight": 0.2},
    {"kind": "stress", "source": "upside", "stress": "boom"},
    {"kind": "sampling", "multiple": 1.5},
    {"kind": "second_method", "weight": 0.5},
]


def test_margins_by_hand():
    """3 % of 1,000; 20 % of 200; nothing for a stress that helps; 1.5 x 10; half of 1,000 -
    940."""
    found = value_of(margins=ALL, second=940.0)
    assert found.margins["amount"].tolist() == pytest.approx([30, 40, 0, 15, 30])
    assert found.combined == pytest.approx(115) and found.value == pytest.approx(885)
    squares = value_of(margins=ALL, second=940.0, combine="root_sum_square")
    assert squares.combined == pytest.approx(math.sqrt(30**2 + 40**2 + 15**2 + 30**2))


def test_a_second_method_above_takes_nothing_and_one_not_run_says_so():
    assert value_of(margins=ALL[4:], second=1100.0).combined == 0.0
    found = value_of(margins=ALL[4:])
    assert found.combined == 0.0 and found.margins["note"][0] == "the second method was not run"


def test_a_stress_already_applied_has_no_margin():
    found = value_of(
        margins=[{"kind": "stress", "source": "x", "stress": "queue"}], stress=("queue",)
    )
    assert found.combined == 0.0 and found.margins["note"][0] == "already applied"


@pytest.mark.parametrize("combine", ["sum", "root_sum_square"])
def test_a_margin_on_an_unknown_error_leaves_the_value_undetermined(combine):
    """One scenario has no known error: a margin of some errors is not nothing, and the value is
    not the best estimate.
    """
    margins = [
        {"kind": "sampling", "multiple": 2.0},
        {"kind": "add_on", "source": "x", "share": 0.1},
    ]
    found = value_of(se=math.nan, margins=margins, combine=combine, quantile=0.25)
    assert math.isnan(found.combined) and math.isnan(found.value)
    assert "cannot be estimated" in found.margins["note"].iloc[0]


def test_flags_with_an_effect_come_off_and_the_cap_binds():
    flags = (
        Flag("a", "", 1, 1, -50.0, 1.0),
        Flag("b", "", 0, 0, math.nan, math.nan),
        Flag("c", "", 1, 1, 20.0, 1.0),
    )
    found = value_of(flags=flags)
    assert found.data == -50.0 and found.value == 950.0 and found.cap is None
    capped = value_of(flags=flags, quantile=0.25)
    cap = risk.quantile(np.linspace(800.0, 1200.0, 401), 0.25).value
    assert capped.value == capped.cap == cap < 950.0
