"""One name per quantity: each kernel record field has one YAML key, and each key has one field."""

from __future__ import annotations

from collections import Counter
from typing import Any, get_args

import numpy as np
import pytest
from pydantic import BaseModel

from npl_sim.core import record_links
from npl_sim.core.record_links import ASSET_LINKS, AUCTION_LINKS, TERMS_LINKS, LinkKind
from npl_sim.engine.quantiles import QuantileTables
from npl_sim.engine.terms import DERIVED_FIELDS, compile_auctions
from npl_sim.legal.regime import LegalRegime
from npl_sim.market.spec import Market
from npl_sim.policy.enforcement import AssetClass, CollateralTerms
from npl_sim.policy.policy import Policy
from npl_sim.valuation.spec import Pricing

TABLES = {"TERMS": TERMS_LINKS, "ASSET": ASSET_LINKS, "AUCTION": AUCTION_LINKS}
ROOTS = {"legal": LegalRegime, "market": Market, "pricing": Pricing}
READ_BY_PYTHON = {
    "name": "label",
    "jurisdiction": "checked by the study",
    "currency": "checked by the study",
    "legal_class": "checked against the terms of freezes in law",
    "past_growth": "in the value of each ITEM record",
    "aging_volatility": "in the appraisal error of each ITEM record",
    "appraisal_error": "in each ITEM record",
    "drift_volatility": "in each ITEM record",
    "debtor_type": "checked against the law of insolvency",
    "insolvency.hazard": "in the hazard of each LOAN record",
    "insolvency.size": "in the hazard of each LOAN record",
    "insolvency.age": "in the hazard of each LOAN record",
    "insolvency.cooperation_loading": "in the multipliers of each scenario",
    "applies_to": "chooses the policy of each loan",
    "derived_from": "chooses the policy of each loan",
    "collection.contact_methods": "in the collection tables",
    "collection.agencies": "in the collection tables",
    "collection.settle_hazard": "in the collection tables",
    "collection.cure_hazard": "in the collection tables",
    "collection.payment_rate": "in the collection tables",
    "collection.reach_hazard": "in the collection tables",
    "collection.curve": "in the collection tables",
    "collection.settlement_discount": "in the collection tables",
    "collection.cooperation_loading": "in the multipliers of each scenario",
    "sale.cooperation_loading": "in the multipliers of each scenario",
    "restructuring.minimum_claim": "in the flag `offered` of each LOAN record",
    "restructuring.capacity_share": "in the flag `offered` of each LOAN record",
    "restructuring.unknown_capacity": "in the flag `offered` of each LOAN record",
    "restructuring.npv_test": "in the flag `offered` of each LOAN record",
    "litigation.preservation.before_suit": "in the derived field preservation_delay",
    "litigation.preservation.form": "in the derived fields security_cost and security_deposit",
    "enforcement.guarantor_in_default_factor": "in the factor of each GUARANTOR record",
    "sale.month": "in the month of sale of each scenario",
    "sale.until": "in the month of sale of each scenario",
    "sale.wait_for": "in the month of sale of each scenario",
    "sale.buyer_return": "in the sale prices that a pilot run estimates",
}
"""Keys of a policy or of collateral that fill no field of their own, and where they are used."""


def model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model of a section; None for a key that holds a value."""
    options = (annotation, *get_args(annotation))
    models = [o for o in options if isinstance(o, type) and issubclass(o, BaseModel)]
    optional = set(options) - {annotation, type(None)} <= set(models)
    return models[0] if models and optional else None


def keys_of(model: type[BaseModel], before: str = "") -> set[str]:
    """Return the paths of all keys below a model; a distribution or list is one key."""
    paths = set()
    for name, field in model.model_fields.items():
        section = model_in(field.annotation)
        path = f"{before}{name}"
        within = section is not None and section.__module__.startswith("npl_sim.policy")
        single = path in READ_BY_PYTHON or not within or "distributions" in section.__module__
        paths |= {path} if single else keys_of(section, f"{path}.")
    return paths


@pytest.mark.parametrize("table", TABLES)
def test_each_field_has_one_link_and_the_name_of_its_key(table):
    links = TABLES[table]
    assert [link.field for link in links] == list(getattr(record_links, table).names)
    assert max(Counter(link.field for link in links).values()) == 1
    for link in links:
        *_, section, key = ["", *link.path.split(".")]
        named_by_rule = link.field in (key, f"{section}_{key}")
        derived = link.kind in (LinkKind.DERIVED, LinkKind.PRESENT, LinkKind.ROWS)
        assert named_by_rule or derived or link.field == "round_months", link


def test_the_derived_fields_are_those_listed():
    derived = {link.field for link in TERMS_LINKS if link.kind is LinkKind.DERIVED}
    assert derived == set(DERIVED_FIELDS)


def test_no_key_fills_two_fields_except_the_range_of_rows():
    paths = Counter(link.path for links in TABLES.values() for link in links)
    assert {path for path, count in paths.items() if count > 1} == {"enforcement.assets"}


@pytest.mark.parametrize(
    ("model", "links"),
    [(Policy, TERMS_LINKS), (AssetClass, ASSET_LINKS), (CollateralTerms, AUCTION_LINKS)],
)
def test_each_key_of_a_section_has_a_field_or_a_reason(model, links):
    linked = {link.path for link in links if link.path.split(".")[0] not in ROOTS}
    linked -= {"litigation", "enforcement", "litigation.preservation"}
    linked = {path for path in linked if not path.startswith("rounds.")}
    expected = keys_of(model) - set(READ_BY_PYTHON)
    assert linked == expected


def test_each_path_into_law_market_and_pricing_exists():
    for link in TERMS_LINKS:
        root, *rest = link.path.split(".")
        if root in ROOTS:
            assert rest[0] in ROOTS[root].model_fields, link


def test_a_schedule_fills_one_number_for_each_entry_and_an_empty_key_is_infinite():
    rounds = [{"reserve": 0.7, "months": 2.0}, {"reserve": 0.5, "months": 1.0}]
    terms = CollateralTerms.model_validate({"rounds": rounds, "holding_cost": 0.24})
    row = compile_auctions({"house": terms}, QuantileTables())[0]
    assert row["rounds"] == 2 and row["holding_cost"] == pytest.approx(0.02)
    assert row["reserve"] == pytest.approx([0.7, 0.5, 0.0, 0.0])
    assert row["round_months"] == pytest.approx([2.0, 1.0, 0.0, 0.0])
    assert np.isfinite(row["reserve"]).all()
    assert row["bidders"] == pytest.approx([np.inf, np.inf, 0.0, 0.0])
