"""Shared options and inputs of the benchmarks."""

from __future__ import annotations

import pytest

from benchmarks.inputs import Inputs, load_case, prepare
from benchmarks.peers import cpp


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--full", action="store_true", help="Also run 10,000 loans x 10,000 scenarios."
    )


@pytest.fixture(scope="session")
def inputs() -> Inputs:
    """2,000 loans, 128 scenarios, 120 months; the engine is compiled."""
    made = prepare(load_case(2000), tiles=2)
    made.run_engine()
    return made


@pytest.fixture(scope="session")
def library():
    """The C++ peer."""
    try:
        return cpp.build()
    except cpp.NoCompiler as reason:
        pytest.skip(str(reason))
