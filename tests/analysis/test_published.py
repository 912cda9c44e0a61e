"""Reference figures: every entry has a source, a place and a year; faults of the file are
named."""

from __future__ import annotations

import copy
import re
from types import SimpleNamespace

import pytest

from npl_sim.analysis.published import (
    balance_bounds,
    figures_for,
    place_of,
    published_ranges,
    read_ranges,
)
from npl_sim.core.errors import NplSimError

GOOD = {
    "as_of": "2026-01-31",
    "ranges": [
        {
            "id": "a",
            "products": ["mortgage"],
            "measure": "price_of_gbv",
            "low": 0.1,
            "high": 0.2,
            "place": "CN",
            "year": "2020-2021",
            "source": {"title": "T", "publisher": "P"},
        }
    ],
}


def test_every_entry_has_source_place_and_year():
    entries = published_ranges()
    assert len(entries) >= 10 and len({e.id for e in entries}) == len(entries)
    for entry in entries:
        assert entry.source.title.strip() and entry.source.publisher.strip(), entry.id
        assert re.fullmatch("[A-Z]{2}", entry.place) and entry.year[:4] >= "1990", entry.id
        assert 0.0 < entry.low <= entry.high < 1.0, entry.id
        # A message names entry and source.
        for part in (
            entry.id,
            entry.source.title,
            entry.source.publisher,
            entry.place,
            entry.year,
        ):
            assert part in str(entry)
    assert {"CN", "IT"} <= {e.place for e in entries}


def test_bounds_of_balances_do_not_overlap():
    known = [(product, bound.currency) for bound in balance_bounds() for product in bound.products]
    assert len(known) == len(set(known))
    mortgage = next(
        b for b in balance_bounds() if b.currency == "CNY" and "mortgage" in b.products
    )
    assert (mortgage.low, mortgage.high) == (5_000, 50_000_000)


@pytest.mark.parametrize(
    ("change", "messages"),
    [
        ({"source": {"title": "T"}}, "ranges.0.source.publisher"),
        ({"source": {"title": "", "publisher": "P"}}, "ranges.0.source.title"),
        ({"place": "China"}, "ranges.0.place"),
        ({"place": None}, "ranges.0.place"),
        ({"year": "last year"}, "ranges.0.year"),
        ({"low": 0.3}, "low 0.3 is above high 0.2"),
        ({"high": 35.0}, "ranges.0.high"),
        ({"measure": "irr"}, "ranges.0.measure"),
        ({"comment": "x"}, "ranges.0.comment"),
    ],
)
def test_a_faulty_entry_is_refused_with_its_key(change, messages):
    content = copy.deepcopy(GOOD)
    content["ranges"][0].update(change)
    with pytest.raises(NplSimError, match=re.escape(messages)) as error:
        read_ranges(content, "ranges.yaml")
    assert str(error.value).startswith("ranges.yaml: ")


def test_ids_are_unique():
    content = {**GOOD, "ranges": GOOD["ranges"] * 2}
    with pytest.raises(NplSimError, match="'a' is used twice"):
        read_ranges(content, "ranges.yaml")


@pytest.mark.parametrize(
    ("name", "jurisdiction", "place"),
    [
        ("mainland China", None, "CN"),
        ("Italy", None, "IT"),
        ("diritto italiano", None, "IT"),
        ("中国法", None, "CN"),
        ("none", None, ""),
        ("Capital Region of Denmark", None, ""),  # not Italy
        ("适用中国法", None, "CN"),
        ("none", "IT", "IT"),
        ("none", "China", "CN"),
        ("China", "ES", "ES"),
    ],
)
def test_the_country_of_a_law(name, jurisdiction, place):
    assert place_of(SimpleNamespace(name=name, jurisdiction=jurisdiction)) == place
    if jurisdiction is None:
        assert place_of(SimpleNamespace(name=name)) == place


def test_figures_of_the_union_count_where_a_member_has_none_of_its_own():
    places = {
        place: {e.place for e in figures_for(place, "recovery_of_gbv")}
        for place in ("DE", "IT", "CN", "US")
    }
    assert places == {"DE": {"EU"}, "IT": {"IT", "EU"}, "CN": {"CN"}, "US": set()}
    assert {e.place for e in figures_for("", "price_of_gbv")} == {"CN", "IT"}
