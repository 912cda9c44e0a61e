"""Many packages on the same scenarios: sums, diversification, one factor a name, currencies."""

from __future__ import annotations

import copy
import itertools

import numpy as np
import pytest

from npl_sim.core.errors import NplSimError
from npl_sim.runs.together import value_together
from npl_sim.valuation.together import RiskTerms
from tests.builders.packages import MARKET, POLICY, package
from tests.builders.studies import loan, study

TERMS = RiskTerms((0.05, 0.5, 0.95), 0.05, 0.95)


def part(folder, numbers, prefix="L", borrowers=None, **sections):
    """Return a study of some loans of one tape: every third secured by a flat."""
    rows = [
        loan(
            loan_id=f"{prefix}{i:06d}",
            borrower_id=(borrowers or {}).get(i, f"{prefix}B{i}"),
            principal=1000 + 100 * i,
            segment="ab"[i % 2],
        )
        for i in numbers
    ]
    items = [
        {
            "loan_id": f"{prefix}{i:06d}",
            "kind": "residential",
            "region": "east",
            "appraisal_value": 900 + 50 * i,
            "appraisal_date": "2026-03-31",
        }
        for i in numbers
        if i % 3 == 0
    ]
    terms = {
        "market": MARKET,
        "collateral": {"default": {}},
        "simulation": {"scenarios": 300, "horizon_months": 48, "seed": 5, "threads": 1},
        "pricing": {"required_return": 0.1},
    }
    return study(folder, rows, POLICY, items, **{**terms, **sections})


def other_market(**changes):
    """Return the market with changed terms of its factors."""
    market = copy.deepcopy(MARKET)
    market["indices"][0] |= changes.pop("index", {})
    return market | changes


@pytest.fixture(scope="module")
def halves(tmp_path_factory):
    """Three thirds of one tape, and the whole."""
    folder = tmp_path_factory.mktemp("halves")
    parts = {
        name: part(folder / name, numbers)
        for name, numbers in (
            ("first", range(5)),
            ("second", range(5, 9)),
            ("third", range(9, 12)),
        )
    }
    return parts, part(folder / "whole", range(12))


def test_parts_of_one_tape_equal_the_whole(halves):
    parts, whole = halves
    found = value_together(parts).together
    result = whole.price()
    assert found.total.gbv == pytest.approx(result.gbv, rel=1e-12)
    assert found.total.value.value == pytest.approx(result.mean.value, rel=1e-12)
    assert found.total.value.se == pytest.approx(result.mean.se, rel=1e-12)
    assert found.total.sd.value == pytest.approx(result.sd.value, rel=1e-12)
    assert found.total.shortfall.value == pytest.approx(result.expected_shortfall.value, rel=1e-12)
    for level, quantile in found.total.quantiles.items():
        assert quantile.value == pytest.approx(result.quantiles[level].value, rel=1e-12)
    net = result.sample.average(result.flows.net)
    assert found.cash["net"].to_numpy() == pytest.approx(net, rel=1e-12, abs=1e-9)
    low, high = result.sample.quantiles(result.flows.net, (0.05, 0.95))
    assert found.cash["low"].to_numpy() == pytest.approx(low, abs=1e-9)
    assert found.cash["high"].to_numpy() == pytest.approx(high, abs=1e-9)
    assert not found.equal_weights


def test_each_package_has_the_price_of_its_own_run(halves):
    parts, _ = halves
    found = value_together(parts).together
    for name, figures in zip(found.names, found.packages, strict=True):
        alone = parts[name].price()
        assert figures.value == alone.mean
        assert figures.shortfall == alone.expected_shortfall


def test_parts_of_the_risk_sum_to_the_risk_of_the_sum(halves):
    found = value_together(halves[0]).together
    assert sum(f.risk_part for f in found.packages) == pytest.approx(found.total.risk)
    alone = sum(f.risk for f in found.packages)
    assert found.benefit == pytest.approx(1.0 - found.total.risk / alone)
    assert 0.0 < found.benefit < 1.0
    spread = sum(f.sd.value for f in found.packages)
    assert found.benefit_sd == pytest.approx(1.0 - found.total.sd.value / spread)
    assert found.correlation.diagonal() == pytest.approx(1.0)
    assert found.correlation == pytest.approx(found.correlation.T)


