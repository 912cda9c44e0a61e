"""Imports point down only, and the compiled room sees nothing but numbers."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "npl_sim"

# What each room may import, besides itself and third parties. Listed from the top of the house down.
BELOW = {
    "__main__": {"cli"},
    "cli": {"disk", "api", "reports", "streams", "confine", "masking", "studymask", "tape", "channel.spec", "studyfile", "studynumbers", "dealfile", "channelfile", "provenance", "errors"},
    "reports": {
        "disk", "api", "analysis", "deal", "channel", "engine", "flows", "stats", "valuation", "study", "tape", "tables", "issues", "kernels", "layout", "progress", "provenance", "errors", "base",
        "streams", "paths", "market", "dealfile", "flowfile", "confine", "masking", "studymask", "yamllimits", "inputfile",
    },
    "api": {"confine", "masking", "studymask", "reports", "analysis", "deal", "valuation", "engine", "flows", "study", "studyfile", "tape", "tables", "issues", "progress", "errors"},
    "analysis": {"issues", "resources", "dcf", "paths", "engine", "flows", "stats", "valuation", "study", "tape", "tables", "market", "layout", "progress", "provenance", "errors", "base"},
    "studymask": {"study", "studyfile", "deal.spec", "channel.spec", "channel.layers", "places", "masking", "errors"},
    "studyfile": {"confine", "channelfile", "dealfile", "studyfaults", "studychecks", "study", "errors", "yamlfile"},
    "studychecks": {"studylaw", "studyplaces", "studyrates", "studyvalue", "studydeal", "studychannel", "study", "paths", "tape.schema", "tape.names", "errors"},
    "studyvalue": {"study", "valuation.margins", "errors"},
    "studydeal": {"study", "deal", "errors"},
    "studychannel": {"study", "channel.checks", "errors"},
    "yamlfile": {"confine", "studyfaults", "yamllimits", "inputfile", "errors"},
    "yamllimits": set(),
    "studylaw": {"study", "paths", "base"},
    "studyrates": {"study", "studynumbers", "base"},
    "studyplaces": {"study", "paths", "market.spec", "places", "base"},
    "studyfaults": {"base", "study", "studynumbers", "errors"},
    "studynumbers": {"study"},
    "study": {"engine.spec", "market.spec", "paths", "tape.schema", "tape.spec", "valuation.spec", "valuation.parties", "valuation.margins", "deal.spec", "channel.spec", "base"},
    "valuation": {"stats", "flows", "layout", "errors", "base"},
    # The second method: words and tape alone, so that an error of the engine cannot repeat itself in it.
    "dcf": {"market.spec", "paths", "tape.idkeys", "tape.names", "layout", "errors"},
    "flowfile": {"yamlfile", "studyfaults", "deal", "errors"},
    "dealfile": {"yamlfile", "studyfaults", "deal.spec", "errors"},
    "deal": {"resources", "tables", "stats", "flows", "layout", "errors", "base"},
    "channelfile": {"yamlfile", "studyfaults", "channel.spec", "errors"},
    "channel": {"resources", "tables", "stats", "flows", "kernels.rng", "provenance", "layout", "errors", "base"},
    "stats": {"errors"},
    "engine": {"disk", "study", "flows", "stats", "kernels", "market", "paths", "tape", "tables", "provenance", "progress", "layout", "inputfile", "errors", "base"},
    "calibration": {"paths"},
    "market": {"kernels", "provenance", "base"},
    "paths": {"layout", "errors", "base"},
    "flows": {"layout", "paths", "stats", "errors"},
    "tape": {"disk", "confine", "masking", "tables", "provenance", "layout", "errors", "base"},
    "issues": {"tables.findings"},
    "tables": {"disk", "confine", "masking", "inputfile", "errors", "base"},
    "resources": {"errors"},
    "kernels": {"layout", "errors"},
    "confine": {"errors"},
    "masking": set(),
    "disk": set(),
    "progress": set(),
    "provenance": {"inputfile"},
    "layout": set(),
    "inputfile": {"errors"},
    "errors": set(),
    "streams": {"errors"},
    "places": set(),
    "base": {"errors", "places"},
}  # fmt: skip
# Seen by type checkers only, or inside a function: a room may name what it is handed.
LATE = {"api", "study", "reports", "tape"}
KERNEL_THIRD_PARTIES = {"numpy", "numba", "math", "typing", "__future__"}
# The files that compile and keep compiled code, and hold no kernel.
CACHE_FILES = {"_folder.py", "_jit.py", "_machine_code.py"}
CACHE_THIRD_PARTIES = {
    "collections", "contextlib", "hashlib", "llvmlite", "logging", "multiprocessing", "os", "pathlib", "pickle", "shutil", "stat", "sys", "tempfile",
}  # fmt: skip


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").parts[0]


def imports(path: Path):
    """Yield (module, whether it is imported when the file is)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    late = {
        node
        for outer in ast.walk(tree)
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef)
        or (isinstance(outer, ast.If) and ast.unparse(outer.test) == "TYPE_CHECKING")
        for node in ast.walk(outer)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node not in late
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module, node not in late


FILES = sorted(p for p in ROOT.rglob("*.py") if p != ROOT / "__init__.py")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_down(path):
    room = room_of(path)
    allowed = BELOW[room]
    for module, at_once in imports(path):
        if not module.startswith("npl_sim"):
            continue
        name = module.removeprefix("npl_sim").lstrip(".") or "__init__"
        other = name.split(".")[0]
        if other in (room, "__init__"):
            continue
        fits = other in allowed or any(name == a or name.startswith(a + ".") for a in allowed)
        assert fits or (not at_once and other in LATE), f"{room} imports {module}"


def test_no_room_is_on_both_sides():
    """At import time the rooms form no cycle."""
    graph = {room: set() for room in BELOW}
    for path in FILES:
        for module, at_once in imports(path):
            if at_once and module.startswith("npl_sim.") and not module.endswith(".spec"):
                other = module.split(".")[1]
                if other != room_of(path):
                    graph[room_of(path)].add(other)
    done: set[str] = set()

    def visit(room: str, above: tuple[str, ...]) -> None:
        assert room not in above, " -> ".join((*above, room))
        if room not in done:
            for other in sorted(graph[room]):
                visit(other, (*above, room))
            done.add(room)

    for room in graph:
        visit(room, ())


@pytest.mark.parametrize("path", sorted((ROOT / "kernels").glob("*.py")), ids=lambda p: p.name)
def test_compiled_code_sees_only_numbers(path):
    seen = {m.split(".")[0] for m, _ in imports(path)} - {"npl_sim"}
    allowed = KERNEL_THIRD_PARTIES | (CACHE_THIRD_PARTIES if path.name in CACHE_FILES else set())
    assert seen <= allowed


def test_help_imports_nothing_heavy():
    """What the command line imports before it knows the command."""
    import subprocess
    import sys

    code = "import sys, npl_sim.cli; print([m for m in ('numpy', 'numba', 'pandas', 'scipy', 'pydantic', 'matplotlib') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
