"""A command that cannot connect to a cluster, or is stopped meanwhile, ends at once."""

from __future__ import annotations

import contextlib
import http.server
import signal
import socket
import subprocess
import threading
import time

import pytest

from npl_sim.core.errors import BackendError
from npl_sim.engine.backends.dask.local_cluster import LocalCluster
from tests.engine.dask_peers import SOON, command, peer, reported, silent

pytestmark = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"
)


def test_the_command_leaves_at_once_where_nobody_listens(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code, settings, seconds = reported(tmp_path, "--dask", f"tcp://127.0.0.1:{port}")
    assert code == 2 and seconds < SOON, settings
    assert settings.startswith("npl-sim: dask: no scheduler answers") and settings.count("\n") == 1


def test_a_batch_leaves_at_once_too_and_its_process_with_it(tmp_path):
    line, variables = command(tmp_path, "--dask", "tcp://127.0.0.1:1", "--out", "out")
    line[line.index("price")] = "batch"
    began = time.monotonic()
    done = subprocess.run(
        line, capture_output=True, text=True, env=variables, cwd=tmp_path, timeout=100
    )
    assert done.returncode == 2 and time.monotonic() - began < SOON, done.stderr
    assert (
        done.stderr.startswith("npl-sim: dask: no scheduler answers")
        and done.stderr.count("\n") == 1
    )


def test_the_command_leaves_a_web_server_alone(tmp_path):
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler
    ) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        code, settings, seconds = reported(
            tmp_path, "--dask", f"tcp://127.0.0.1:{server.server_address[1]}"
        )
        server.shutdown()
    assert code == 2 and seconds < SOON, settings
    assert "as a Dask scheduler does not" in settings and settings.count("\n") == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stop_while_it_connects_ends_the_command_at_once(tmp_path, number, code):
    with peer(silent) as (port, came):
        line, variables = command(tmp_path, "--dask", f"tcp://127.0.0.1:{port}")
        process = subprocess.Popen(
            line,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=variables,
            cwd=tmp_path,
            # A suite in the background is deaf to Ctrl-C, and its children would be.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        try:
            assert came.wait(60)
            process.send_signal(number)
            _, settings = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == code and "Traceback" not in settings


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stop_while_workers_start_ends_the_command_without_a_traceback(tmp_path, number, code):
    import psutil

    line, variables = command(tmp_path, "--threads", "2")
    process = psutil.Popen(
        line,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=variables,
        cwd=tmp_path,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        until = time.monotonic() + 60
        while not process.children():
            assert time.monotonic() < until and process.poll() is None
            time.sleep(0.02)
        time.sleep(0.3)
        workers = process.children(recursive=True)
        process.send_signal(number)
        _, settings = process.communicate(timeout=30)
        assert not psutil.wait_procs(workers, timeout=10)[1]
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    assert process.returncode == code and "Traceback" not in settings, settings


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (KeyboardInterrupt(), KeyboardInterrupt),
        (SystemExit(143), SystemExit),
        (OSError("no room"), BackendError),
    ],
)
def test_a_local_cluster_that_does_not_start_is_let_go_of(monkeypatch, fault, raised):
    """Dask would try to close it as the process ends, with words of its own."""
    import distributed

    made = []

    class Half:
        shutdown_on_close = True

        def __init__(self, **options):
            made.append(self)
            raise fault

        def close(self, timeout):
            raise AssertionError("Status.init")

    monkeypatch.setattr(distributed, "LocalCluster", Half)
    with pytest.raises(raised):
        LocalCluster(2, None)
    assert [half.shutdown_on_close for half in made] == [False]
