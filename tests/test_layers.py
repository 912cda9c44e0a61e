"""Every test file has one layer, and the list of layers names files that exist."""

from __future__ import annotations

from fnmatch import fnmatch

import pytest

from tests.conftest import LAYERS, ROOT, layer_of

FILES = [p.relative_to(ROOT).as_posix() for p in (ROOT / "tests").rglob("test_*.py")]


@pytest.mark.parametrize("layer", LAYERS)
def test_patterns_match_files(layer):
    unused = [p for p in LAYERS[layer] if not any(fnmatch(f, p) for f in FILES)]
    assert not unused


def test_no_file_has_two_layers():
    for file in FILES:
        found = [n for n, patterns in LAYERS.items() if any(fnmatch(file, p) for p in patterns)]
        assert len(found) <= 1, (file, found)


def test_unlisted_files_are_unit_tests():
    assert layer_of("tests/stats/test_irr.py") == "unit"
    assert layer_of("tests/cli/test_cli.py") == "end_to_end"
