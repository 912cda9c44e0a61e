"""Warnings state names that the study does not have, by count, amount and value."""

from __future__ import annotations

from tests.builders.studies import loan, study

MARKET = {
    "indices": [
        {"region": "east", "kind": "residential", "volatility": 0.1},
        {"region": "west", "kind": "residential", "volatility": 0.1},
        {"region": "*", "kind": "residential"},
        {"region": "*", "kind": "shop"},
        {"region": "*", "kind": "*"},
    ]
}
TERMS = {"residential": {}, "shop": {}, "default": {"forced_sale_discount": 0.45}}


def item(i, kind, value=100, region="east"):
    return {
        "collateral_id": f"C{i}",
        "loan_id": f"L{i:06d}",
        "kind": kind,
        "region": region,
        "appraisal_value": value,
        "appraisal_date": "2026-01-01",
    }


def messages(tmp_path, items, start, policy=None, loans=None, **sections):
    rows = loans or [loan(i) for i in range(len(items))]
    case = study(
        tmp_path, rows, policy or {}, items, **{"collateral": TERMS, "market": MARKET, **sections}
    )
    return [line for line in case.notes() if line.startswith(start)]


def test_kinds_without_terms_are_reported_by_count_amount_and_value(tmp_path):
    items = [
        item(0, "residential", 600),
        item(1, "工业用地", 100),
        item(2, "工业用地", 100),
        item(3, "ship", 200),
    ]
    (line,) = messages(tmp_path, items, "collateral.default")
    assert (
        "prices 3 of 4 items, 400.00 CNY of appraised value (40.0 %): 工业用地 2, ship 1;" in line
    )


def test_a_kind_close_to_a_known_one_names_it(tmp_path):
    (line,) = messages(
        tmp_path, [item(0, "residental"), item(1, "residential")], "collateral.default"
    )
    assert "residental 1 (did you mean 'residential'?)" in line


def test_known_kinds_and_a_study_of_defaults_alone_draw_no_note(tmp_path):
    assert (
        messages(tmp_path, [item(0, "Residential"), item(1, "SHOP")], "collateral.default") == []
    )
    assert (
        messages(
            tmp_path / "b", [item(0, "ship")], "collateral.default", collateral={"default": {}}
        )
        == []
    )


def test_ten_values_are_listed_and_the_others_counted(tmp_path):
    items = [item(i, f"kind {i % 12}") for i in range(36)] + [item(36, "kind 3")]
    (line,) = messages(tmp_path, items, "collateral.default")
    assert (
        "37 of 37 items" in line
        and ": kind_3 4, kind_0 3, " in line
        and "2 other values 6;" in line
    )


def test_long_and_hostile_names_are_shown_short_and_escaped(tmp_path):
    (line,) = messages(tmp_path, [item(0, "x" * 150), item(1, "a\u202eb")], "collateral.default")
    assert "x" * 40 + "... 1" in line and "\\u202e" in line and "\u202e" not in line


def test_regions_without_an_index_are_reported_where_the_kind_has_regional_ones(tmp_path):
    items = [
        item(0, "residential", 300, "浙江省"),
        item(1, "residential", 100, "east"),
        item(2, "shop", 100, "浙江省"),
        item(3, "residential", 500, "eastt"),
    ]
    (line,) = messages(tmp_path, items, "market.indices")
    assert (
        "2 of 4 items, 800.00 CNY of appraised value (80.0 %), follow an index of region '*'"
        in line
    )
    assert (
        "eastt 1 (did you mean 'east'?), 浙江省 1;" in line
        and "tape.value_map to east, west" in line
    )


def test_kinds_without_an_index_are_reported(tmp_path):
    (line,) = messages(tmp_path, [item(0, "ship", 100), item(1, "shop", 300)], "market.indices")
    assert (
        "1 of 2 items, 100.00 CNY of appraised value (25.0 %), follow an index of kind '*'" in line
    )
    assert "ship 1;" in line


def test_a_market_of_one_index_draws_no_note(tmp_path):
    assert messages(tmp_path, [item(0, "ship")], "market.indices", market={}) == []


def test_a_region_named_for_other_kinds_only_still_falls_to_the_default(tmp_path):
    market = {
        "indices": [
            {"region": "east", "kind": "residential"},
            {"region": "west", "kind": "shop"},
            {"region": "*", "kind": "*"},
        ]
    }
    lines = messages(
        tmp_path, [item(0, "residential", region="west")], "market.indices", market=market
    )
    assert any("region '*'" in line and "west 1" in line for line in lines)


def test_products_and_segments_that_no_policy_names_are_reported(tmp_path):
    policies = [
        {"name": "cards", "applies_to": {"products": ["credit_card", "Consumer"]}},
        {"name": "gold", "applies_to": {"segments": ["gold"]}},
        {"name": "rest"},
    ]
    loans = [
        loan(0),
        loan(1, product="consumr", segment="gold", principal=2000),
        loan(2, product="boat", segment="gldo", principal=1000),
        loan(3, product="boat", segment="x", principal=1000),
    ]
    product, segment = messages(tmp_path, [], "policies:", policies, loans)
    assert (
        "3 of 4 loans, GBV 4,000.00 CNY (80.0 %), have a product that no policy names" in product
    )
    assert "fall to 'gold', 'rest': boat 2, consumr 1 (did you mean 'consumer'?)." in product
    assert "have a segment that no policy names and fall to 'rest': gldo 1, x 1" in segment


def test_a_product_close_to_a_named_one_names_it(tmp_path):
    policies = [{"name": "cards", "applies_to": {"products": ["credit_card"]}}, {"name": "rest"}]
    (line,) = messages(tmp_path, [], "policies:", policies, [loan(0, product="credit card s")])
    assert "credit_card_s 1 (did you mean 'credit_card'?)" in line


def test_policies_that_name_no_product_draw_no_note(tmp_path):
    policies = [{"name": "small", "applies_to": {"maximum_gbv": 10}}, {"name": "rest"}]
    assert messages(tmp_path, [], "policies:", policies, [loan(0, product="boat")]) == []


def test_notes_carry_the_gbv_that_they_touch_and_lead_by_it(tmp_path):
    """A default that prices a large item comes before a small finding of the tape, wherever its
    sentence is.
    """
    rows = [loan(0, principal=1_000_000), loan(1, product="mortgage"), loan(2, principal=5_000)]
    case = study(
        tmp_path,
        rows,
        {},
        [item(0, "工业用地", 900_000), item(2, "residential", 4_000)],
        collateral=TERMS,
        market=MARKET,
    )
    (line,) = [note for note in case.notes() if note.startswith("collateral.default")]
    assert line.gbv == 1_000_000
    found = case.issues()
    at = next(n for n, issue in enumerate(found) if issue.location == "collateral.default")
    small = next(
        n for n, issue in enumerate(found) if "no item names these loans" in issue.message
    )
    assert found[at].gbv == 1_000_000 and at < small


def test_ten_values_are_all_listed_and_a_name_of_40_characters_is_whole(tmp_path):
    (line,) = messages(tmp_path, [item(i, f"kind {i}") for i in range(10)], "collateral.default")
    assert "other values" not in line and all(f"kind_{i} 1" in line for i in range(10))
    (line,) = messages(tmp_path / "b", [item(0, "x" * 40)], "collateral.default")
    assert f": {'x' * 40} 1;" in line
    (line,) = messages(tmp_path / "c", [item(0, "x" * 41)], "collateral.default")
    assert f": {'x' * 40}... 1;" in line
