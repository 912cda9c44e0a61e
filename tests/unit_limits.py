"""Limits of a unit test: it starts no process and simulates a small package only."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

MOST_LOAN_PATHS = 50_000
"""Most loan paths that one unit test simulates: some 5 ms."""


@contextmanager
def unit_limits() -> Iterator[None]:
    """Fail the test in a block if it starts a process, or simulates more than the limit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess.Popen, "__init__", _refuse_process)
        patch.setattr(os, "fork", _refuse_process)
        tiles = sys.modules.get("npl_sim.engine.tile")
        if tiles is not None:
            patch.setattr(tiles.Simulator, "simulate", _counted(tiles.Simulator.simulate))
        yield


def _refuse_process(*arguments: Any, **options: Any) -> None:
    pytest.fail("a unit test starts a process; give its file another layer in tests/layers.toml")


def _counted(simulate: Any) -> Any:
    done = 0

    def counted(simulator: Any, first: int, count: int, *rest: Any, **named: Any) -> Any:
        nonlocal done
        done += count * len(simulator.model.package.loans)
        if done > MOST_LOAN_PATHS:
            pytest.fail(
                f"a unit test simulates {done:,} loan paths; expected at most "
                f"{MOST_LOAN_PATHS:,}, or another layer in tests/layers.toml"
            )
        return simulate(simulator, first, count, *rest, **named)

    return counted
