"""Runs that a signal or a full disk stops resume to the same bytes."""

from __future__ import annotations

import signal
import time

from tests.engine.stopped_runs import contents, priced, start
from tests.engine.stored_runs import blocks, small_run


def test_killed_runs_go_on_to_the_same_bytes(tmp_path, monkeypatch):
    """kill -9 after the second and after the seventh block, and in the middle of writing the
    fifth."""
    small_run(tmp_path)
    yaml = tmp_path / "study.yaml"
    children = {}
    for name, hang in (("early", 0), ("late", 0), ("writing", 5)):
        work = tmp_path / name
        children[name] = start(
            ["price", yaml, "--out", tmp_path / f"{name}-run", "--work", work, "-q"], hang
        )
    priced(monkeypatch, yaml, "--out", tmp_path / "whole")
    points = {
        "early": lambda w: len(blocks(w)) >= 2,
        "late": lambda w: len(blocks(w)) >= 7,
        "writing": lambda w: (
            len(blocks(w)) == 4 and list(w.glob(".npl_sim-*/kinds-rows-000000004-*"))
        ),
    }
    pending = dict(points)
    until = time.monotonic() + 90
    while pending and time.monotonic() < until:
        for name, events in list(pending.items()):
            assert children[name].poll() is None, children[name].stderr.read()
            if events(tmp_path / name):
                children[name].send_signal(signal.SIGKILL)
                assert children[name].wait() == -signal.SIGKILL
                children[name].stderr.close()
                del pending[name]
        time.sleep(0.002)
    assert not pending
    for name in points:
        work = tmp_path / name
        assert 2 <= len(blocks(work)) < 10 and not (tmp_path / f"{name}-run").exists()
        priced(monkeypatch, yaml, "--out", tmp_path / f"{name}-run", "--work", work)
        assert contents(tmp_path / f"{name}-run") == contents(tmp_path / "whole")


def test_a_limit_on_the_size_of_files_is_reported_like_a_full_disk(tmp_path, monkeypatch):
    small_run(tmp_path, "streamed")
    yaml, work = tmp_path / "study.yaml", tmp_path / "work"
    child = start(["price", yaml, "--out", tmp_path / "run", "--work", work, "-q"], limit=20_000)
    _, messages = child.communicate(timeout=60)
    assert (
        child.returncode == 2
        and "cannot be written (File too large)" in messages
        and "Traceback" not in messages
    )
    assert not (tmp_path / "run").exists()
    priced(monkeypatch, yaml, "--out", tmp_path / "run", "--work", work)
    priced(monkeypatch, yaml, "--out", tmp_path / "whole")
    assert contents(tmp_path / "run") == contents(tmp_path / "whole")
