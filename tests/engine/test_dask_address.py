"""The address of a scheduler is read before anything is connected, and TLS is asked for where it
counts."""

from __future__ import annotations

import subprocess
import sys

import pytest

from npl_sim.core.errors import BackendError, NplSimError
from npl_sim.engine.backends.dask.address import Address, check_transport, parse_address
from npl_sim.runs.backend_choice import BackendChoice


@pytest.mark.parametrize(
    ("text", "scheme", "host", "port"),
    [
        ("tls://10.0.0.5:8786", "tls", "10.0.0.5", 8786),
        ("tcp://host1:1", "tcp", "host1", 1),
        ("tcp://[::1]:65535", "tcp", "::1", 65535),
        ("tls://npl-scheduler.default.svc:8786", "tls", "npl-scheduler.default.svc", 8786),
    ],
)
def test_an_address_is_read(text, scheme, host, port):
    address = parse_address(text)
    assert address == Address(scheme, host, port) and str(address) == text
    assert address.encrypted == (scheme == "tls")


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("127.0.0.1", "has no scheme"),
        ("127.0.0.1:8786", "has no scheme"),
        ("", "has no scheme"),
        ("scheduler.json", "has no scheme"),
        ("tcp://127.0.0.1", "has no port"),
        ("tls://127.0.0.1:", "has no port"),
        ("tls://[::1]", "has no port"),
        ("tls://127.0.0.1:0", "has no port"),
        ("tls://:8786", "has no host"),
        ("tls://", "has no host"),
        ("tls://127.0.0.1:65536", "a port from 1 to 65535"),
        ("tls://127.0.0.1:-1", "a port from 1 to 65535"),
        ("tls://127.0.0.1:port", "a port from 1 to 65535"),
        ("tls://[::1", "expected a host"),
        ("http://127.0.0.1:8787/status", "expected tls:// or tcp://"),
        ("nonsense://x", "expected tls:// or tcp://"),
        ("TLS://127.0.0.1:8786", "expected tls:// or tcp://"),
        ("tls://127.0.0.1:8786/status", "nothing else"),
        ("tls://127.0.0.1:8786?x=1", "nothing else"),
        ("tls://me@127.0.0.1:8786", "nothing else"),
        ("tls://127.0.0.1:8786 ", "nothing else"),
        ("tls://127.0.0.1 :8786", "nothing else"),
    ],
)
def test_what_is_no_address_is_reported(text, settings):
    with pytest.raises(BackendError) as reported:
        parse_address(text)
    assert settings in str(reported.value) and f'address: got "{text}"' in str(reported.value)
    assert "tls://10.0.0.5:8786" in str(reported.value)


def test_an_address_cannot_write_to_the_terminal():
    with pytest.raises(BackendError) as reported:
        parse_address("tls://host\x1b[2J:8786")
    assert "\x1b" not in str(reported.value)
    with pytest.raises(BackendError) as reported:
        parse_address("x" * 100_000)
    assert len(str(reported.value)) < 400


REMOTE, LOCAL, SECURE = (
    Address("tcp", "10.0.0.5", 8786),
    Address("tcp", "127.0.0.1", 8786),
    Address("tls", "h", 1),
)


def test_another_machine_without_tls_is_refused_unless_allowed():
    with pytest.raises(BackendError) as reported:
        check_transport(REMOTE, local=False, insecure=False)
    assert "anyone who reaches it over the network can run programs" in str(reported.value)
    assert "the folder certificates" in str(reported.value) and "or insecure" in str(
        reported.value
    )
    warning = check_transport(REMOTE, local=False, insecure=True)
    assert warning.startswith(
        "warning: dask: tcp://10.0.0.5:8786 is without TLS: anyone who reaches it"
    )


def test_this_machine_without_tls_is_warned_of():
    for insecure in (False, True):
        warning = check_transport(LOCAL, local=True, insecure=insecure)
        assert "warning" in warning and "every user of this machine can run programs" in warning


def test_tls_is_not_warned_of():
    assert check_transport(SECURE, local=False, insecure=False) == ""
    with pytest.raises(BackendError, match="^insecure: got tls"):
        check_transport(SECURE, local=False, insecure=True)


@pytest.mark.parametrize(
    ("choice", "settings"),
    [
        ({"kind": "gpu"}, '--backend: got "gpu"; expected threads or dask'),
        ({"kind": "threads", "address": "tls://h:1"}, "expected --backend dask with it"),
        ({"kind": "threads", "tls": "folder"}, "--dask-tls: is for a running scheduler"),
        ({"kind": "dask", "tls": "folder"}, "--dask-tls: is for a running scheduler"),
        ({"kind": "dask", "insecure": True}, "--dask-insecure: is for a running scheduler"),
        ({"kind": "dask", "address": "127.0.0.1"}, "has no scheme"),
        (
            {"kind": "dask", "address": "tls://h:1", "insecure": True},
            "--dask-insecure: got tls",
        ),
        ({"kind": "dask", "address": "tcp://h:1", "tls": "folder"}, "expected tls://h:1"),
    ],
)
def test_options_that_do_not_fit_are_reported(choice, settings):
    with pytest.raises(NplSimError) as reported:
        BackendChoice(**choice).check()
    assert settings in str(reported.value)
    with pytest.raises(NplSimError), BackendChoice(**choice).open():
        pass


def test_options_that_fit_are_taken():
    for choice in (
        BackendChoice(),
        BackendChoice("dask"),
        BackendChoice("dask", "tls://h:1"),
        BackendChoice("dask", "tcp://h:1", insecure=True),
    ):
        choice.check()
    with BackendChoice().open() as backend:
        assert backend is None


def test_options_are_checked_without_loading_dask():
    code = (
        "import sys\nfrom npl_sim.runs.backend_choice import BackendChoice\n"
        "BackendChoice('dask', 'tls://h:1').check()\n"
        "print([m for m in ('distributed', 'dask', 'numba') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
