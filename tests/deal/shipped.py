"""The shipped deals and what was published on them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from npl_sim.securitization.pool_flows import pool_flows
from npl_sim.securitization.sizing.seller import seller_result
from npl_sim.securitization.waterfall.waterfall import run_deal
from npl_sim.study.deal_file import load_deal
from npl_sim.study.flow_file import load_recipe

ROOT = Path(__file__).parents[2]


DEALS = ROOT / "configs" / "deals"


NAMES = sorted(
    p.name.removesuffix(".yaml")
    for p in DEALS.glob("*.yaml")
    if not p.name.endswith(".flows.yaml")
)


TABLES = ROOT.parent / "shared" / "data" / "tables"


def load(name, scenarios=200):
    recipe = load_recipe(DEALS / f"{name}.flows.yaml").model_copy(update={"scenarios": scenarios})
    return load_deal(DEALS / f"{name}.yaml"), pool_flows(recipe)


def at_issue_prices(deal, flows):
    return seller_result(
        run_deal(deal, flows), deal.structure.seller.model_copy(update={"required_yields": ()})
    )


def published(deal, name):
    return next(p.value for p in deal.published if p.name == name)


def rows(name):
    path = TABLES / name
    if not path.is_file():
        pytest.skip("the collected tables of published deals are not here")
    with path.open(encoding="utf-8") as file:
        return {row["deal"]: row for row in csv.DictReader(file)}
