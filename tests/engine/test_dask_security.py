"""Certificates for a cluster: made by the commands of the page on trust, used by two processes,
refused where they do not fit."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from npl_sim.core.errors import BackendError
from npl_sim.engine.backends.dask.address import Address
from npl_sim.engine.backends.dask.backend import Dask
from npl_sim.engine.backends.dask.certificates import (
    CERTIFICATES,
    check_security,
    security_of,
    temporary_security,
)
from npl_sim.engine.simulate import simulate
from tests.engine.stored_runs import same, small_run

ROOT = Path(__file__).parents[2]
SECURE = Address("tls", "127.0.0.1", 1)

pytestmark = [
    pytest.mark.skipif(
        shutil.which("openssl") is None, reason="the commands of docs/trust.md need openssl"
    ),
    pytest.mark.filterwarnings(
        "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"
    ),
]


def made(folder):
    """Carry out the commands of the page; return the folder of certificates."""
    page = (ROOT / "docs" / "trust.md").read_text(encoding="utf-8")
    (commands,) = (
        block for block in re.findall(r"```sh\n(.*?)```", page, re.S) if "openssl" in block
    )
    subprocess.run(["sh", "-ec", commands], cwd=folder, check=True, capture_output=True)
    return folder / "certificates"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return made(tmp_path_factory.mktemp("ours"))


@pytest.fixture(scope="module")
def strangers(tmp_path_factory):
    return made(tmp_path_factory.mktemp("theirs"))


@pytest.fixture
def client(certificates, tmp_path):
    """A copy of the client's folder, to damage."""
    return Path(shutil.copytree(certificates / "client", tmp_path / "client"))


@pytest.fixture(scope="module")
def cluster(certificates, tmp_path_factory):
    """The address of a scheduler with one worker, each a process started as the page says, on
    loopback."""
    file = tmp_path_factory.mktemp("cluster") / "scheduler.json"
    tls = [
        "--protocol",
        "tls",
        "--tls-ca-file",
        "ca.pem",
        "--tls-cert",
        "cert.pem",
        "--tls-key",
        "key.pem",
    ]
    variables = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }
    processes = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                f"distributed.cli.dask_{role}",
                "--scheduler-file",
                str(file),
                *tls,
                "--no-dashboard",
                *more,
            ],
            cwd=certificates / role,
            env=variables,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for role, more in (
            ("scheduler", ["--host", "127.0.0.1", "--port", "0"]),
            ("worker", ["--no-nanny", "--nthreads", "1"]),
        )
    ]
    try:
        until = time.monotonic() + 60
        while not (file.exists() and file.stat().st_size):
            assert time.monotonic() < until
            time.sleep(0.05)
        yield json.loads(file.read_text())["address"]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_the_page_s_certificates_are_private(certificates):
    assert sorted(p.name for p in (certificates / "client").iterdir()) == sorted(CERTIFICATES)
    for path in (certificates, *certificates.rglob("*")):
        assert not path.stat().st_mode & 0o077, path


def test_two_processes_with_certificates_give_the_bits_of_one_thread(
    tmp_path, cluster, certificates
):
    messages = []
    with Dask(cluster, 0, report=messages.append, certificates=certificates / "client") as workers:
        case = small_run(tmp_path)
        same(
            simulate(case.study, case.table, backend=workers),
            simulate(case.study, case.table, threads=1),
        )
    assert cluster.startswith("tls://127.0.0.1:") and not messages


def test_the_settings_of_dask_count_where_no_folder_is_given(cluster, certificates):
    import dask

    with pytest.raises(
        BackendError, match="needs certificates; expected --dask-tls FOLDER with ca.pem"
    ):
        Dask(cluster, 0)
    ca, cert, key = (str(certificates / "client" / name) for name in CERTIFICATES)
    settings = {
        "distributed.comm.tls.ca-file": ca,
        "distributed.comm.tls.client.cert": cert,
        "distributed.comm.tls.client.key": key,
    }
    with dask.config.set(settings):
        Dask(cluster, 0).close()


