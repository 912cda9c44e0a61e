"""Fixtures of the tests of the engine."""

from __future__ import annotations

import pytest

from npl_sim.engine.checkpoint import block_file as blockfile
from npl_sim.engine.checkpoint import store


@pytest.fixture
def each_tile(monkeypatch):
    """Write every tile as soon as it is done, and do not wait for the disk."""
    monkeypatch.setattr(store, "EVERY", 0.0)
    monkeypatch.setattr(blockfile.os, "fsync", lambda handle: None)


@pytest.fixture(scope="module")
def cluster():
    """Two workers of one thread each, in processes of their own."""
    from npl_sim.engine.backends.dask.backend import Dask

    with Dask(None, 2) as found:
        yield found
