"""What counts as a call upon the bank."""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.channels.liquidity import CALLED, _profile


def test_what_rounding_leaves_is_no_call():
    """Four scenarios by hand: nothing, dust of a subtraction, exactly half a cent, a cent."""
    calls = np.array([[0.0, 0.0], [0.0, 2e-9], [0.0, CALLED], [0.0, 0.01]])
    found = _profile(calls, np.array([0.1, 0.2, 0.3, 0.4]))
    assert found["probability"].tolist() == pytest.approx([0.0, 0.4], rel=1e-12)
    assert found["mean"].iloc[1] == pytest.approx(0.2 * 2e-9 + 0.3 * 0.005 + 0.4 * 0.01, rel=1e-12)
