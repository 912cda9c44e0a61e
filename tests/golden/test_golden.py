"""The figures of what ships are those that are kept, and a small change of one is seen."""

from __future__ import annotations

import pytest

from tests.golden.figures import FOLDER, kept, moved, products, worked_out

PRODUCTS = products()


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda p: p.name)
def test_figures_are_those_kept(product):
    lines = moved(kept(product), worked_out(product))
    messages = "\n".join(lines[:60])
    assert not lines, (
        f"{len(lines)} figures of {product.name} moved; if they should, run python -m "
        f"tests.golden --update and say why in CHANGELOG.md:\n{messages}"
    )


def test_every_file_belongs_to_a_product():
    assert {path.stem for path in FOLDER.glob("*.json")} == {product.name for product in PRODUCTS}


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda p: p.name)
def test_a_change_of_a_ten_millionth_is_seen_and_named(product):
    old = kept(product)
    numbers = [
        n
        for n, x in old.items()
        if isinstance(x, float) and abs(x) > 1e-6 and not n.endswith(".se")
    ]
    assert len(numbers) >= 10
    for name in numbers:
        (line,) = moved(old, {**old, name: old[name] * (1.0 + 1e-7)})
        assert line.startswith(f"{name}: was {old[name]}, is ") and "(+1.00e-07)" in line


def test_the_last_bits_of_another_processor_are_no_change():
    old = {"a": 0.1 + 0.2, "b.value": 1e9, "b.se": 0.0, "c": None, "d": "kept"}
    assert moved(old, {**old, "a": 0.3, "b.value": 1e9 + 1e-3, "b.se": 1e-6}) == []
    assert len(moved(old, {**old, "c": 0.0, "d": "other"})) == 2
    assert moved(old, {"a": 0.3}) != [] and moved({}, {"a": 0.3}) == ["a: is new, 0.3"]
