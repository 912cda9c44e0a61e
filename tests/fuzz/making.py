"""Cases of the fuzzer by seed: which files are mutated how, and which command reads them."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random

from tests.fuzz.base import FORMATS, SCENARIOS, base_files, read_csv
from tests.fuzz.bytework import BITS, mutated_bytes, mutated_lines, mutated_parts
from tests.fuzz.case import Case
from tests.fuzz.schemawork import any_setting, mutated_data
from tests.fuzz.tablework import mutated_table

__all__ = ["case_of_seed"]

TABLES = ("loans.csv", "collateral.csv", "guarantors.csv")
STUDY_FILES = ("study.yaml", "study.yaml", "inline.yaml", "inline.yaml", "legal.yaml", "market.yaml")
CONTRACTS = ("contract.yaml", "swap.yaml", "put.yaml", "guarantee.yaml")
QUIET = ("--no-figures", "--scenarios", SCENARIOS)


def case_of_seed(seed: int) -> Case:
    """Return the case of a seed, the same on every machine."""
    random = Random(seed)
    makers, weights = zip(*MAKERS.items(), strict=True)
    maker = random.choices(makers, weights)[0]
    case = maker(random)
    return Case(case.words, case.files, f"seed {seed}: {case.what}")


def _study_command(random: Random, study: str = "study.yaml") -> tuple[str, ...]:
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


def _tape_bytes(random: Random) -> Case:
    name = random.choice((*TABLES, *(f"loans.{kind}" for kind in FORMATS)))
    work = mutated_lines if name.endswith(("csv", "html")) and random.random() < 0.3 else mutated_parts
    content = work(base_files()[name], random)
    return Case(
        _with_tape(_study_command(random), name, random), {name: content}, f"{work.__name__} of {name}"
    )


def _tape_cells(random: Random) -> Case:
    role = random.choice((*TABLES, "loans.csv"))
    table = mutated_table(read_csv(base_files()[role]), random)
    kind = random.choice(list(FORMATS)) if role == "loans.csv" and random.random() < 0.5 else "csv"
    content = _in_format(kind, table, random)
    name = role.removesuffix("csv") + kind
    return Case(_with_tape(_study_command(random), name, random), {name: content}, f"cells of {name}")


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


def _study(random: Random) -> Case:
    name = random.choice(STUDY_FILES)
    content, what = _yaml_of(name, random)
    study = name if name in ("study.yaml", "inline.yaml") else "study.yaml"
    return Case(_study_command(random, study), {name: content}, what)


def _deal(random: Random) -> Case:
    name = random.choices(("deal.yaml", "recipe.yaml", "hazards.yaml", "stresses.yaml"), (8, 3, 1, 1))[0]
    if name in ("hazards.yaml", "stresses.yaml"):
        content, what = mutated_bytes(base_files()[name], random), f"bytes of {name}"
    else:
        content, what = _yaml_of(name, random)
    slow = name in ("hazards.yaml", "stresses.yaml") or random.random() < 0.05
    words = (
        "structure" if slow else "tranche",
        "deal.yaml",
        "--flows",
        "recipe.yaml",
        "--out",
        "out",
        "--no-figures",
    )
    more = random.choice((("--json",), (), ("--ledger", "median"))) if not slow else ("--json",)
    return Case((*words, *more), {name: content}, what)


def _contract(random: Random) -> Case:
    name = random.choice(CONTRACTS)
    content, what = _yaml_of(name, random)
    if random.random() < 0.25:
        words: tuple[str, ...] = ("channel", "study.yaml", "--contract", name, "--scenarios", SCENARIOS)
    else:
        outcomes = "outcomes.csv" if name == "guarantee.yaml" else "cash.csv"
        words = (
            "channel",
            name,
            "--outcomes",
            outcomes,
            *random.choice(((), (), ("--hidden", "contract.yaml"))),
        )
    return Case(
        (*words, "--out", "out", "--no-figures", *random.choice((("--json",), ()))), {name: content}, what
    )


def _cash(random: Random) -> Case:
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
        words: tuple[str, ...] = ("tranche", "deal.yaml", "--flows", name)
    else:
        words = ("channel", "contract.yaml" if name == "cash.csv" else "guarantee.yaml", "--outcomes", name)
    words = (*words, "--out", "out", "--no-figures", *random.choice((("--json",), ())))
    return Case(words, {name: content}, f"{how} of {name}")


def _run_folder(random: Random) -> Case:
    """Damage a file of a run, its checksum mended or not."""
    files = base_files()
    names = [n for n in files if n.startswith("run_b/")]
    small = [n for n in names if "tables/" not in n]
    name = random.choice(small if random.random() < 0.8 else names)
    content = _damaged(name, files[name], random)
    found = {name: content}
    manifest = json.loads(files["run_b/manifest.json"])
    listed = manifest.get("files", {})
    if name.removeprefix("run_b/") in listed and random.random() < 0.8:
        listed[name.removeprefix("run_b/")] = _entry(listed[name.removeprefix("run_b/")], content)
        found["run_b/manifest.json"] = json.dumps(manifest).encode()
    words = (
        "diff",
        *random.choice((("run_a", "run_b"), ("run_b", "run_a"))),
        *random.choice((("--json",), ())),
    )
    return Case(words, found, f"{name} damaged")


def _entry(entry: object, content: bytes) -> object:
    """Return what a manifest says of a file with its new content."""
    import hashlib

    digest = hashlib.sha256(content).hexdigest()
    if isinstance(entry, dict):
        return {
            k: len(content) if k in ("bytes", "size") else digest if "sha" in k or "hash" in k else v
            for k, v in entry.items()
        }
    return digest


def _damaged(name: str, content: bytes, random: Random) -> bytes:
    if not name.endswith(".json") or random.random() < 0.4:
        return mutated_bytes(content, random)
    from tests.fuzz.schemawork import WEIRD

    data = json.loads(content)
    for _ in range(random.choice((1, 1, 3))):
        holder, key = data, None
        while isinstance(holder, dict | list) and holder:
            key = random.choice(list(holder)) if isinstance(holder, dict) else random.randrange(len(holder))
            below = holder[key]
            if not isinstance(below, dict | list) or not below or random.random() < 0.15:
                break
            holder = below
        if key is None or not isinstance(holder, dict | list) or not holder:
            break
        if random.random() < 0.3:
            del holder[key]
        else:
            holder[key] = random.choice(WEIRD)
    return json.dumps(data, default=str).encode("utf-8", "surrogatepass")


WORDS: tuple[str, ...] = (
    "", " ", "x", "-1", "0", "1", "2", "3", "1e308", "1e-300", "nan", "inf", "0.1%", "%", "100%", "1,5", "9" * 30, "x" * 300, "x" * 5000, "a/b", "/", ".", "..", "~", "*", "[", "\x1b[31m", "\x07", "\u202e",
    "é", "１", "study.yaml", "inline.yaml", "loans.csv", "deal.yaml", "recipe.yaml", "flows.csv", "run_a", "run_b", "out", "out/out", "/dev/null", "/dev/full", "/proc/self/mem", "property_slump", "slow_courts", "threads",
    "dask", "2026-06-30", "9999-12-31", "median", "bad", "pricing.required_return=0.1", "=", "a=", "=b", "a.b.c=1", "tape.loans=x", "simulation.seed=1,2", "--", "--help", "--debug", "agencies", "NPL00000001",
)  # fmt: skip
"""Words of a command line that have broken parsers before."""

OPTIONS: tuple[str, ...] = (
    "--out", "--scenarios", "--precision", "--seed", "--threads", "--stress", "--set", "--work", "--json", "--quiet", "--force", "--no-figures", "--deal", "--flows", "--month-zero", "--ledger", "--contract",
    "--hidden", "--outcomes", "--full-cash", "--with", "--without", "--grid", "--loan", "--top", "--limit", "--tape", "--loans", "--valuation-date", "--backend", "--no-documents", "--nothing",
)  # fmt: skip
FLAGS = {"--json", "--quiet", "--force", "--no-figures", "--full-cash", "--no-documents", "--nothing"}
LONG_RUNS = {"--scenarios": ("1", "2", "3", "40"), "--precision": ("50%", "0", "x", "nan", "-1"), "--loans": ("1", "2", "x", "0"), "--threads": ("1", "2", "0", "x"),
             "--backend": ("threads", "x", "")}  # fmt: skip
"""Options whose sound values may take long, and the words that are tried instead."""
STARTS: tuple[tuple[str, ...], ...] = (
    ("price", "study.yaml"), ("validate", "study.yaml"), ("validate", "loans.csv"), ("explain", "study.yaml"), ("tranche", "deal.yaml", "--flows", "recipe.yaml"), ("tranche", "study.yaml"),
    ("channel", "study.yaml"), ("channel", "guarantee.yaml", "--outcomes", "outcomes.csv"), ("compare", "study.yaml"), ("diff", "run_a", "run_b"), ("batch", "study.yaml", "--out", "out"),
    ("synth", "tape", "--loans", "5"), ("schema",), ("version",), ("bid", "study.yaml", "--no-documents"), ("x",), (),
)  # fmt: skip


def _options(random: Random) -> Case:
    start = list(random.choices(STARTS, (8, 6, 3, 4, 6, 4, 4, 5, 4, 3, 3, 4, 2, 1, 1, 1, 1))[0])
    words = list(start)
    if len(words) > 1 and random.random() < 0.25:
        words[random.randrange(1, len(words))] = random.choice(WORDS)
    for _ in range(random.choice((1, 1, 2, 3))):
        option = random.choice(OPTIONS)
        words.append(option)
        if option not in FLAGS:
            words.append(random.choice(LONG_RUNS.get(option, WORDS)))
    # Runs are small whatever the words say.
    if (start and start[0] in ("price", "bid", "channel", "compare", "batch")) or start[:2] == [
        "tranche",
        "study.yaml",
    ]:
        words += [] if "--scenarios" in words else ["--scenarios", SCENARIOS]
    return Case(tuple(w.replace("\x00", "") for w in words), {}, "options")


def _settings(random: Random) -> Case:
    command = _study_command(random, "inline.yaml")
    content = base_files()["inline.yaml"]
    more = [
        x
        for _ in range(random.choice((1, 1, 2)))
        for x in ("--set", any_setting("inline.yaml", content, random))
    ]
    if random.random() < 0.15:
        more[-1] = random.choice(BITS).decode("utf-8", "replace").replace("\x00", "") + more[-1]
    return Case((*command, *more), {}, "settings")


def _monstrous(random: Random) -> Case:
    """Write YAML that is deep, wide, doubled or that refers to itself."""
    name = random.choice(("study.yaml", "legal.yaml", "deal.yaml", "contract.yaml"))
    sound = base_files()[name].decode()
    depth = random.choice((50, 500, 3000))
    text = random.choice(
        (
            "[" * depth, "{a: " * depth, "- " * depth, "x: &a [*a]", "a: &a [1,1,1]\nb: &b [*a,*a,*a]\nc: [*b,*b,*b]", sound + "\n" + sound, sound + "\n---\n" + sound, "", "---", "null",
            "5", "text", "- a\n- b", "\n".join(f"k{i}: {i}" for i in range(depth)), sound + f"\n{'k' * depth}: 1", sound + f"\nx: {'9' * depth}", sound + "\nx: !!set {a, b}",
            sound + "\nx: !!timestamp 2026-99-99", sound + "\nx: !!float x", sound + "\nx: !!int 1_", sound + "\n<<: *nothing", sound + "\n<<: {name: b}", sound + "\n? [a, b]\n: c",
            sound + "\n1: a\n1.0: b\ntrue: c\nnull: d", sound + "\nx: 0o9", sound.replace(": ", ":\t"), sound.replace("\n", "\r"), "\ufeff" + sound, sound.upper(),
        )
    )  # fmt: skip
    content = text.encode(
        random.choice(("utf-8", "utf-8", "utf-8", "utf-16", "utf-32", "latin-1", "gb18030")), "replace"
    )
    if name == "deal.yaml":
        words: tuple[str, ...] = ("tranche", name, "--flows", "flows.csv", "--out", "out", "--no-figures")
    elif name == "contract.yaml":
        words = ("channel", name, "--outcomes", "cash.csv", "--out", "out", "--no-figures")
    else:
        words = _study_command(random)
    return Case(words, {name: content}, f"monstrous {name}")


MAKERS: dict[Callable[[Random], Case], int] = {
    _tape_bytes: 18,
    _tape_cells: 20,
    _study: 20,
    _deal: 12,
    _contract: 12,
    _cash: 12,
    _run_folder: 7,
    _options: 12,
    _settings: 12,
    _monstrous: 5,
}
"""What makes a case, and how often."""
