"""Cases of odd command lines: options, settings, grids, versions."""

from __future__ import annotations

import functools
from random import Random

import typer

from tests.fuzz.base import SCENARIOS, base_files
from tests.fuzz.bytework import BITS
from tests.fuzz.case import Case
from tests.fuzz.inputs import study_command
from tests.fuzz.schemawork import any_setting

__all__ = ["options", "settings", "versions"]

ARGUMENTS: tuple[str, ...] = (
    "loans.csv/x", "0001-01-01", "9" * 19, "-9" * 9, "2147483648", "9223372036854775808", "1e9",
    "0.5", "senior", "NPL00000007", "contract.yaml", "put.yaml", "outcomes.csv", "legal.yaml",
    "./", "a\nb", "$x_{",
    "", " ", "x", "-1", "0", "1", "2", "3", "1e308", "1e-300", "nan", "inf", "0.1%", "%", "100%",
    "1,5", "9" * 30, "x" * 300, "x" * 9000, "a/b", ".", "run_a/..", "~", "*", "[", "\x1b[31m",
    "\x07", "\u202e",
    "é", "１", "study.yaml", "inline.yaml", "loans.csv", "deal.yaml", "recipe.yaml", "flows.csv",
    "run_a", "run_b", "out", "out/out", "/dev/null", "/dev/full", "property_slump", "slow_courts",
    "threads",
    "dask", "2026-06-30", "9999-12-31", "median", "bad", "pricing.required_return=0.1", "=", "a=",
    "=b", "a.b.c=1", "tape.loans=x", "simulation.seed=1,2", "--", "--help", "--debug", "agencies",
    "NPL00000001",
)  # fmt: skip
"""Words of a command line that have broken parsers before."""

OPTIONS: tuple[str, ...] = (
    "--out", "--scenarios", "--precision", "--seed", "--threads", "--stress", "--set", "--work",
    "--json", "--quiet", "--force", "--no-figures", "--deal", "--flows", "--month-zero",
    "--ledger", "--contract",
    "--hidden", "--outcomes", "--full-cash", "--with", "--without", "--grid", "--loan", "--top",
    "--limit", "--tape", "--loans", "--valuation-date", "--backend", "--no-documents", "--nothing",
)  # fmt: skip
FLAGS = {
    "--figures",
    "--documents",
    "--no-force",
    "--no-quiet",
    "--json",
    "--quiet",
    "--force",
    "--no-figures",
    "--full-cash",
    "--no-documents",
    "--nothing",
}
LONG_RUNS = {
    "--scenarios": ("1", "2", "3", "40", "0", "-1", "9" * 20, "1e3"),
    "--precision": ("50%", "1e-300", "1e-8", "0", "x", "nan", "-1"),
    "--loans": ("1", "2", "x", "0", "9" * 20),
    "--threads": ("1", "2", "0", "x", "-1", "9" * 20),
    "--backend": ("threads", "x", ""),
}
"""Options whose sound values may take long, and the words that are tried instead."""
STARTS: tuple[tuple[str, ...], ...] = (
    ("price", "study.yaml"), ("validate", "study.yaml"), ("validate", "loans.csv"),
    ("explain", "study.yaml"), ("tranche", "deal.yaml", "--flows", "recipe.yaml"),
    ("tranche", "study.yaml"),
    ("channel", "study.yaml"), ("channel", "guarantee.yaml", "--outcomes", "outcomes.csv"),
    ("compare", "study.yaml"), ("diff", "run_a", "run_b"), ("batch", "study.yaml", "--out", "out"),
    ("synth", "tape", "--loans", "5"), ("schema",), ("version",),
    ("bid", "study.yaml", "--no-documents"), ("x",), (),
)  # fmt: skip


@functools.cache
def _own_options(command: str) -> tuple[str, ...]:
    """Return the options that a command has."""
    from npl_sim.cli import app

    found = typer.main.get_command(app).commands.get(command)  # type: ignore[attr-defined]
    names = (
        ()
        if found is None
        else tuple(sorted({name for p in found.params for name in (*p.opts, *p.secondary_opts)}))
    )
    # The backend of another machine is tried by tests of its own.
    return tuple(n for n in names if n.startswith("--") and n != "--dask")


def options(random: Random) -> Case:
    start = list(random.choices(STARTS, (8, 6, 3, 4, 6, 4, 4, 5, 4, 3, 3, 4, 2, 1, 1, 1, 1))[0])
    arguments = list(start)
    if len(arguments) > 1 and random.random() < 0.25:
        arguments[random.randrange(1, len(arguments))] = random.choice(ARGUMENTS)
    own = _own_options(start[0] if start else "")
    for _ in range(random.choice((1, 1, 2, 3))):
        option = random.choice(own if own and random.random() < 0.9 else OPTIONS)
        arguments.append(option if random.random() < 0.97 else "--" + random.choice(ARGUMENTS))
        if option not in FLAGS:
            arguments.append(random.choice(LONG_RUNS.get(option, ARGUMENTS)))
    if start and "--no-figures" in own and random.random() < 0.9:
        arguments.append("--no-figures")
    # Runs are small whatever the words say.
    if (start and start[0] in ("price", "bid", "channel", "compare", "batch")) or start[:2] == [
        "tranche",
        "study.yaml",
    ]:
        arguments += [] if "--scenarios" in arguments else ["--scenarios", SCENARIOS]
    return Case(tuple(w.replace("\x00", "") for w in arguments), {}, "options")


def versions(random: Random) -> Case:
    """Compare versions or run a grid of a study with odd values."""
    content = base_files()["inline.yaml"]
    setting = any_setting("inline.yaml", content, random)
    if random.random() < 0.5:
        part = random.choice(
            (
                "agencies",
                "guarantors",
                "litigation",
                "preservation",
                "promises",
                "restructuring",
                "sale",
                "x",
                "",
            )
        )
        change = ("--with", setting) if random.random() < 0.7 else ("--without", part)
        return Case(("compare", "inline.yaml", *change, "--scenarios", SCENARIOS), {}, "versions")
    source = random.choice(
        ("inline.yaml", ".", "*.yaml", "run_a", "[", "inline.*", "inline.yaml inline.yaml")
    ).split()
    grid = (
        setting
        if random.random() < 0.6
        else random.choice(
            (
                "simulation.seed=1,2",
                "pricing.required_return=0.1,0.2",
                "a=1,5",
                "simulation.seed=1,1",
                "name=x,y",
            )
        )
    )
    arguments = (
        "batch",
        *source,
        "--out",
        "out",
        "--grid",
        grid,
        "--scenarios",
        "4",
        *random.choice(((), ("--json",), ("-q",))),
    )
    return Case(arguments, {}, "versions")


def settings(random: Random) -> Case:
    command = study_command(random, "inline.yaml")
    content = base_files()["inline.yaml"]
    more = [
        x
        for _ in range(random.choice((1, 1, 2)))
        for x in ("--set", any_setting("inline.yaml", content, random))
    ]
    if random.random() < 0.15:
        more[-1] = random.choice(BITS).decode("utf-8", "replace").replace("\x00", "") + more[-1]
    return Case((*command, *more), {}, "settings")
