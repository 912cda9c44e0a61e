"""A pipe, device, socket or folder instead of an input file is refused at once, in one line."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import time

import pytest

from npl_sim.core.errors import InputFileError
from npl_sim.core.input_file import file_size, open_regular, read_regular
from tests.builders.shipped import text_of
from tests.builders.studies import loan, study
from tests.cli.conftest import POLICY, SIZE

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")

KINDS = {
    "pipe": "is a pipe",
    "zero": "is a device",
    "socket": "is a socket",
    "folder": "is a folder",
}

SHIPPED = {
    "deals/deal.yaml": "examples/deals/three_tranche.yaml",
    "ratings/hazards.yaml": "ratings/hazards.yaml",
    "ratings/stresses.yaml": "ratings/stresses.yaml",
    "contract.yaml": "examples/channel/first_loss_guarantee.yaml",
    "outcomes.csv": "examples/channel/first_loss_outcomes.csv",
}

STUDIES = {
    "study": ("validate", "bad.x"),
    "priced study": ("price", "bad.x"),
    "explained study": ("explain", "bad.x"),
    "compared study": ("compare", "bad.x", "--with", "simulation.seed=2"),
    "legal": ("validate", "study.yaml", "--set", "legal=bad.x"),
    "market": ("price", "study.yaml", "--set", "market=bad.x"),
    "deal of a study": ("deal", "run", "study.yaml", "--set", "deal=bad.x"),
    "loans": ("price", "study.yaml", "--set", "tape.loans=bad.x"),
    "collateral": ("validate", "study.yaml", "--set", "tape.collateral=bad.x"),
    "guarantors": ("validate", "study.yaml", "--set", "tape.guarantors=bad.x"),
    "deal": ("deal", "run", "bad.x", "--flows", "study.yaml"),
    "deal option": ("deal", "size", "study.yaml", "--deal", "bad.x"),
    "flows": ("deal", "run", "deals/deal.yaml", "--flows", "bad.csv"),
    "recipe": ("deal", "size", "deals/deal.yaml", "--flows", "bad.yaml"),
    "contract": ("channel", "study.yaml", "--contract", "bad.x"),
    "outcomes": ("channel", "contract.yaml", "--outcomes", "bad.x"),
    "side letter": (
        "channel",
        "contract.yaml",
        "--outcomes",
        "outcomes.csv",
        "--side-letter",
        "bad.x",
    ),
    "tape by itself": ("validate", "bad.csv"),
}


@contextlib.contextmanager
def at_once(seconds=20):
    """Fail where the body hangs; the work itself takes far less."""

    def stop(number, frame):
        raise AssertionError(f"still waiting after {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def put(path, kind):
    """Put something that is no file at a path."""
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "zero":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    elif kind == "socket":
        with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)  # a full path may be longer than a socket's name


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_file_is_not_opened(tmp_path, kind):
    put(tmp_path / "x", kind)
    for call in (
        lambda: file_size(tmp_path / "x", "a study"),
        lambda: open_regular(tmp_path / "x", "a study"),
        lambda: read_regular(tmp_path / "x", 10, "a study"),
    ):
        with (
            at_once(5),
            pytest.raises(InputFileError, match=f"x: {KINDS[kind]}.*; expected a study$") as found,
        ):
            call()
        assert not found.value.missing


def test_bytes_are_read_up_to_the_limit(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"12345")
    assert read_regular(path, 5, "a study") == b"12345"
    with pytest.raises(InputFileError, match="x: 5 bytes; expected a study of at most 4 bytes"):
        read_regular(path, 4, "a study")
    with pytest.raises(InputFileError, match="no such file; expected a study") as found:
        read_regular(tmp_path / "y", 4, "a study")
    assert found.value.missing


def test_a_file_of_the_system_without_an_end_is_cut_at_the_limit(tmp_path):
    """Some files look regular, say that they hold nothing, and never end."""
    path = tmp_path / "x"
    path.write_bytes(b"123456")
    real = os.fstat
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            os, "fstat", lambda handle: os.stat_result((*real(handle)[:6], 0, *real(handle)[7:]))
        )
        with pytest.raises(InputFileError, match="5 bytes; expected a study of at most 4 bytes"):
            read_regular(path, 4, "a study")


@pytest.fixture
def files(tmp_path):
    """A study with its tape, a deal, a contract and outcomes."""
    study(tmp_path, [loan(i) for i in range(3)], POLICY, **SIZE)
    for name, shipped in SHIPPED.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        text = text_of(shipped).replace("package:ratings/", "../ratings/")
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("kind", ["pipe", "zero"])
@pytest.mark.parametrize("arguments", STUDIES.values(), ids=STUDIES)
def test_a_command_refuses_what_is_no_file(files, command, arguments, kind):
    name = next(part for word in arguments for part in word.split("=") if part.startswith("bad."))
    put(files / name, kind)
    with at_once():
        code, _, err = command(*arguments)
    assert code == (
        3
        if "tape" in str(arguments) or (arguments[-1] == "bad.csv" and arguments[0] == "validate")
        else 2
    )
    line = next((line for line in err.splitlines() if name in line), "")
    assert line, err
    assert KINDS[kind] in line and "expected" in line and len(line) < 600


@pytest.mark.parametrize(
    "name", ["manifest.json", "summary.json", "study.json", "tables/loans.parquet"]
)
def test_a_run_folder_with_a_pipe_in_it_is_refused(files, command, name):
    assert command("price", "study.yaml", "--out", "run", "--no-figures", "-q")[0] == 0
    manifest = json.loads((files / "run/manifest.json").read_text())
    assert name == "manifest.json" or name in manifest["files"]
    (files / "run" / name).unlink()
    os.mkfifo(files / "run" / name)
    with at_once():
        code, _, err = command("compare", "run", "run")
    assert code == 2 and name in err


def test_a_work_folder_with_a_pipe_in_it_is_refused(files, command):
    (files / "work").mkdir()
    os.mkfifo(files / "work/plan.json")
    with at_once():
        code, _, err = command(
            "price", "study.yaml", "--work", "work", "--out", "run", "--no-figures"
        )
    assert code == 2 and "plan.json: is a pipe" in err


def test_a_batch_with_a_pipe_in_it_runs_the_others(files, command):
    os.mkfifo(files / "bad.yaml")
    began = time.monotonic()
    with at_once(60):
        code, _, err = command("batch", "bad.yaml", "study.yaml", "--out", "runs", "--no-figures")
    assert code == 4, err
    assert "bad.yaml: is a pipe" in (files / "runs/results.csv").read_text()
    assert time.monotonic() - began < 60


def test_a_batch_whose_table_is_a_pipe_is_refused(files, command):
    (files / "runs").mkdir()
    os.mkfifo(files / "runs/results.csv")
    with at_once():
        code, _, err = command("batch", "study.yaml", "--out", "runs", "--no-figures")
    assert code == 2 and "results.csv: is a pipe" in err
