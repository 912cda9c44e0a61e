"""Scenario weights of a run, from its control variates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from npl_sim.stats.sample import Sample


def sample_of(controls: np.ndarray, blocks: Sequence[int]) -> Sample:
    """Return the weighted scenarios of a run.

    Parameters
    ----------
    controls
        Control variates of expectation zero, shape (scenarios, controls).
    blocks
        Sizes of the blocks of control variates. If the weights of all blocks are not valid, the
        last blocks are dropped one by one.
    """
    column = np.arange(controls.shape[1])
    ends = np.cumsum(blocks)[:-1]
    return Sample.balanced(controls, [column < end for end in ends[::-1]])
