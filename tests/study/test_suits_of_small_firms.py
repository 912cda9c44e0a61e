"""The Italian base sues an unsecured firm only where a suit brings more than it costs."""

from __future__ import annotations

import pytest

import npl_sim as npl

HEADER = "loan_id,borrower_id,product,region,principal,gbv,default_date,stage"


@pytest.fixture
def value(tmp_path):
    """Return a function that prices ten alike unsecured firms, and the error of the price."""

    def priced(claim: float, **overrides: float):
        lines = [f"{i},{i},sme,centro,{claim},{claim},2025-06-30,collection" for i in range(1, 11)]
        (tmp_path / "loans.csv").write_text("\n".join([HEADER, *lines]), encoding="utf-8")
        path = tmp_path / "study.yaml"
        path.write_text(
            "base: italy_mixed\nname: a\nvaluation_date: 2026-06-30\ntape: {loans: loans.csv}\n",
            encoding="utf-8",
        )
        study = npl.read_study(path)
        row = [p.name for p in study.session.study.policies].index("unsecured firms")
        changes = {f"policies.{row}.litigation.{k}": v for k, v in overrides.items()}
        study = npl.read_study(path, {"simulation.scenarios": 1000, **changes})
        return npl.price(npl.simulate(study)).mean

    return priced


def test_a_small_claim_has_no_negative_value(value):
    # Sued at once, as before, it does.
    assert value(30_000).low > 0.0
    assert value(30_000, after_months=6, minimum_claim=0).high < 0.0


@pytest.mark.parametrize(("claim", "gains"), [(150_000, False), (1_000_000, True)])
def test_a_suit_pays_above_the_minimum_claim_and_not_below(value, claim, gains):
    sued, kept = value(claim, minimum_claim=0), value(claim, minimum_claim=1e9)
    assert (sued.value > kept.value) is gains
    assert value(claim).value == (sued if gains else kept).value
