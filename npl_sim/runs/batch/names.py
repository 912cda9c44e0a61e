"""Names of the runs of a batch: a readable label, and a unique mark."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from npl_sim.core.provenance import text_hash

LONGEST_NAME = 180
"""Bytes of a folder's name in UTF-8; a file system takes 255."""

MARK = 10
"""Hexadecimal digits of a mark."""

YAML_TEXTS = {"", "null", "~", "true", "false", "yes", "no", "on", "off"}
"""Texts that YAML reads as something else."""


def printable(text: str) -> str:
    """Return text that any file can hold: bytes of a name that are not UTF-8 are replaced."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _is_number(text: str) -> bool:
    for read in (float, lambda t: int(t, 0)):
        try:
            read(text)
        except ValueError:
            continue
        return True
    return False


def shown(value: Any) -> str:
    """Return a value as it would be written in YAML."""
    if isinstance(value, str):
        odd = value.lower() in YAML_TEXTS or _is_number(value) or value != value.strip()
        odd = odd or value[0] in "-?&*!|>%@`" or any(c in value for c in ",[]{}#:'\"\n")
        return json.dumps(value, ensure_ascii=False) if odd else value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{k}: {shown(v)}' for k, v in value.items())}}}"
    return "null" if value is None else str(value)


def settings_text(values: Mapping[str, Any]) -> list[str]:
    """Return values by key as KEY=VALUE."""
    return [f"{key}={shown(value)}" for key, value in values.items()]


def short_keys(keys: Iterable[str]) -> dict[str, str]:
    """Return the last word of each key where that tells it from the others, else the whole key."""
    keys = list(keys)
    count = Counter(key.rsplit(".", 1)[-1] for key in keys)
    return {
        key: key if count[last] > 1 else last for key in keys for last in [key.rsplit(".", 1)[-1]]
    }


def short_paths(studies: Iterable[Path]) -> dict[Path, str]:
    """Return the stem of each file, after as many of its folders as tell it from the others."""
    files = [(file, file.absolute()) for file in dict.fromkeys(studies)]
    count = Counter(own.with_suffix("") for _, own in files)
    # Files that differ in their ending alone keep it.
    parts = {
        f: (own if count[own.with_suffix("")] > 1 else own.with_suffix("")).parts[1:]
        for f, own in files
    }
    found = {file: own[-1] for file, own in parts.items()}
    for depth in range(2, max(map(len, parts.values()), default=1) + 1):
        names = Counter(found.values())
        found = {
            f: "/".join(parts[f][-depth:]) if names[name] > 1 else name
            for f, name in found.items()
        }
    return found


def mark_of(file: Path, point: Mapping[str, Any], out: Path) -> str:
    """Return the mark of a run: a hash of its study file and of its place on the grid.

    The path of the file is relative to the folder of the batch. So the mark does not depend on how
    the file was named, and stays when both are moved together.
    """
    own = file.resolve()
    try:
        seen = os.path.relpath(own, out.resolve())
    except ValueError:  # another drive
        seen = str(own)
    return text_hash(json.dumps([os.fsencode(seen).hex(), sorted(settings_text(point))]))[:MARK]


def name_of(label: str, mark: str) -> str:
    """Return the name of a run's folder, which may stand anywhere."""
    safe = "".join(c if c.isalnum() or c in "-_.=," else "_" for c in printable(label)).strip(".")
    most = LONGEST_NAME - len(mark) - 1
    return f"{safe.encode()[:most].decode(errors='ignore')}-{mark}"
