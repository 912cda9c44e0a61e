"""The code blocks of README, CONTRIBUTING and the docs run, or state why they are not run.

Blocks of one page run in order, in one folder with small copies of the shipped files. A
block below a line ``<!-- not run: why -->`` is not run. The options in its calls of npl-sim must
exist nevertheless.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import date

import pytest
import typer

from npl_sim.cli import app
from npl_sim.runs.synthetic_tape import write_synthetic_tape
from tests.builders.shipped import complete_study
from tests.builders.studies import write_csv
from tests.docblocks import MARK, ROOT, blocks, npl_sim_commands, pages

ALL = [block for page in pages() for block in blocks(page)]
RUN = sorted({block.page for block in ALL if block.reason is None})
SMALL = {"loans": 24, "scenarios": 66}
SIZED = """
structure:
  size: [{tranche: senior, limits: [{kind: advance_rate, at_most: 0.2}]}]
"""


def smaller(path):
    """Give a study or a recipe few scenarios and return its text."""
    text = path.read_text(encoding="utf-8")
    small = re.sub(r"(?m)^( *scenarios:) \d+", rf"\1 {SMALL['scenarios']}", text)
    assert small != text, path
    path.write_text(small, encoding="utf-8")
    return small


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A folder as the pages assume it: configurations, a study, its deal and flows, all small."""
    folder = tmp_path_factory.mktemp("pages")
    shutil.copytree(ROOT / "configs", folder / "configs")
    write_synthetic_tape(folder / "configs/tapes", SMALL["loans"], 5, date(2026, 6, 30))
    shipped = folder / "configs/studies/first_package.yaml"
    text = re.sub(r": first_package([_.])", r": ../tapes/package\1", complete_study())
    shipped.write_text(text, encoding="utf-8")
    small = smaller(shipped)
    for place in ("study.yaml", "studies/one.yaml", "studies/two.yaml", "deals/one/study.yaml"):
        own = folder / place
        own.parent.mkdir(parents=True, exist_ok=True)
        up = "../" * place.count("/")
        own.write_text(
            small.replace("../", f"{up}configs/") + f"\ndeal: {up}deal.yaml\n", encoding="utf-8"
        )
    for recipe in folder.glob("configs/deals/*.flows.yaml"):
        with recipe.open("a", encoding="utf-8") as file:
            file.write(f"scenarios: {SMALL['scenarios']}\n")
    example = (ROOT / "tests/deal/files/example.yaml").read_text(encoding="utf-8")
    (folder / "deal.yaml").write_text(example, encoding="utf-8")
    (folder / "sized.yaml").write_text(example + SIZED, encoding="utf-8")
    write_csv(
        folder / "flows.csv", [{"month": 6, "received": 2e8}, {"month": 30, "received": 2e8}]
    )
    return folder


def run_shell(text, folder):
    """Run the commands of a block; the first that fails ends it."""
    tools = folder / "bin"
    tools.mkdir(exist_ok=True)
    command = tools / "npl-sim"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m npl_sim "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.run(
        ["bash", "-e", "-c", text],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


@pytest.mark.parametrize("page", RUN)
def test_blocks_run_as_they_stand(page, small, tmp_path, monkeypatch):
    folder = tmp_path / "here"
    shutil.copytree(small, folder)
    monkeypatch.chdir(folder)
    names: dict[str, object] = {}
    for block in (b for b in ALL if b.page == page and b.reason is None):
        if block.language == "python":
            exec(compile("\n" * block.line + block.text, block.page, "exec"), names)
        else:
            done = run_shell(block.text, folder)
            assert done.returncode == 0, (
                f"{block.page}:{block.line}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
            )


def command_of(arguments):
    """Return the command that the arguments name, and the arguments after its name."""
    command, rest = typer.main.get_command(app), list(arguments)
    while hasattr(command, "commands"):
        found = command.commands.get(rest[0]) if rest else None
        assert found is not None and not found.hidden, (
            f"npl-sim {' '.join(arguments)}: expected one of {', '.join(command.commands)}"
        )
        command, rest = found, rest[1:]
    return command, rest


