"""When a difference of the two methods counts: beyond four of its own standard errors and beyond a
share of the price."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, t

from npl_sim.analysis import independence
from npl_sim.analysis.independence import AGREE, DIFFER, UNKNOWN, critical_value, second_opinion
from npl_sim.core.layout import Kind
from npl_sim.dcf.value import ExpectedCash
from npl_sim.reports.bid_book.second_method import verdict
from npl_sim.stats.risk import Estimate
from tests.builders.studies import loan, study

MANY = 10**7
"""Scenarios of which Student's t is the normal distribution."""


def estimate(value, se):
    return Estimate(value, se, value - 2 * se, value + 2 * se, 0.95)


def kind_table(simulated, errors):
    """Return present values by kind as a run has them: all kinds, most of them without cash."""
    frame = pd.DataFrame({"kind": [k.name.lower() for k in Kind], "pv": 0.0, "pv_se": math.nan})
    for kind, pv, se in zip((Kind.SETTLEMENT, Kind.COLLATERAL), simulated, errors, strict=True):
        frame.loc[frame["kind"] == kind.name.lower(), ["pv", "pv_se"]] = pv, se
    return frame


def opinion(
    monkeypatch, tmp_path, seconds, *, simulated=(600.0, 400.0), errors=(1.0, 1.0), **known
):
    """Two loans of segments a and b, one unit of cash each in kinds settlement and collateral; the
    numbers are invented.

    `known`: errors of the package, of segments and of kinds, names of the segments, the word
    `group_by`."""
    rows = [loan(i, segment=name) for i, name in enumerate(known.get("names", ("a", "b")))]
    size = {"scenarios": 2, "horizon_months": 12, "group_by": known.get("group_by", "segment")}
    case = study(tmp_path, rows, {}, simulation=size)
    pv = np.zeros((2, len(Kind)))
    pv[0, Kind.SETTLEMENT], pv[1, Kind.COLLATERAL] = seconds
    monkeypatch.setattr(
        independence, "expected_cash", lambda *_: ExpectedCash(np.zeros((13, len(Kind))), pv)
    )
    own = known.get("segments", (1.0, 1.0))
    kinds = known.get("kinds", (1.0, 1.0))
    flows = SimpleNamespace(
        loans=case.table.loans.assign(pv_mean=simulated, pv_se=errors),
        discount_rate=case.study.pricing.required_return,
        cash_timing=case.study.pricing.cash_timing,
    )
    result = SimpleNamespace(
        flows=flows,
        mean=estimate(sum(simulated), known.get("package", 1.0)),
        scenarios=known.get("scenarios", MANY),
        breakdowns={
            "group": pd.DataFrame({"group": ["a", "b"], "pv_se": own}),
            "kind": kind_table(simulated, kinds),
        },
    )
    return second_opinion(case.study, case.table, result)


@pytest.mark.parametrize(
    ("gap", "se", "found"),
    [
        (10.1, 2.5, DIFFER),  # 1.01 % of 1,000 and 4.04 errors
        (9.9, 2.0, AGREE),  # 0.99 %, however significant
        (9.9, 0.0, AGREE),
        (10.1, 2.6, AGREE),  # 3.9 errors
        (-10.1, 2.5, DIFFER),
        (49.0, 4.9, DIFFER),  # ten errors at 4.9 %
        (10.1, 0.0, DIFFER),
        (10.1, math.nan, UNKNOWN),
        (9.9, math.nan, AGREE),
    ],
)
def test_the_package(monkeypatch, tmp_path, gap, se, found):
    """The errors of segments and kinds are so large that only the package can be judged."""
    got = opinion(
        monkeypatch,
        tmp_path,
        (600.0 + gap, 400.0),
        package=se,
        segments=(1e9, 1e9),
        kinds=(1e9, 1e9),
    )
    assert got.flagged == (found == DIFFER)
    assert got.differs == (("package",) if found == DIFFER else ())
    assert got.unknown == (("package",) if found == UNKNOWN else ())
    assert got.difference.value == pytest.approx(gap) and got.share == pytest.approx(gap / 1000.0)
    if se > 0.0:
        assert got.z == pytest.approx(gap / se)
    else:
        assert math.isinf(got.z) if se == 0.0 else math.isnan(got.z)


def test_a_segment_is_judged_by_its_own_value_and_error(monkeypatch, tmp_path):
    """4.4 of segment b's 400 is 1.1 % of it and 0.44 % of the package."""
    far = {"package": 1e9, "kinds": (1e9, 1e9)}
    got = opinion(monkeypatch, tmp_path, (600.0, 404.4), segments=(1e9, 1.0), **far)
    assert got.differs == ("segment b",) and got.flagged
    rows = got.by_segment.set_index("segment")
    assert rows.loc["b", "z"] == pytest.approx(4.4) and rows.loc["b", "share"] == pytest.approx(
        0.011
    )
    assert list(rows["flagged"]) == [False, True] and list(rows["verdict"]) == [AGREE, DIFFER]
    assert not opinion(monkeypatch, tmp_path, (600.0, 404.4), segments=(1e-9, 1.2), **far).flagged
    assert not opinion(monkeypatch, tmp_path, (600.0, 403.9), segments=(1e9, 1e-9), **far).flagged