def test_certificates_of_another_authority_are_reported(cluster, strangers, client):
    with pytest.raises(
        BackendError,
        match="its certificate is not accepted here .*signed by the authority in ca.pem",
    ):
        Dask(cluster, 0, certificates=strangers / "client")
    for name in ("cert.pem", "key.pem"):
        shutil.copy(strangers / "client" / name, client / name)
    with pytest.raises(BackendError, match="does not accept the certificate sent from here"):
        Dask(cluster, 0, certificates=client)


def test_a_scheduler_with_tls_is_not_used_without(cluster):
    with pytest.raises(BackendError, match="or is it with TLS, at a tls:// address"):
        Dask(cluster.replace("tls://", "tcp://"), 0, timeout=1.0)


@pytest.mark.parametrize("name", CERTIFICATES)
def test_a_missing_file_is_reported(client, name):
    (client / name).unlink()
    with pytest.raises(BackendError) as reported:
        security_of(client)
    assert str(client / name) in str(reported.value) and "is missing" in str(reported.value)


def test_a_folder_that_is_none_is_reported(tmp_path):
    with pytest.raises(
        BackendError, match="is not a folder; expected one with ca.pem, cert.pem, key.pem"
    ):
        security_of(tmp_path / "nothing")
    (tmp_path / "file").write_text("x")
    with pytest.raises(BackendError, match="is not a folder"):
        security_of(str(tmp_path / "file"))


@pytest.mark.parametrize(
    ("mode", "taken"),
    [(0o600, 1), (0o400, 1), (0o440, 1), (0o640, 1), (0o604, 0), (0o660, 0), (0o602, 0)],
)
def test_a_key_that_others_may_read_is_refused(client, mode, taken):
    (client / "key.pem").chmod(mode)
    if taken:
        security_of(client)
        return
    with pytest.raises(
        BackendError,
        match=f"key.pem. may be read or changed by other users .mode {mode:04o}.*chmod 600",
    ):
        security_of(client)


@pytest.mark.parametrize("name", CERTIFICATES)
@pytest.mark.parametrize("content", [b"", b"\x00\xff", None])
def test_a_damaged_file_is_reported(client, name, content):
    path = client / name
    path.write_bytes(path.read_bytes()[:100] if content is None else content)
    with pytest.raises(BackendError) as reported:
        check_security(SECURE, security_of(client), given=True)
    assert (
        str(path) in str(reported.value)
        and "cannot be used" in str(reported.value)
        and "PEM" in str(reported.value)
    )


def test_a_key_of_another_certificate_is_reported(client, strangers):
    shutil.copy(strangers / "client" / "key.pem", client / "key.pem")
    with pytest.raises(BackendError, match="cannot be used .KEY_VALUES_MISMATCH"):
        check_security(SECURE, security_of(client), given=True)


def test_certificates_are_not_given_for_nothing(client):
    with pytest.raises(BackendError, match="certificates are given, and tcp://h:1 is without TLS"):
        check_security(Address("tcp", "h", 1), security_of(client), given=True)


def test_dask_s_own_settings_are_heeded_and_checked():
    import dask

    with dask.config.set({"distributed.comm.require-encryption": True}):
        with pytest.raises(BackendError, match="settings of Dask require encryption"):
            check_security(Address("tcp", "h", 1), security_of(None), given=False)
    with dask.config.set({"distributed.comm.tls.min-version": 7}):
        with pytest.raises(BackendError, match="the settings of Dask are not valid"):
            security_of(None)
    assert check_security(Address("tcp", "h", 1), security_of(None), given=False) == {}


def test_each_run_has_a_certificate_of_its_own():
    first, second = temporary_security(), temporary_security()
    assert first.require_encryption and first.tls_ca_file != second.tls_ca_file
    assert first.tls_client_key != second.tls_client_key
    assert "\n" in first.tls_client_key  # the key itself, not the name of a file
