"""A folder from another person can hold files named like modules of Python; none is run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from npl_sim.engine.backends.safe_start import SAFE_PATH, safe_start

ROOT = Path(__file__).parents[2]


@pytest.fixture
def sent(tmp_path):
    """A folder with a study that fails at once, and modules that leave a trace if they run."""
    folder = tmp_path / "sent"
    folder.mkdir()
    trace = tmp_path / "trace"
    for name in ("multiprocessing", "runpy", "selectors", "pickle", "numpy"):
        (folder / f"{name}.py").write_text(
            f"open({str(trace)!r}, 'a').write('{name} ')\nraise SystemExit(7)\n"
        )
    (folder / "study.yaml").write_text("name: sent\n")
    return folder, trace


def run(folder, program):
    """Run a program that is installed elsewhere, as `npl-sim` is, from the folder."""
    script = folder.parent / "program.py"
    script.write_text(program)
    environment = {k: v for k, v in os.environ.items() if k != SAFE_PATH} | {
        "PYTHONPATH": str(ROOT)
    }
    return subprocess.run(
        [sys.executable, str(script), "batch", ".", "--out", str(folder.parent / "out")],
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
        timeout=100,
    )


def test_a_process_started_without_care_runs_them(sent):
    """What the module is for: if Python changes, it can go."""
    done = run(
        sent[0],
        "import multiprocessing as mp\n"
        "if __name__ == '__main__':\n"
        "    process = mp.get_context('spawn').Process(target=print)\n"
        "    process.start()\n    process.join()\n",
    )
    assert sent[1].exists(), done.stderr


def test_batch_does_not_run_them(sent):
    done = run(sent[0], "from npl_sim.cli import main\nif __name__ == '__main__':\n    main()\n")
    assert done.returncode == 4 and "study.yaml" in done.stderr + done.stdout, done.stderr
    assert not sent[1].exists(), sent[1].read_text()


@pytest.mark.parametrize("before", [None, "0", "x"])
def test_the_environment_is_as_before(monkeypatch, before):
    monkeypatch.delenv(SAFE_PATH, raising=False)
    if before is not None:
        monkeypatch.setenv(SAFE_PATH, before)
    with pytest.raises(KeyError), safe_start():
        assert os.environ[SAFE_PATH] == "1"
        raise KeyError
    assert os.environ.get(SAFE_PATH) == before
