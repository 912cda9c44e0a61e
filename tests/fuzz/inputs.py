"""Cases of one mutated input: a tape, a study, a deal, a contract, a table of cash."""

from __future__ import annotations

from random import Random

from tests.fuzz.base import SCENARIOS, base_files
from tests.fuzz.bytework import mutated_bytes, mutated_lines, mutated_parts
from tests.fuzz.case import Case
from tests.fuzz.formats import FORMATS, read_csv
from tests.fuzz.schemawork import mutated_data
from tests.fuzz.tablework import mutated_table

__all__ = ["cash", "contract", "deal", "study", "study_command", "tape_bytes", "tape_cells"]

TABLES = ("loans.csv", "collateral.csv", "guarantors.csv")
STUDY_FILES = (
    "study.yaml",
    "study.yaml",
    "inline.yaml",
    "inline.yaml",
    "legal.yaml",
    "market.yaml",
)
CONTRACTS = ("contract.yaml", "swap.yaml", "put.yaml", "guarantee.yaml")
QUIET = ("--no-figures", "--scenarios", SCENARIOS)


def study_command(random: Random, study: str = "study.yaml") -> tuple[str, ...]:
    """Return a command that reads a study and its tape; those that take long are rare."""
    loan = random.choice(("NPL00000001", "NPL00000007", "x"))
    commands = (
        ("price", study, "--out", "out", *QUIET, "--json"),
        ("price", study, "--out", "out", *QUIET),
        ("validate", study),
        ("explain", study, "--loan", loan),
        ("explain", study, "--top", "3"),
        ("tranche", study, "--deal", "deal.yaml", "--out", "out", *QUIET, "--json"),
        ("channel", study, "--contract", "contract.yaml", "--out", "out", *QUIET, "--json"),
        ("compare", study, "--with", "pricing.required_return=0.2", "--scenarios", SCENARIOS),
        ("batch", study, "--out", "out", "--scenarios", SCENARIOS, "--json"),
        ("price", study, "--out", "out", "--work", "work", *QUIET),
        ("bid", study, "--out", "out", *QUIET, "--no-documents", "--json"),
    )
    return random.choices(commands, (30, 15, 25, 6, 3, 6, 6, 3, 3, 3, 1))[0]


def _with_tape(command: tuple[str, ...], name: str, random: Random) -> tuple[str, ...]:
    """Return a command that reads another file of loans."""
    if command[0] != "batch" and random.random() < 0.4:
        command = (*command, "--set", "tape.on_error=quarantine")
    if name in TABLES:
        return command
    if command[0] == "validate" and random.random() < 0.5:
        return ("validate", name)
    if command[0] == "batch":
        return ("validate", "inline.yaml", "--set", f"tape.loans={name}")
    return (*command, "--set", f"tape.loans={name}")


def tape_bytes(random: Random) -> Case:
    name = random.choice((*TABLES, *(f"loans.{kind}" for kind in FORMATS)))
    work = (
        mutated_lines
        if name.endswith(("csv", "html")) and random.random() < 0.3
        else mutated_parts
    )
    content = work(base_files()[name], random)
    return Case(
        _with_tape(study_command(random), name, random),
        {name: content},
        f"{work.__name__} of {name}",
    )


def tape_cells(random: Random) -> Case:
    role = random.choice((*TABLES, "loans.csv"))
    table = mutated_table(read_csv(base_files()[role]), random)
    kind = random.choice(list(FORMATS)) if role == "loans.csv" and random.random() < 0.5 else "csv"
    content = _in_format(kind, table, random)
    name = role.removesuffix("csv") + kind
    return Case(
        _with_tape(study_command(random), name, random), {name: content}, f"cells of {name}"
    )


def _in_format(kind: str, table: list[list[str]], random: Random) -> bytes:
    content = FORMATS[kind](table)
    if kind == "csv" and random.random() < 0.2:
        coding = random.choice(("utf-16", "utf-8-sig", "gb18030", "latin-1", "cp1252", "utf-32"))
        return content.decode("utf-8", "replace").encode(coding, "replace")
    return content


def _yaml_of(name: str, random: Random) -> tuple[bytes, str]:
    """Return a YAML file mutated by bytes, lines or schema, and how."""
    content = base_files()[name]
    how = random.choices(("bytes", "lines", "schema"), (1, 1, 3))[0]
    if how == "schema":
        return mutated_data(name, content, random), f"schema of {name}"
    work = mutated_bytes if how == "bytes" else mutated_lines
    return work(content, random), f"{how} of {name}"


def study(random: Random) -> Case:
    name = random.choice(STUDY_FILES)
    content, what = _yaml_of(name, random)
    study = name if name in ("study.yaml", "inline.yaml") else "study.yaml"
    return Case(study_command(random, study), {name: content}, what)


def deal(random: Random) -> Case:
    name = random.choices(
        ("deal.yaml", "recipe.yaml", "hazards.yaml", "stresses.yaml"), (8, 3, 1, 1)
    )[0]
    if name in ("hazards.yaml", "stresses.yaml"):
        content, what = mutated_bytes(base_files()[name], random), f"bytes of {name}"
    else:
        content, what = _yaml_of(name, random)
    slow = name in ("hazards.yaml", "stresses.yaml") or random.random() < 0.05
    arguments = (
        "structure" if slow else "tranche",
        "deal.yaml",
        "--flows",
        "recipe.yaml",
        "--out",
        "out",
        "--no-figures",
    )
    more = random.choice((("--json",), (), ("--ledger", "median"))) if not slow else ("--json",)
    return Case((*arguments, *more), {name: content}, what)


def contract(random: Random) -> Case:
    name = random.choice(CONTRACTS)
    content, what = _yaml_of(name, random)
    if random.random() < 0.25:
        arguments: tuple[str, ...] = (
            "channel",
            "study.yaml",
            "--contract",
            name,
            "--scenarios",
            SCENARIOS,
        )
    else:
        outcomes = "outcomes.csv" if name == "guarantee.yaml" else "cash.csv"
        arguments = (
            "channel",
            name,
            "--outcomes",
            outcomes,
            *random.choice(((), (), ("--hidden", "contract.yaml"))),
        )
    return Case(
        (*arguments, "--out", "out", "--no-figures", *random.choice((("--json",), ()))),
        {name: content},
        what,
    )


def cash(random: Random) -> Case:
    """Mutate a table of flows or of outcomes."""
    name = random.choice(
        (
            "flows.csv",
            "flows.csv",
            "flows.parquet",
            "flows.xlsx",
            "outcomes.csv",
            "outcomes.parquet",
            "cash.csv",
        )
    )
    content, sound = b"", base_files()[name]
    how = random.choice(("bytes", "cells", "cells"))
    if how == "bytes":
        content = mutated_bytes(sound, random)
    else:
        table = mutated_table(read_csv(base_files()[name.split(".")[0] + ".csv"]), random)
        content = _in_format(name.split(".")[1], table, random)
    if name.startswith("flows"):
        arguments: tuple[str, ...] = ("tranche", "deal.yaml", "--flows", name)
    else:
        arguments = (
            "channel",
            "contract.yaml" if name == "cash.csv" else "guarantee.yaml",
            "--outcomes",
            name,
        )
    arguments = (*arguments, "--out", "out", "--no-figures", *random.choice((("--json",), ())))
    return Case(arguments, {name: content}, f"{how} of {name}")
