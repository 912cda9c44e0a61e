"""Peers that do not speak Dask, and a command that connects to one."""

from __future__ import annotations

import contextlib
import os
import socketserver
import subprocess
import sys
import threading
import time
from pathlib import Path

from tests.engine.stored_runs import small_run

ROOT = Path(__file__).parents[2]


SOON = 60.0
"""Most time of a command on a busy machine; a failed client takes 120. [seconds]"""


@contextlib.contextmanager
def peer(answer):
    """Listen on loopback, answer each connection, and give the port and an event that is set at
    the first one."""
    came = threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            came.set()
            answer(self.request)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_address[1], came
        finally:
            server.shutdown()


def silent(connection):
    time.sleep(30)


def command(folder, *settings):
    """Return the words of a command that prices a small study on Dask, and its environment."""
    small_run(folder)
    line = [
        sys.executable,
        "-m",
        "npl_sim",
        "price",
        str(folder / "study.yaml"),
        "--backend",
        "dask",
        *settings,
    ]
    return line, {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }


def reported(folder, *settings):
    """Run the command; return its exit code, its words and its seconds."""
    line, variables = command(folder, *settings)
    began = time.monotonic()
    done = subprocess.run(
        line, capture_output=True, text=True, env=variables, cwd=folder, timeout=100
    )
    return done.returncode, done.stderr, time.monotonic() - began