def test_a_kind_of_cash_is_judged_by_the_price_and_its_own_error(monkeypatch, tmp_path):
    """Kinds that cancel: the package and its segments agree."""
    far = {"package": 1e9, "segments": (1e9, 1e9)}
    got = opinion(monkeypatch, tmp_path, (611.0, 389.0), kinds=(2.0, 1e9), **far)
    assert got.differs == ("kind settlement",) and got.share == pytest.approx(0.0)
    rows = got.by_kind.set_index("kind")
    assert rows.loc["settlement", "z"] == pytest.approx(5.5)
    assert rows.loc["settlement", "share"] == pytest.approx(0.011)
    got = opinion(monkeypatch, tmp_path, (611.0, 389.0), kinds=(2.0, math.nan), **far)
    assert got.differs == ("kind settlement",) and got.unknown == ("kind collateral",)
    # 9 of 400 are 2.25 % of the kind, but not 1 % of the price.
    assert not opinion(monkeypatch, tmp_path, (600.0, 409.0), kinds=(0.1, 0.1), **far).flagged


@pytest.mark.parametrize(
    ("gap", "found"), [(6.1, DIFFER), (5.9, UNKNOWN), (4.5, UNKNOWN), (4.1, AGREE)]
)
def test_a_segment_whose_error_is_not_known_lies_between_the_bounds_of_its_loans(
    monkeypatch, tmp_path, gap, found
):
    """Two loans of one segment with errors 0.9 and 0.6: 1.08 if independent, 1.5 if they move
    together."""
    far = {"package": 1e9, "kinds": (1e9, 1e9), "group_by": "product", "names": ("one", "one")}
    size = {"simulated": (200.0, 200.0), "errors": (0.9, 0.6)}
    frame = opinion(monkeypatch, tmp_path, (200.0 + gap, 200.0), **size, **far).by_segment
    assert list(frame["verdict"]) == [found] and math.isnan(frame["se"][0])


def test_a_kind_that_the_simulation_lost_differs(monkeypatch, tmp_path):
    """Cash of a kind that no scenario paid: its error is 0, not unknown."""
    far = {"package": 1e9, "segments": (1e9, 1e9)}
    got = opinion(
        monkeypatch,
        tmp_path,
        (20.0, 1000.0),
        simulated=(0.0, 1000.0),
        kinds=(math.nan, 1.0),
        **far,
    )
    assert got.differs == ("kind settlement",) and not got.unknown


def test_a_kind_that_few_scenarios_never_met_is_not_determined(monkeypatch, tmp_path):
    """Nine claims are expected in all scenarios, and none by chance with odds of exp(-9), above
    those of four errors."""
    claim = float(loan(0)["principal"])
    for payments, found in ((9.0, UNKNOWN), (10.5, DIFFER)):
        gap = payments * claim / 10.0
        simulated = (2.0 * gap, 0.0)
        seen = opinion(
            monkeypatch,
            tmp_path / str(payments),
            (2.0 * gap, gap),
            simulated=simulated,
            kinds=(1.0, math.nan),
            scenarios=10,
        )
        by = seen.by_kind.set_index("kind")
        assert by.loc["collateral", "verdict"] == found


def test_few_scenarios_need_more_errors():
    """As improbable as four errors of a normal variate, under Student's t."""
    assert critical_value(MANY) == pytest.approx(4.0, abs=1e-4)
    for count in (2, 10, 200):
        assert t.sf(critical_value(count), count - 1) == pytest.approx(norm.sf(4.0), rel=1e-9)
    assert critical_value(1) == critical_value(2) > 1000.0


FLAGGED_WHERE = "flagged where |z| > 4.0 and beyond 1.0%"


def test_the_verdict_as_text_names_where(monkeypatch, tmp_path):
    got = opinion(monkeypatch, tmp_path, (620.0, 400.0), package=1.0)
    assert verdict(got) == (
        f"2.0% of the price, z 20.0; {FLAGGED_WHERE}: FLAGGED: package, segment a, kind settlement"
    )
    calm = opinion(monkeypatch, tmp_path, (601.0, 400.0), package=2.0)
    assert verdict(calm) == (
        f"0.1% of the price, z 0.5; {FLAGGED_WHERE}: "
        "the methods agree for the package, by segment and by kind of cash"
    )
    lost = opinion(
        monkeypatch,
        tmp_path,
        (650.0, 400.0),
        package=1e9,
        segments=(1e9, 1e9),
        kinds=(math.nan, 1.0),
    )
    assert verdict(lost).endswith("error not known, so not determined: kind settlement")
