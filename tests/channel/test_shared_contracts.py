"""Contracts of the shared cases: rules broken, not tested and not broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from npl_sim.channels.outcome_table import read_outcomes
from npl_sim.channels.result import measure
from npl_sim.channels.verdict.assessment import assess
from npl_sim.core.errors import ChannelError
from npl_sim.study.contract_file import load_contract

CASES = Path(__file__).parents[3] / "shared" / "cases"
pytestmark = [
    pytest.mark.filterwarnings("ignore::npl_sim.study.renamed_keys.RenamedKeyWarning"),
    pytest.mark.skipif(
        not (CASES / "channel" / "pkg.csv").is_file(), reason="the shared cases are absent"
    ),
]


def measured(name, table="pkg.csv", **changes):
    terms = load_contract(CASES / "channel" / f"{name}.yaml").model_copy(update=changes)
    outcomes, _ = read_outcomes(CASES / "channel" / table, terms.face, terms.discount_rate or 0.0)
    return measure(terms, outcomes)


@pytest.mark.parametrize(
    "name",
    ["guar_99", "guar_full", "topup", "resid", "serv_resid", "hid_fee", "swap_90", "swph_0"],
)
def test_risk_that_stays_breaks_the_rule_of_a_real_transfer(name):
    result = measured(name)
    found = {r.rule.name: r for r in assess(result, result.whole).rules}
    assert found["real transfer"].status == "broken"
    assert any(r.status == "not tested" for r in found.values())


def test_a_clean_sale_breaks_nothing_and_says_what_was_not_tested():
    result = measured("clean")
    statuses = [r.status for r in assess(result, result.whole).rules]
    assert "broken" not in statuses and "not tested" in statuses


def test_an_outright_sale_into_the_bank_s_own_wealth_product_is_seen():
    result = measured("S1")
    found = {r.rule.number: r.status for r in assess(result, result.versions[0]).rules}
    assert found["CBIRC Order (2018) No. 6"] == "broken"


def test_an_option_before_all_cash_is_refused_and_known_costs_its_closed_form():
    """S = K = 40, sigma 40 %: the put is worth 2.8736; within 4 standard errors."""
    with pytest.raises(
        ChannelError, match="knowledge: got 'plan', and the cash before month 3 tells nothing"
    ):
        measured("bs_b_put", "bs_b.csv")
    terms = load_contract(CASES / "channel" / "bs_b_put.yaml")
    put = terms.undertakings[0].model_copy(update={"knowledge": "perfect"})
    row = measured("bs_b_put", "bs_b.csv", undertakings=(put,)).whole.worth.iloc[0]
    assert row["cost"] == pytest.approx(2.8736, abs=4.0 * row["cost_se"] + 5e-5)


def test_a_contract_that_a_yaml_1_1_library_wrote_is_read():
    path = CASES / "environment" / "R1_yaml_1_1_key_on" / "contract.yaml"
    assert any(
        layer.tax is not None and layer.tax.on == "receipts"
        for layer in load_contract(path).vehicles
    )
