"""Places of a tape lie in the regions of the shipped markets."""

from __future__ import annotations

import pytest

from npl_sim.tape.regions import market_region, place_key, regions_of

KNOWN = {
    "浙江省": ("china", "east"),
    "浙江": ("china", "east"),
    "新疆维吾尔自治区": ("china", "west"),
    "广西壮族自治区": ("china", "west"),
    "吉林省长春市": ("china", "northeast"),
    "苏州市姑苏区": ("china", "east"),
    "广州": ("china", "east"),
    "Shanxi": ("china", "central"),
    "Shaanxi": ("china", "west"),
    "Lombardia": ("italy", "nord_ovest"),
    "EMILIA ROMAGNA": ("italy", "nord_est"),
    "Valle d’Aosta": ("italy", "nord_ovest"),
    "Tuscany": ("italy", "centro"),
    "reggio di calabria": ("italy", "sud"),
    "Sardegna": ("italy", "isole"),
}


@pytest.mark.parametrize("text, expected", KNOWN.items())
def test_a_place_lies_in_its_region(text, expected):
    found = market_region(text)
    assert (found.jurisdiction, found.name) == expected


@pytest.mark.parametrize("text", ["", "某地", "all", "Atlantis", "州", "romanzo", "浙"])
def test_an_unknown_place_lies_in_none(text):
    assert market_region(text) is None


def test_regions_name_themselves_and_no_place_lies_in_two():
    assert regions_of("china") == ("east", "central", "west", "northeast")
    assert regions_of("italy") == ("nord_ovest", "nord_est", "centro", "sud", "isole")
    for jurisdiction in ("china", "italy"):
        for name in regions_of(jurisdiction):
            assert market_region(name).name == name
    from npl_sim.resources import read_toml

    seen = {}
    for jurisdiction, regions in read_toml("regions.toml").items():
        for name, kinds in regions.items():
            for place in (*kinds["provinces"], *kinds["english"], *kinds["cities"]):
                assert seen.setdefault(place_key(place), (jurisdiction, name)) == (
                    jurisdiction,
                    name,
                )
