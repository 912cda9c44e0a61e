"""Public names of the tape package, which are imported on first use."""

from __future__ import annotations

import pytest

from npl_sim import tape


@pytest.mark.parametrize("name", tape.__all__)
def test_every_public_name_is_found(name):
    assert getattr(tape, name) is getattr(tape, name)


def test_another_name_is_refused():
    with pytest.raises(AttributeError, match="has no attribute 'columns_of'"):
        _ = tape.columns_of