def test_the_order_of_packages_and_threads_change_no_bit(halves):
    parts, _ = halves
    base = value_together(parts).together
    for names in itertools.permutations(parts):
        found = value_together({name: parts[name] for name in names}).together
        assert found.total == base.total
        figures = dict(zip(found.names, found.packages, strict=True))
        assert tuple(figures[name] for name in base.names) == base.packages
        assert found.borrowers.equals(base.borrowers)


def test_threads_change_no_bit(tmp_path):
    totals = []
    for threads in (1, 2):
        size = {"scenarios": 200, "horizon_months": 24, "seed": 5, "threads": threads}
        parts = {
            name: part(tmp_path / f"{name}{threads}", numbers, simulation=size)
            for name, numbers in (("a", range(4)), ("b", range(4, 8)))
        }
        totals.append(value_together(parts).together.total)
    assert totals[0] == totals[1]


def test_two_copies_of_a_package_diversify_nothing(tmp_path):
    """The same ids address the same draws: every scenario doubles, idiosyncratic risk too."""
    pair = {name: part(tmp_path / name, range(8)) for name in ("a", "b")}
    found = value_together(pair).together
    single = found.packages[0]
    assert found.total.value.value == pytest.approx(2.0 * single.value.value, rel=1e-12)
    assert found.total.sd.value == pytest.approx(2.0 * single.sd.value, rel=1e-12)
    assert found.benefit == pytest.approx(0.0, abs=1e-12)
    assert found.benefit_sd == pytest.approx(0.0, abs=1e-12)
    assert found.correlation[0, 1] == pytest.approx(1.0)
    assert (found.shared_loans, found.shared_borrowers) == (8, 8)


def test_a_package_with_other_ids_diversifies_single_loans_and_no_factor(tmp_path):
    """Same terms, other ids: the factors move both, idiosyncratic risk cancels in part."""
    market = other_market(index={"volatility": 0.5}, cooperation={"volatility": 1.0})
    pair = {
        name: part(tmp_path / name, range(12), prefix=name.upper(), market=market)
        for name in ("a", "b")
    }
    found = value_together(pair).together
    one, two = (f.sd.value for f in found.packages)
    assert np.hypot(one, two) * 1.02 < found.total.sd.value < 0.98 * (one + two)
    assert 0.1 < found.correlation[0, 1] < 0.98
    assert (found.shared_loans, found.shared_borrowers) == (0, 0)


def test_without_idiosyncratic_risk_only_factors_are_left(tmp_path):
    """Eighty small loans each: nearly all that is left is the factors, and they are common."""
    market = other_market(cooperation={"volatility": 1.5, "persistence": 0.99})
    policy = {"collection": {"payment_rate": 0.2}}
    pair = {}
    for name in ("a", "b"):
        rows = [loan(loan_id=f"{name}{i}", principal=100) for i in range(80)]
        pair[name] = study(
            tmp_path / name,
            rows,
            policy,
            market=market,
            simulation={"scenarios": 200, "horizon_months": 24, "seed": 5, "threads": 1},
        )
    found = value_together(pair).together
    assert found.correlation[0, 1] > 0.9
    assert found.benefit_sd < 0.05


def test_one_borrower_in_two_packages_is_one_borrower(tmp_path):
    first = part(tmp_path / "a", range(4), prefix="A", borrowers={0: "X", 1: "X"})
    second = part(tmp_path / "b", range(4), prefix="B", borrowers={3: "X"})
    found = value_together({"a": first, "b": second}).together
    assert (found.shared_loans, found.shared_borrowers) == (0, 1)
    row = found.borrowers.set_index("borrower").loc["X"]
    assert row["packages"] == "a, b"
    assert row["loans"] == 3
    assert row["gbv"] == pytest.approx(1000 + 1100 + 1300)
    by = found.concentration.set_index("by")["names"]
    assert (by["borrower"], by["loan"]) == (6, 8)


def test_masked_packages_still_share_their_borrowers(tmp_path):
    from npl_sim.runs.study_session import load_study

    pair = {}
    for name in ("a", "b"):
        part(tmp_path / name, range(4), prefix=name, borrowers={3: "X"})
        pair[name] = load_study(tmp_path / name / "study.yaml", mask=True)
    found = value_together(pair).together
    assert found.shared_borrowers == 1
    assert "X" not in set(found.borrowers["borrower"])


