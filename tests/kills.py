"""Kill commands at random moments: ``python -m tests.kills N [COMMAND...]``, N per signal.

After SIGKILL the next run of the same command leaves no temporary files, and the same bytes as a
run that was not killed. After a signal that requests an end, no temporary file is left at once.
Half of the stops are during writing. Moments come from a fixed seed.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from npl_sim.core.disk.claims import PREFIX
from tests.builders.studies import loan, study

ROOT = Path(__file__).parents[1]
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
GRACE = 90.0
"""Most seconds that a run may take. [s]"""

COMMANDS = {
    "price": ("price", "study.yaml", "--out", "place/o"),
    "bid": ("bid", "study.yaml", "--out", "place/o"),
    "batch": (
        "batch",
        "study.yaml",
        "--grid",
        "simulation.seed=1,2",
        "--figures",
        "--out",
        "place",
    ),
    "synth": ("synth", "place", "--loans", "30000"),
}


def make_study(folder: Path) -> None:
    """Write a study of a few loans and scenarios."""
    policy = {"collection": {"months": 6, "settle_hazard": 0.02, "payment_rate": 0.02}}
    study(
        folder,
        [loan(i) for i in range(5)],
        policy,
        simulation={"scenarios": 96, "seed": 5, "horizon_months": 24},
    )


class Stage:
    """A folder in which one command runs again and again.

    Parameters
    ----------
    folder
        Folder of study, output and temporary files.
    command
        Key of `COMMANDS`.
    """

    def __init__(self, folder: Path, command: str) -> None:
        self.folder, self.settings = folder, COMMANDS[command]
        self.place, self.temporary = folder / "place", folder / "tmp"
        self.temporary.mkdir(parents=True, exist_ok=True)

    def start(self) -> subprocess.Popen[bytes]:
        """Start the command, with Ctrl-C and the end of the terminal not ignored."""
        code = (
            "import signal\n"
            "for s in (signal.SIGINT, signal.SIGHUP): signal.signal(s, signal.SIG_DFL)\n"
            "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
            "from npl_sim.cli import main\nmain()"
        )
        return subprocess.Popen(
            [sys.executable, "-c", code, *self.settings],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(self.temporary)},
        )

    def finish(self) -> tuple[float, float]:
        """Run to the end; return how long it took and how long of that it wrote. [s]"""
        began, writing = time.monotonic(), None
        child = self.start()
        while child.poll() is None:
            if writing is None and self.drafts():
                writing = time.monotonic()
            time.sleep(0.01)
        _, messages = child.communicate()
        assert child.returncode == 0, messages.decode()
        end = time.monotonic()
        return end - began, end - (writing or began)

    def drafts(self) -> list[Path]:
        """Return what is being written."""
        return [*self.place.glob(f"{PREFIX}*/*"), *self.place.glob(f"*/{PREFIX}*/*")]

    def litter(self) -> list[Path]:
        """Return what no run leaves."""
        return [
            *self.temporary.iterdir(),
            *self.folder.rglob(f"{PREFIX}*"),
            *self.folder.rglob(".work"),
        ]

    def litter_names(self) -> list[str]:
        """Return the names of files that no run leaves."""
        return [str(p.relative_to(self.folder)) for p in self.litter()]

    def contents(self) -> dict[str, bytes | str]:
        """Return every file by name, without times."""
        found: dict[str, bytes | str] = {}
        for path in sorted(self.place.rglob("*")):
            name = str(path.relative_to(self.place))
            if path.name.startswith("results."):
                read = pd.read_csv if path.suffix == ".csv" else pd.read_parquet
                found[name] = read(path).drop(columns=["seconds", "status"]).to_csv()
            elif path.is_file() and path.name != "manifest.json":
                found[name] = path.read_bytes()
        return found

    def stop(self, number: signal.Signals, moment: float, in_writing: bool, seconds: float) -> int:
        """Run the command and stop it; return its exit code.

        Parameters
        ----------
        number
            The signal.
        moment
            When, as a share of `seconds` from the start, or from the first draft on.
        in_writing
            Whether it counts from the first draft on.
        seconds
            Length of the run, or of its writing. [s]
        """
        child = self.start()
        until = time.monotonic() + GRACE
        while (
            in_writing and not self.drafts() and child.poll() is None and time.monotonic() < until
        ):
            time.sleep(0.002)
        time.sleep(moment * seconds)
        child.send_signal(number)
        child.communicate(timeout=GRACE)
        return child.returncode


def trial(
    stage: Stage, number: signal.Signals, draw: random.Random, spans: tuple[float, float]
) -> Iterator[str]:
    """Stop one run and run it again; yield what is wrong."""
    shutil.rmtree(stage.place, ignore_errors=True)
    in_writing = draw.random() < 0.5
    code = stage.stop(number, draw.random(), in_writing, spans[in_writing])
    if number != signal.SIGKILL:
        if stage.litter():
            yield f"left after {number.name}: {stage.litter_names()}"
        if code not in (0, 128 + number, -number):  # the last: before the program could listen
            yield f"exit code {code} after {number.name}"
    if stage.settings[0] == "synth":
        stage.settings = (*COMMANDS["synth"], "--force")
    if stage.settings[0] in ("price", "bid"):
        stage.settings = (*COMMANDS[stage.settings[0]], "--force")
    stage.finish()
    if stage.litter():
        yield f"left after the next run: {stage.litter_names()}"


def run(command: str, times: int, signals: Sequence[signal.Signals], seed: int = 0) -> list[str]:
    """Stop a command many times; return what went wrong.

    Parameters
    ----------
    command
        Key of `COMMANDS`.
    times
        Number of stops by each signal.
    signals
        The signals.
    seed
        Seed of the moments.
    """
    draw = random.Random(f"{seed} {command}")
    errors = []
    with tempfile.TemporaryDirectory() as name:
        make_study(Path(name))
        stage = Stage(Path(name), command)
        spans = stage.finish()
        whole = stage.contents()
        assert whole and not stage.litter(), stage.litter()
        for number in signals:
            for i in range(times):
                found = list(trial(stage, number, draw, spans))
                if stage.contents() != whole:
                    found.append("other bytes than those of a run that was not stopped")
                errors += [f"{command}, {number.name} {i}: {line}" for line in found]
    return errors


if __name__ == "__main__":
    requested = sys.argv[2:] or list(COMMANDS)
    wrong = []
    for each in requested:
        wrong += run(each, int(sys.argv[1]), SIGNALS)
        print(f"{each}: {len(wrong)} faults so far", flush=True)
    print("\n".join(wrong))
    sys.exit(bool(wrong))
