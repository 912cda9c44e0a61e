"""Cases of files that are odd as a whole: damaged run folders, monstrous YAML, references to
anything."""

from __future__ import annotations

import hashlib
import json
from random import Random

from tests.fuzz.base import base_files, dumped, loaded
from tests.fuzz.bytework import mutated_bytes
from tests.fuzz.case import Case
from tests.fuzz.inputs import study_command
from tests.fuzz.schema_values import WEIRD

__all__ = ["monstrous", "referred", "run_folder"]


def run_folder(random: Random) -> Case:
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
    arguments = (
        "diff",
        *random.choice((("run_a", "run_b"), ("run_b", "run_a"))),
        *random.choice((("--json",), ())),
    )
    return Case(arguments, found, f"{name} damaged")


def _entry(entry: object, content: bytes) -> object:
    """Return what a manifest says of a file with its new content."""
    digest = hashlib.sha256(content).hexdigest()
    if isinstance(entry, dict):
        return {
            k: len(content)
            if k in ("bytes", "size")
            else digest
            if "sha" in k or "hash" in k
            else v
            for k, v in entry.items()
        }
    return digest


def _damaged(name: str, content: bytes, random: Random) -> bytes:
    if not name.endswith(".json") or random.random() < 0.4:
        return mutated_bytes(content, random)
    data = json.loads(content)
    for _ in range(random.choice((1, 1, 3))):
        holder, key = data, None
        while isinstance(holder, dict | list) and holder:
            key = (
                random.choice(list(holder))
                if isinstance(holder, dict)
                else random.randrange(len(holder))
            )
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


def monstrous(random: Random) -> Case:
    """Write YAML that is deep, wide, doubled or that refers to itself."""
    name = random.choice(("study.yaml", "legal.yaml", "deal.yaml", "contract.yaml"))
    sound = base_files()[name].decode()
    depth = random.choice((50, 500, 3000))
    text = random.choice(
        (
            "[" * depth,
            "{a: " * depth,
            "- " * depth,
            "x: &a [*a]",
            "a: &a [1,1,1]\nb: &b [*a,*a,*a]\nc: [*b,*b,*b]",
            sound + "\n" + sound,
            sound + "\n---\n" + sound,
            "",
            "---",
            "null",
            "5",
            "text",
            "- a\n- b",
            "\n".join(f"k{i}: {i}" for i in range(depth)),
            sound + f"\n{'k' * depth}: 1",
            sound + f"\nx: {'9' * depth}",
            sound + "\nx: !!set {a, b}",
            sound + "\nx: !!timestamp 2026-99-99",
            sound + "\nx: !!float x",
            sound + "\nx: !!int 1_",
            sound + "\n<<: *nothing",
            sound + "\n<<: {name: b}",
            sound + "\n? [a, b]\n: c",
            sound + "\n1: a\n1.0: b\ntrue: c\nnull: d",
            sound + "\nx: 0o9",
            sound.replace(": ", ":\t"),
            sound.replace("\n", "\r"),
            "\ufeff" + sound,
            sound.upper(),
        )
    )
    content = text.encode(
        random.choice(("utf-8", "utf-8", "utf-8", "utf-16", "utf-32", "latin-1", "gb18030")),
        "replace",
    )
    if name == "deal.yaml":
        arguments: tuple[str, ...] = (
            "tranche",
            name,
            "--flows",
            "flows.csv",
            "--out",
            "out",
            "--no-figures",
        )
    elif name == "contract.yaml":
        arguments = ("channel", name, "--outcomes", "cash.csv", "--out", "out", "--no-figures")
    else:
        arguments = study_command(random)
    return Case(arguments, {name: content}, f"monstrous {name}")


def referred(random: Random) -> Case:
    """Write a study whose keys name files: itself, another sort, a folder, nothing, a device."""
    data = loaded(base_files()["study.yaml"])
    for _ in range(random.choice((1, 1, 2))):
        key = random.choice(
            (
                "legal",
                "market",
                "collateral",
                "policies",
                "tape",
                "simulation",
                "pricing",
                "buyer",
                "seller",
                "prudence",
                "deal",
                "channel",
            )
        )
        data[key] = random.choice(
            (
                "study.yaml",
                "inline.yaml",
                "deal.yaml",
                "contract.yaml",
                "recipe.yaml",
                "legal.yaml",
                "market.yaml",
                "loans.csv",
                "loans.parquet",
                "run_a",
                ".",
                "..",
                "/",
                "/dev/null",
                "",
                "x.yaml",
                "./legal.yaml",
                "legal.yaml/",
                "~/x",
                "a\nb.yaml",
                "\x1b.yaml",
                "x" * 300,
                "hazards.yaml",
            )
        )
    return Case(study_command(random), {"study.yaml": dumped(data)}, "references of study.yaml")
