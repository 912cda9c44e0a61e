"""One case of the fuzzer: a command line and the files in which it differs from the sound ones."""

from __future__ import annotations

import base64
import json
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fuzz.base import base_files

__all__ = ["Case", "load_case"]

NEEDED = {
    "run_a": "run_a/", "run_b": "run_b/",
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A command line with its files.

    Attributes
    ----------
    words
        Words of the command line after its name.
    files
        Content by name of the files that differ from the sound ones, or are new.
    what
        What was done to them, for the reader.
    """

    arguments: tuple[str, ...]
    files: dict[str, bytes] = field(default_factory=dict)
    what: str = ""

    def all_files(self) -> dict[str, bytes]:
        """Return every file of the case, the sound ones included; run folders only where they
        are named."""
        line = " ".join(self.arguments)
        named = {
            n: c for n, c in base_files().items() if not n.startswith("run_") or n[:5] in line
        }
        return {**named, **self.files}

    def text(self) -> str:
        """Return the case as JSON; bytes that are no text in base64."""
        files: dict[str, Any] = {}
        for name, content in sorted(self.files.items()):
            try:
                files[name] = {"text": content.decode("utf-8")}
            except UnicodeDecodeError:
                files[name] = {"base64": base64.b64encode(content).decode()}
        found = {"what": self.what, "words": list(self.arguments), "files": files}
        return json.dumps(found, indent=1, ensure_ascii=True) + "\n"

    def line(self) -> str:
        """Return the command line as one types it."""
        return shlex.join(["npl-sim", *self.arguments])


def load_case(path: Path) -> Case:
    """Read a case that was saved."""
    found = json.loads(path.read_text(encoding="utf-8"))
    files = {
        name: base64.b64decode(c["base64"]) if "base64" in c else c["text"].encode("utf-8")
        for name, c in found["files"].items()
    }
    return Case(tuple(found["words"]), files, found["what"])
