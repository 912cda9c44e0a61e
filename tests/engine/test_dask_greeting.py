"""What answers at an address is a Dask scheduler of this version, or a line says what it is,
within seconds."""

from __future__ import annotations

import socket
import subprocess
import sys
import time

import pytest

from npl_sim.core.errors import BackendError
from npl_sim.engine.backends.dask import backend as dask_backend
from npl_sim.engine.backends.dask import handshake as dask_greeting
from npl_sim.engine.backends.dask.address import Address
from npl_sim.engine.backends.dask.backend import Dask
from npl_sim.engine.backends.dask.handshake import check_versions, greet, on_this_machine, resolve
from tests.engine.dask_peers import peer, silent

pytestmark = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"
)


def closing(connection):
    connection.close()


def banner(connection):
    connection.sendall(b"SSH-2.0-OpenSSH_9.9\r\n")
    time.sleep(5)


def short(connection):
    connection.sendall(b"abc")
    connection.close()


def garbage(connection):
    connection.sendall(bytes(range(255, 200, -1)))
    time.sleep(5)


@pytest.mark.parametrize(
    ("answer", "settings"),
    [
        (silent, "says nothing"),
        (closing, "ends the connection"),
        (short, "ends the connection"),
        (banner, 'says "SSH-2.0-"'),
        (garbage, "says"),
    ],
)
def test_what_does_not_speak_dask_is_reported(answer, settings):
    with peer(answer) as (port, _):
        began = time.monotonic()
        with pytest.raises(BackendError) as reported:
            greet(Address("tcp", "127.0.0.1", port), None, 1.0)
        assert time.monotonic() - began < 3.0
    assert f"what listens at tcp://127.0.0.1:{port} {settings}" in str(reported.value)
    assert (
        "as a Dask scheduler does not" in str(reported.value) and str(reported.value).isprintable()
    )


def test_dask_s_greeting_with_nothing_behind_it_is_reported():
    """It begins like a scheduler, and never answers."""

    def half(connection):
        connection.sendall((64).to_bytes(8, "little"))
        time.sleep(5)

    with peer(half) as (port, _):
        greet(Address("tcp", "127.0.0.1", port), None, 1.0)
        with pytest.raises(BackendError, match="does not report its versions"):
            check_versions(Address("tcp", "127.0.0.1", port), {}, 1.0)


def test_a_port_where_nobody_listens_is_reported_at_once():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.monotonic()
    with pytest.raises(
        BackendError, match=f"no scheduler answers at tcp://127.0.0.1:{port} .Connection refused"
    ):
        Dask(f"tcp://127.0.0.1:{port}", 0)
    assert time.monotonic() - began < 3.0


def test_a_host_that_is_not_known_is_reported(monkeypatch):
    def unknown(*args, **settings):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(
        BackendError, match='the host "nobody" is not known .Name or service not known'
    ):
        resolve(Address("tcp", "nobody", 1), 5.0)


def test_a_host_that_takes_long_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **b: time.sleep(30))
    began = time.monotonic()
    with pytest.raises(BackendError, match="is not known .nothing within 0.2 s"):
        resolve(Address("tcp", "slow", 1), 0.2)
    assert time.monotonic() - began < 3.0


def test_a_name_that_is_none_is_reported():
    with pytest.raises(BackendError, match="is not known"):
        resolve(Address("tcp", "a" * 70 + ".example", 1), 5.0)


@pytest.mark.parametrize(
    ("numbers", "here"),
    [
        (["127.0.0.1"], True),
        (["127.8.9.1", "::1"], True),
        (["10.0.0.5"], False),
        (["127.0.0.1", "10.0.0.5"], False),
        (["fe80::1%eth0"], False),
        (["0.0.0.0"], False),
    ],
)
def test_what_is_this_machine(numbers, here):
    assert on_this_machine(numbers) is here


def test_an_address_of_another_machine_without_tls_is_refused_before_it_is_contacted(monkeypatch):
    monkeypatch.setattr(dask_backend, "resolve", lambda address, timeout: ["10.0.0.5"])
    monkeypatch.setattr(dask_backend, "greet", lambda *a: pytest.fail("connected"))
    with pytest.raises(
        BackendError, match="anyone who reaches it over the network can run programs"
    ):
        Dask("tcp://scheduler:8786", 0)


@pytest.fixture(scope="module")
def scheduler():
    """A scheduler without TLS on loopback."""
    code = (
        "import asyncio\nfrom distributed import Scheduler\n"
        "async def run():\n"
        "    options = dict(dashboard=False, dashboard_address=':0')\n"
        "    async with Scheduler(host='127.0.0.1', port=0, protocol='tcp', **options) as s:\n"
        "        print(s.address, flush=True)\n        await s.finished()\n"
        "asyncio.run(run())\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    yield process.stdout.readline().strip()
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_scheduler_of_this_version_is_greeted_with_a_warning(scheduler):
    messages = []
    with Dask(scheduler, 0, report=messages.append, timeout=30) as cluster:
        assert cluster.address == scheduler
    (line,) = messages
    assert (
        line.startswith("warning: dask: tcp://127.0.0.1:") and "every user of this machine" in line
    )


@pytest.mark.parametrize("name", ["distributed", "dask", "msgpack", "cloudpickle"])
def test_a_scheduler_of_another_version_is_refused(scheduler, monkeypatch, name):
    true = dask_greeting.metadata.version(name)
    versions = dask_greeting.metadata.version
    monkeypatch.setattr(
        dask_greeting.metadata,
        "version",
        lambda requested: "1999.1.0" if requested == name else versions(requested),
    )
    with pytest.raises(BackendError) as reported:
        Dask(scheduler, 0)
    assert f"runs {name} {true}, here 1999.1.0" in str(reported.value)
    assert "use the same on every machine" in str(reported.value)


def test_another_python_is_refused_and_a_repair_of_it_is_not(scheduler, monkeypatch):
    major, minor = sys.version_info[:2]
    monkeypatch.setattr(dask_greeting.platform, "python_version", lambda: f"{major}.{minor}.999")
    Dask(scheduler, 0).close()
    monkeypatch.setattr(dask_greeting.platform, "python_version", lambda: "3.1.0")
    with pytest.raises(BackendError, match=f"runs Python {major}.{minor}, here 3.1;"):
        Dask(scheduler, 0)


@pytest.mark.parametrize("closes", [True, False])
def test_a_client_that_fails_is_let_go_of(scheduler, monkeypatch, closes):
    """Left half made it would hold the end of the process for two minutes."""
    from distributed import Client

    made = []

    async def fails(self, timeout=None):
        made.append(self)
        raise TypeError("unexpected keyword argument")

    def stuck(self, timeout=None):
        raise TimeoutError

    monkeypatch.setattr(Client, "_ensure_connected", fails)
    if not closes:
        monkeypatch.setattr(Client, "close", stuck)
    with pytest.raises(
        BackendError, match="no scheduler answers at .*unexpected keyword argument"
    ):
        Dask(scheduler, 0)
    assert [client.status for client in made] == ["closed"]
