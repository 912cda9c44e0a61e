"""A cluster of this machine is closed to others, and workers have this version."""

from __future__ import annotations

import contextlib
import gc
import os
import socket
import sys
import tempfile
from pathlib import Path

import pytest

from npl_sim.core.errors import BackendError
from npl_sim.core.layout import TILE
from npl_sim.engine.backends.dask import backend as dask_backend
from npl_sim.engine.backends.dask import workers as dask_workers
from npl_sim.engine.backends.dask.backend import Dask
from npl_sim.engine.backends.dask.certificates import temporary_security
from npl_sim.engine.checkpoint import identity
from npl_sim.engine.simulate import simulate
from tests.engine.cluster_processes import pids
from tests.engine.stored_runs import same, small_run

pytestmark = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore::ResourceWarning",
    "ignore::DeprecationWarning",
)


def listeners(cluster):
    """Return the ports on which this process and its workers listen, with their addresses."""
    import psutil

    here = psutil.Process()
    return [
        connection.laddr
        for process in (here, *here.children(recursive=True))
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    ]


def test_a_cluster_of_this_machine_is_closed_to_others(cluster):
    """Every port is on loopback; none greets a stranger as Dask does, and pages of figures are
    empty."""
    ports = listeners(cluster)
    assert len(ports) >= 5  # a scheduler, two nannies, two workers
    for host, port in ports:
        assert host == "127.0.0.1"
        with socket.create_connection((host, port), timeout=10) as stranger:
            stranger.settimeout(0.5)
            try:
                assert stranger.recv(64) == b""
            except (TimeoutError, ConnectionError):
                pass
        for page in (
            "/",
            "/status",
            "/info/main/workers.html",
            "/json/counts.json",
            "/metrics",
            "/api/v1",
        ):
            with socket.create_connection((host, port), timeout=10) as stranger:
                stranger.settimeout(5)
                with contextlib.suppress(ConnectionError):
                    stranger.sendall(f"GET {page} HTTP/1.0\r\n\r\n".encode())
                    assert b"200 OK" not in stranger.recv(64)


def test_a_client_without_the_certificate_runs_nothing(cluster):
    from distributed import Client

    port = cluster.address.rpartition(":")[2]
    assert cluster.address == f"tls://127.0.0.1:{port}"
    with pytest.raises(BackendError, match="says nothing|ends the connection|reset"):
        Dask(f"tcp://127.0.0.1:{port}", 0, timeout=1.0)
    with pytest.raises(BackendError, match="its certificate is not accepted here"):
        Dask(cluster.address, 0, certificates=temporary_security())
    with pytest.raises(OSError):
        Client(f"tcp://127.0.0.1:{port}", timeout=1, set_as_default=False)
    # One whose authority is the cluster's, and whose certificate is its own.
    stolen = temporary_security()
    stolen.tls_ca_file = cluster.security.tls_ca_file
    with pytest.raises(BackendError, match="does not accept the certificate sent from here"):
        Dask(cluster.address, 0, certificates=stolen)


def test_nobody_else_can_put_modules_where_workers_look_for_them(cluster):
    """Dask looks in its folder of temporary files, which by default any user of the machine may
    have made."""

    def places(dask_worker):
        return sys.path, dask_worker.local_directory

    shared = Path(tempfile.gettempdir()) / "dask-scratch-space"
    assert not [path for path in sys.path if "dask-scratch-space" in path]
    found = [*cluster._client.run(places).values()]
    for looked_in, own in found:
        assert own in looked_in
        for path in map(Path, looked_in):
            assert path != shared and shared not in path.parents
            if Path(tempfile.gettempdir()) in path.parents and "dask-scratch-space" in str(path):
                private = (
                    path
                    if path.name.startswith(".npl_sim")
                    else next(p for p in path.parents if p.name.startswith(".npl_sim"))
                )
                assert private.stat().st_mode & 0o777 == 0o700


def test_a_cluster_leaves_nothing_behind(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = list(sys.path)
    with Dask(None, 1) as found:
        assert len(list(tmp_path.iterdir())) == 2  # a folder and its lock
    del found
    gc.collect()
    assert not list(tmp_path.iterdir()) and sys.path == before


def test_workers_begin_without_the_current_folder(cluster):
    assert set(cluster._client.run(os.getenv, "PYTHONSAFEPATH").values()) == {"1"}


def test_without_the_package_for_certificates_there_is_no_cluster(monkeypatch):
    """Rather none than one without TLS."""
    monkeypatch.setitem(sys.modules, "cryptography", None)
    monkeypatch.setattr(dask_backend, "LocalCluster", lambda *a: pytest.fail("started"))
    with pytest.raises(
        BackendError, match="needs the package cryptography, .* pip install 'npl_sim.dist.'"
    ):
        Dask(None, 1)


def test_workers_of_another_version_are_refused(tmp_path, cluster, monkeypatch):
    case = small_run(tmp_path)
    monkeypatch.setattr(dask_workers, "version_hash", lambda: "another")
    reported = []
    with Dask(cluster.address, 0, report=reported.append, certificates=cluster.security) as other:
        with pytest.raises(
            BackendError, match="no worker is left; .* runs another version of npl_sim"
        ):
            simulate(case.study, case.table, backend=other)
    assert len(reported) == 2 and all("is left out" in line for line in reported)


def test_one_worker_of_another_version_is_left_out_and_reported_once(tmp_path, cluster):
    """It would fail fast and draw the tiles to itself."""
    case, reported = small_run(tmp_path, scenarios=16 * TILE), []

    def pretend(hashed):

        identity.version_hash, identity.true_hash = (
            (lambda: hashed, identity.version_hash) if hashed else (identity.true_hash, None)
        )

    wrong = next(iter(pids(cluster)))
    cluster._client.run(pretend, "another", workers=[wrong])
    try:
        with Dask(
            cluster.address, 0, report=reported.append, certificates=cluster.security
        ) as other:
            for _ in range(2):
                same(
                    simulate(case.study, case.table, backend=other),
                    simulate(case.study, case.table),
                )
            assert other._workers.fit == [w for w in pids(cluster) if w != wrong]
    finally:
        cluster._client.run(pretend, "", workers=[wrong])
    assert len(reported) == 1 and f"the worker at {wrong} is left out" in reported[0]


def test_a_missing_package_is_reported(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(BackendError, match="pip install 'npl_sim.dist.'"):
        Dask(None, 1)