def test_one_reporting_currency_at_a_stated_rate(tmp_path):
    yuan = part(tmp_path / "a", range(4), prefix="A")
    euro = part(tmp_path / "b", range(4), prefix="B", currency="EUR")
    found = value_together({"a": yuan, "b": euro}, "CNY", {"EUR": 7.8}).together
    own = euro.price()
    assert found.packages[1].value.value == pytest.approx(7.8 * own.mean.value, rel=1e-12)
    assert found.packages[1].gbv == pytest.approx(7.8 * own.gbv)
    assert found.total.value.value == pytest.approx(
        found.packages[0].value.value + 7.8 * own.mean.value, rel=1e-12
    )
    for arguments, message in (
        ((), r"packages are in CNY, EUR; expected --currency"),
        (("CNY", {}), r"--rate: none for EUR; expected --rate EUR=R"),
        (("CNY", {"EUR": 7.8, "USD": 7.2}), r"--rate USD: no package is in USD"),
        (("CNY", {"EUR": 7.8, "CNY": 2.0}), r"--rate CNY: the reports are in CNY"),
    ):
        with pytest.raises(NplSimError, match=message):
            value_together({"a": yuan, "b": euro}, *arguments)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"index": {"volatility": 0.3}}, r"volatility 0\.2 and 0\.3"),
        ({"index": {"drift": 0.05}}, r"drift 0 and 0\.05"),
        ({"cooperation": {"volatility": 0.3, "persistence": 0.8}}, "persistence 0.9 and 0.8"),
        (
            {"correlations": [{"factors": ["cooperation", "congestion"], "correlation": 0.5}]},
            "a correlation, the copula or a stress",
        ),
        ({"copula": {"kind": "student_t", "degrees_of_freedom": 4}}, "the copula"),
    ],
)
def test_one_name_with_other_terms_is_refused(tmp_path, changes, message):
    first = part(tmp_path / "a", range(3))
    second = part(tmp_path / "b", range(3, 6), market=other_market(**changes))
    with pytest.raises(NplSimError, match=f"is not the same in a and in b.*{message}"):
        value_together({"a": first, "b": second})


def test_a_stress_of_one_package_alone_is_refused(tmp_path):
    first = part(tmp_path / "a", range(3))
    second = part(tmp_path / "b", range(3, 6), stress=["slump"])
    with pytest.raises(NplSimError, match="a stress"):
        value_together({"a": first, "b": second})


def test_another_index_beside_the_common_factors_is_allowed(tmp_path):
    """The weights of the scenarios differ then, so all count alike and a note says so."""
    second = copy.deepcopy(MARKET)
    second["indices"].append({"kind": "land", "drift": 0.0, "volatility": 0.4})
    pair = {
        "a": part(tmp_path / "a", range(3)),
        "b": part(tmp_path / "b", range(3, 6), market=second),
    }
    found = value_together(pair).together
    assert found.equal_weights
    pv = [session.simulate() for session in pair.values()]
    plain = [cash.net @ 1.1 ** (-np.arange(49) / 12) for cash in pv]
    assert found.total.value.value == pytest.approx(np.mean(plain[0] + plain[1]))


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        (
            {"valuation_date": "2026-07-31"},
            "valuation_date is 2026-06-30 in a and 2026-07-31 in b",
        ),
        (
            {"simulation": {"scenarios": 300, "horizon_months": 48, "seed": 6}},
            r"simulation\.seed is 5 in a and 6 in b",
        ),
        (
            {"pricing": {"shortfall_level": 0.1}},
            r"pricing\.shortfall_level is 0\.05 in a and 0\.1 in b",
        ),
    ],
)
def test_other_scenarios_or_levels_are_refused(tmp_path, sections, message):
    pair = {"a": part(tmp_path / "a", range(3)), "b": part(tmp_path / "b", range(3), **sections)}
    with pytest.raises(NplSimError, match=message):
        value_together(pair)


def test_one_package_is_no_sum(tmp_path):
    with pytest.raises(NplSimError, match="got 1 study; expected at least 2"):
        value_together({"a": package(tmp_path)})
