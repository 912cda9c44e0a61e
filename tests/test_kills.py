"""A few kills at random moments; NPL_SIM_KILLS=N asks for N of each kind (see `tests.kills`)."""

from __future__ import annotations

import os
import signal

import pytest

from tests.kills import run

TIMES = int(os.environ.get("NPL_SIM_KILLS", "1"))


@pytest.mark.parametrize("command", ["synth", "price"])
def test_a_killed_run_leaves_no_litter_after_the_next_and_no_other_bytes(command):
    assert run(command, TIMES, (signal.SIGKILL, signal.SIGTERM), seed=7) == []