def parse(arguments):
    """Parse arguments of `npl-sim` without a run; refuse unknown commands and options."""
    command, rest = command_of(arguments)
    command.make_context(arguments[0], list(rest))


def test_there_are_blocks_of_every_sort():
    assert len(RUN) >= 7 and {b.language for b in ALL} >= {"python", "sh", "dockerfile"}
    assert {b.page for b in ALL} >= {
        "README.md",
        "CONTRIBUTING.md",
        "docs/scale.md",
        "docs/deals.md",
    }


@pytest.mark.parametrize("block", ALL, ids=lambda b: f"{b.page}:{b.line}")
def test_calls_have_options_that_exist(block):
    """Of blocks that are not run as well."""
    calls = list(npl_sim_commands(block.text)) if block.language != "python" else []
    assert (
        bool(calls) == bool(re.search(r"(?m)^[^#]*npl-sim (?!\[)", block.text))
        or block.language == "python"
    )
    for arguments in calls:
        parse(arguments)


# The catalog of messages quotes texts that begin with the name of the program and are no calls.
WRITTEN = [page for page in pages() if page.name != "messages.md"]


@pytest.mark.parametrize("page", WRITTEN, ids=lambda p: p.name)
def test_options_named_in_the_text_exist(page):
    """Of calls in running text and in the table of commands, as in `npl-sim price STUDY`."""
    text = page.read_text(encoding="utf-8")
    for call in re.findall(r"`npl-sim ([^`\n]+)`", text):
        if call.split()[0] in ("...", "--debug"):
            continue
        command, arguments = command_of(call.split())
        assert {w.split("=")[0] for w in arguments if w.startswith("--")} <= {
            *options_of(command),
            "--help",
            "--debug",
        }, call
    for call, row in re.findall(r"(?m)^\| `npl-sim ([^`]*)` \| (.*)$", text):
        known = options_of(command_of(call.split())[0])
        assert set(re.findall(r"`(--[\w-]+)", row)) <= known, call


def options_of(command):
    """Return the names of the options of a command."""
    return {o for p in command.params for o in (*p.opts, *p.secondary_opts)}


def test_every_mark_stands_above_a_block():
    """A mark that lost its block, or that has no reason, would hide nothing or everything."""
    for page in pages():
        text = page.read_text(encoding="utf-8")
        found = sum(
            b.reason is not None for b in ALL if b.page == page.relative_to(ROOT).as_posix()
        )
        assert len(MARK.findall(text)) == text.count("<!-- not run") == found, page.name


@pytest.mark.parametrize(
    ("text", "calls"),
    [
        (
            "npl-sim price a.yaml --seed 3   # comment --nothing\n",
            [["price", "a.yaml", "--seed", "3"]],
        ),
        (
            "x && .venv/bin/npl-sim doctor && npl-sim schema --deal &\n",
            [["doctor"], ["schema", "--deal"]],
        ),
        ("npl-sim batch 'a b/*.yaml' \\\n    --out r\n", [["batch", "a b/*.yaml", "--out", "r"]]),
        ("pip install npl_sim\ncd npl-sim-1\n", []),
    ],
)
def test_calls_are_found(text, calls):
    assert list(npl_sim_commands(text)) == calls


@pytest.mark.parametrize(
    "arguments",
    [
        ["price", "s.yaml", "--sead", "3"],
        ["prise"],
        ["price"],
        ["deal", "a"],
        ["tranche", "s.yaml"],
    ],
)
def test_unknown_arguments_are_seen(arguments):
    with pytest.raises(Exception):
        parse(arguments)


def test_a_block_knows_its_mark(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "a\n\n<!-- not run: needs a cluster -->\n```sh\nnpl-sim doctor\n```\n\n```sh\nls\n```\n"
        "<!-- not run: -->\n```\nnpl-sim doctor\n```\n```\nno code\n```\n",
        encoding="utf-8",
    )
    found = blocks(page, tmp_path)
    assert [(b.line, b.reason) for b in found] == [(4, "needs a cluster"), (8, None), (12, None)]
