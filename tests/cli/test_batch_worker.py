"""The worker process of a batch: when it is killed, only the current run is lost."""

from __future__ import annotations

import contextlib
import json
import multiprocessing as mp
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from npl_sim.cli.batch_display import BatchLines
from npl_sim.runs.batch import worker
from tests.builders.studies import loan, write_csv

ROOT = Path(__file__).parents[2]


def test_a_run_that_is_killed_costs_only_itself(batch, studies, tmp_path, monkeypatch):
    start, killed = BatchLines.start, []

    def kill(self, total, label):
        start(self, total, label)
        if not killed:
            (process,) = mp.active_children()
            killed.append(process.pid)
            os.kill(process.pid, signal.SIGKILL)

    monkeypatch.setattr(BatchLines, "start", kill)
    long = (studies / "one.yaml").read_text().replace("scenarios: 100", "scenarios: 50000")
    (studies / "one.yaml").write_text(long)
    code, output, _ = batch(studies, "--out", tmp_path / "out", "--no-figures")
    frame = pd.read_parquet(tmp_path / "out" / "results.parquet")
    assert code == 4 and killed and list(frame["status"]) == ["failed", "done"]
    assert frame["message"][0] == (
        "the process was killed (signal 9); often too little memory: "
        "lower simulation.memory_limit_gib"
    )
    assert "was killed" in output and not mp.active_children()
    # The other run is that of a process without such a neighbor, and the batch goes on.
    code, _, progress = batch(studies, "--out", tmp_path / "out", "--no-figures")
    assert code == 0 and "1 done, 1 skipped" in progress


def test_a_process_is_kept_from_run_to_run(batch, studies, tmp_path, monkeypatch):
    real, seen = BatchLines.finish, []

    def finish(self):
        real(self)
        seen.extend(process.pid for process in mp.active_children())

    monkeypatch.setattr(BatchLines, "finish", finish)
    assert batch(studies, "--out", tmp_path / "out", "--no-figures")[0] == 0
    assert len(seen) == 2 and len(set(seen)) == 1


def _children(pid):
    """Return the processes that a process started, and theirs."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parts = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(parts[1]) == pid and parts[0] != "Z":
            found += [int(stat.parent.name), *_children(int(stat.parent.name))]
    return found


def _until(condition, seconds=90.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_nothing_outlives_a_batch_that_is_stopped(studies, tmp_path, number):
    # Enough loan paths that finished scenarios are stored: they show that it simulates.
    many = [loan(i) for i in range(1000)]
    write_csv(tmp_path / "two" / "loans.csv", many)
    vast = (studies / "two.yaml").read_text().replace("scenarios: 100", "scenarios: 200000")
    (studies / "two.yaml").write_text(vast)
    command = [
        sys.executable,
        "-m",
        "npl_sim",
        "batch",
        str(studies),
        "--out",
        str(tmp_path / "out"),
        "--no-figures",
    ]
    with (tmp_path / "output").open("w") as output:
        whole = subprocess.Popen(
            command,
            stderr=output,
            stdout=output,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            start_new_session=True,
        )
    try:
        _until(lambda: list((tmp_path / "out").glob(".work/two-*/*/plan.json")))
        theirs = _children(whole.pid)
        assert theirs
        if number == signal.SIGINT:
            os.killpg(whole.pid, number)  # as a terminal does
        else:
            whole.send_signal(number)
        assert whole.wait(60) == (130 if number == signal.SIGINT else -number)
        _until(lambda: not [pid for pid in theirs if Path(f"/proc/{pid}").exists()], 30)
    finally:
        whole.kill()
        whole.wait()
    text = (tmp_path / "output").read_text()
    assert "Traceback" not in text
    assert list(pd.read_csv(tmp_path / "out" / "results.csv", encoding="utf-8-sig")["status"]) == [
        "done"
    ]
    assert json.loads(next((tmp_path / "out").glob("one-*/manifest.json")).read_text())["batch"][
        "file"
    ]


def test_an_interrupted_run_ends_where_nobody_listens_any_more():
    """Else the process would wait ten seconds for its end."""

    class Interrupted:
        def row(self, entry, listener):
            listener.start(2, "run")
            try:
                listener.advance(1)
                raise KeyboardInterrupt
            finally:
                listener.finish()

    here, there = mp.Pipe()
    there.close()
    session = worker._Session(here, None)
    session._pricer = Interrupted()
    with here, pytest.raises(KeyboardInterrupt):
        session.row(None)
    assert not session.busy


def test_ctrl_c_that_is_lost_on_the_way_is_not_forgotten(batch, studies, tmp_path, monkeypatch):
    """What is raised in a finalizer goes no further: Python drops it."""

    def lose(self, total, label):
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(BatchLines, "start", lose)
    # In the background the shell has interrupts ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        code, _, _ = batch(studies, "--out", tmp_path / "out", "--no-figures")
        assert code == 130
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
