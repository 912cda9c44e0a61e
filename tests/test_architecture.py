"""Imports point down one ordered list of layers, without cycles; kernels see only numbers."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "npl_sim"

LAYERS = (
    "__main__",
    "cli",
    "deal",
    "api",
    "runs",
    "reports",
    "analysis",
    "dcf",
    "engine",
    "study",
    "channels",
    "capital",
    "accounting",
    "securitization",
    "valuation",
    "cashflows",
    "calibration",
    "market",
    "kernels",
    "policy",
    "legal",
    "tape",
    "tables",
    "stats",
    "resources",
    "core",
)
"""From the top down: a package imports itself and the packages below it."""

KERNEL_THIRD_PARTIES = {"numpy", "numba", "math", "typing", "__future__"}
CACHE_FILES = {"_folder.py", "_inner.py", "_jit.py", "_machine_code.py"}
"""Files of `kernels` that store compiled code and hold no kernel."""
CACHE_THIRD_PARTIES = {
    "collections",
    "contextlib",
    "functools",
    "hashlib",
    "llvmlite",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "pickle",
    "shutil",
    "stat",
    "sys",
    "tempfile",
}


def module_of(path: Path) -> str:
    """Return the dotted name of a file of the package."""
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in sorted(ROOT.rglob("*.py"))}


def imports(path: Path) -> set[str]:
    """Return every module that a file imports, in functions and for type checkers too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{path}: relative import"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else node.module for name in names}
    return found


def layer_of(module: str) -> int:
    """Return the position of a module's package in the list of layers."""
    parts = module.split(".")
    # The public names are the top layer.
    return -1 if len(parts) == 1 else LAYERS.index(parts[1])


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module):
    if module == "npl_sim":
        return
    above = {
        m
        for m in imports(MODULES[module])
        if m.startswith("npl_sim.") and layer_of(m) < layer_of(module)
    }
    assert not above, f"{module} imports from above: {sorted(above)}"


def test_no_file_is_part_of_a_cycle():
    graph = {
        m: {d for d in imports(path) if d in MODULES and d != m} for m, path in MODULES.items()
    }
    TopologicalSorter(graph).prepare()  # raises CycleError with the files


@pytest.mark.parametrize("path", sorted((ROOT / "kernels").glob("*.py")), ids=lambda p: p.name)
def test_compiled_code_sees_only_numbers(path):
    seen = {m.split(".")[0] for m in imports(path)} - {"npl_sim"}
    allowed = KERNEL_THIRD_PARTIES | (CACHE_THIRD_PARTIES if path.name in CACHE_FILES else set())
    assert seen <= allowed


def test_the_second_method_shares_no_code_with_the_engine():
    allowed = {"core", "policy", "legal", "market", "study", "tape", "dcf"}
    for module, path in MODULES.items():
        if module.startswith("npl_sim.dcf"):
            used = {m.split(".")[1] for m in imports(path) if m.startswith("npl_sim.")}
            assert used <= allowed, f"{module}: {sorted(used - allowed)}"


@pytest.mark.parametrize("module", [m for m in MODULES if m.startswith("npl_sim.runs")])
def test_use_cases_neither_print_nor_parse(module):
    """They return results; only the command line talks."""
    seen = {m.split(".")[0] for m in imports(MODULES[module])}
    assert not seen & {"typer", "rich", "click"}
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        assert not (isinstance(node, ast.Name) and node.id == "print"), f"{module} prints"
        assert not (isinstance(node, ast.Attribute) and node.attr in ("argv", "stdout", "stderr"))
