"""Structures that an auditor met: firm repurchases in other words, guarantees, swaps, top-ups, and
classes held.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pytest

from npl_sim.channels.outcome_table import read_outcomes
from npl_sim.channels.result import measure
from npl_sim.channels.verdict.assessment import Assessment, assess
from npl_sim.study.contract_file import load_contract

CASES = Path(__file__).parents[2].parent / "shared" / "cases" / "channel"
pytestmark = [
    pytest.mark.filterwarnings("ignore::npl_sim.study.renamed_keys.RenamedKeyWarning"),
    pytest.mark.skipif(
        not CASES.is_dir(), reason="the shared cases of contracts are not on this machine"
    ),
]

KEEP, DEPENDS = "keep", "depends on control"


@lru_cache
def judged(name: str) -> tuple[Assessment, ...]:
    terms = load_contract(CASES / f"{name}.yaml")
    outcomes, _ = read_outcomes(CASES / "pkg.csv", terms.face, terms.discount_rate or 0.0)
    result = measure(terms, outcomes)
    return tuple(assess(result, version) for version in result.versions)


@pytest.mark.parametrize(
    "name", ["swph_50", "swph_0", "rep36_fixed", "fin_cash", "guar_99", "guar_full", "carry_12"]
)
def test_a_loan_in_other_terms_is_kept(name):
    """Sold for 24 m: all of it is owed, nothing is gained, and the loans weigh as before."""
    (found,) = judged(name)
    assert str(found.verdict.outcome) == KEEP
    assert found.verdict.measurement.liability == pytest.approx(24e6)
    assert found.verdict.measurement.gain == 0.0
    assert found.capital.earned == found.capital.before


@pytest.mark.parametrize(
    "name", ["swap_90", "topup", "S1", "S2", "S3", "resid", "serv_resid", "guar_50"]
)
def test_what_leaves_risk_behind_is_not_derecognized_silently(name):
    for found in judged(name):
        assert str(found.verdict.outcome) in (KEEP, DEPENDS)
        assert found.capital.earned == found.capital.before
        ratios = found.capital.ratios
        assert not ratios or ratios[2] == ratios[0]


def test_a_clean_sale_is_derecognized():
    (found,) = judged("clean")
    assert str(found.verdict.outcome) == "derecognise" and found.capital.earned == 0.0
    disclosed, side_letter = judged("hid_fee")
    assert (
        str(disclosed.verdict.outcome) == "derecognise"
        and str(side_letter.verdict.outcome) == KEEP
    )


def test_classes_that_the_bank_holds_earn_no_relief():
    (found,) = judged("SRT")
    assert {c.fact for c in found.cash.conflicts} >= {
        "deal.positions.B.held_share",
        "deal.positions.J.held_share",
    }
    assert found.capital.earned == found.capital.before
    assert found.capital.relief_denied > 0.9 * found.capital.before
