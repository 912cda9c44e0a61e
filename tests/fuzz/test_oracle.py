"""The fuzzer finds each kind of error that a command is given on purpose."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from npl_sim.cli.messages import REFUSED
from npl_sim.core.errors import NplSimError
from tests.fuzz.base import base_files
from tests.fuzz.case import Case, load_case
from tests.fuzz.making import case_of_seed
from tests.fuzz.oracle import verdict

SOUND = Case(("price", "inline.yaml", "--out", "out", "--no-figures", "--json"))
ENGINE = "npl_sim.runs.simulation.simulate"


def problems(monkeypatch, fault, case=SOUND, alarm=60.0):
    def instead(*arguments, **more):
        fault(*arguments, **more)
        raise SystemExit(0)  # what the fault printed is the whole output of the command

    base_files()  # made once, by sound commands
    monkeypatch.setattr(ENGINE, instead)
    return verdict(case, alarm)[1]


def test_a_sound_run_has_no_fault():
    done, found = verdict(SOUND)
    assert (done.code, found) == (0, []) and json.loads(done.out)["package"]["loans"] == 18


def test_a_traceback_is_seen(monkeypatch):
    def fail(*arguments, **more):
        raise ValueError("a fault")

    (found,) = problems(monkeypatch, fail)
    assert "exit code 70 is not documented" in found and "ValueError: a fault" in found


def test_a_fault_past_the_command_is_seen(monkeypatch):
    def fail(*arguments, **more):
        raise GeneratorExit("a fault")

    (found,) = problems(monkeypatch, fail)
    assert "crash past the command" in found and "a fault" in found


@pytest.mark.parametrize(
    ("code", "known"),
    [(0, True), (2, False), (1, False), (6, False), (134, False), (5, True), (74, False)],
)
def test_codes(monkeypatch, code, known):
    def end(*arguments, **more):
        print("{}")
        raise SystemExit(code)

    found = problems(monkeypatch, end)
    assert any("not documented" in x for x in found) == (code in (1, 6, 134))
    assert (found == []) == (known or code in (2, 74))


def test_a_refusal_without_a_word_is_seen(monkeypatch):
    def end(*arguments, **more):
        raise SystemExit(REFUSED)

    assert problems(monkeypatch, end) == ["refused without a word"]


@pytest.mark.parametrize(
    "text", ["\x1b[31mred", "bell\x07", "\u202eturned", "\x00", "\x7f", "\x85", "a\rb"]
)
@pytest.mark.parametrize("stream", ["out", "err"])
def test_a_control_character_is_seen(monkeypatch, text, stream):
    def print_odd(*arguments, **more):
        print("{}", flush=True)
        # Past the guard of the command line, which would write it out.
        os.write(2 if stream == "err" else 1, f"{text}\n".encode())

    found = problems(monkeypatch, print_odd, Case(SOUND.arguments[:-1]))
    assert len(found) == 1 and found[0].startswith("control character on the")


def test_a_long_line_is_seen(monkeypatch):
    def print_odd(*arguments, **more):
        print("{}")
        os.write(2, b"x" * 7000 + b"\n")

    (found,) = problems(monkeypatch, print_odd)
    assert found == "line of 7,000 characters on the standard error"


def test_a_warning_of_a_library_is_seen(monkeypatch):
    def warn(*arguments, **more):
        print("{}")
        os.write(2, b"/lib/somewhere.py:3: RuntimeWarning: divide by zero\n  work()\n")

    (found,) = problems(monkeypatch, warn)
    assert "warning of a library on the standard error" in found and "divide by zero" in found


@pytest.mark.parametrize(
    "text", ["NaN", "Infinity", '{"price": {"mean": {"value": -Infinity}}}', "{", ""]
)
def test_no_number_in_json_is_seen(monkeypatch, text):
    (found,) = problems(monkeypatch, lambda *arguments, **more: print(text))
    assert found.startswith("--json: ")


@pytest.mark.parametrize(
    ("price", "message", "seen"),
    [(101.0, False, 1), (-101.0, False, 1), (100.0, False, 0), (101.0, True, 0)],
)
def test_a_price_beyond_the_balance_is_seen(monkeypatch, price, message, seen):
    issues = [{"location": "result"}] if message else [{"location": "tape"}]
    found = {"price": {"mean": {"value": price}}, "package": {"gbv": 100.0}, "issues": issues}
    assert len(problems(monkeypatch, lambda *arguments, **more: print(json.dumps(found)))) == seen


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (".out-ab12cd_9/x", "left behind: .out-ab12cd_9"), ("out.lock", "left behind: out.lock"),
        ("schema.json.tmp", "left behind: schema.json.tmp"),
        (".tmp/rows/x", "left behind: .tmp/rows"),
        ("npl_sim-rows-1/x", "left behind: npl_sim-rows-1"),
        ("out/x", "left behind by a refusal: out"),
    ],
)  # fmt: skip
def test_what_a_refusal_leaves_is_seen(monkeypatch, name, message):
    def leave(*arguments, **more):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("half")
        raise NplSimError("refused")

    (found,) = problems(monkeypatch, leave)
    assert found.startswith(message)


def test_half_a_run_folder_is_seen(monkeypatch):
    def leave(*arguments, **more):
        Path("out/tables").mkdir(parents=True)
        print("{}")

    assert problems(monkeypatch, leave) == ["half a run folder: out"]


def test_what_a_refusal_removes_is_seen(monkeypatch):
    def remove(*arguments, **more):
        Path("loans.csv").unlink()
        raise NplSimError("refused")

    assert problems(monkeypatch, remove) == ["removed by a refusal: loans.csv"]


def test_a_hang_is_seen(monkeypatch):
    def hang(*arguments, **more):
        while True:
            pass

    assert problems(monkeypatch, hang, alarm=0.3) == ["hang: took too long"]


def test_memory_is_seen(monkeypatch):
    monkeypatch.setattr("tests.fuzz.oracle.MOST_GROWTH", -1)
    (found,) = problems(monkeypatch, lambda *arguments, **more: print("{}"))
    assert found.startswith("memory: grew by")


def test_a_case_is_the_same_again_and_survives_its_file(tmp_path):
    kinds = set()
    for seed in range(300, 340):
        case = case_of_seed(seed)
        assert case == case_of_seed(seed)
        path = tmp_path / "case.json"
        path.write_text(case.text(), encoding="utf-8")
        assert load_case(path) == case
        kinds.add(case.what.split(": ")[1].split()[0])
    assert len(kinds) > 5
