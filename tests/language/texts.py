"""Texts of the source that a catalog must translate, and what is missing from it.

``python -m tests.language.texts`` prints the missing texts as entries of a catalog.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

from npl_sim.core.layout import Kind, Stage
from npl_sim.resources.languages import LANGUAGES, catalog

ROOT = Path(__file__).parents[2] / "npl_sim"

HEADERS = {"columns": 0, "table_of": 1, "ready_table": 1}
"""Position of the headers among the arguments of functions that make tables."""

TITLES = {"Table": 0, "table_of": 0, "ready_table": 0}
"""Position of the title among the arguments of functions that make tables."""


def _literal(node: ast.AST | None) -> str:
    """Return a text written in the source; empty for anything else."""
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return node.value if is_text and isinstance(node, ast.Constant) else ""


def _headers(node: ast.AST) -> Iterator[str]:
    """Yield the names of columns in the headers of a table."""
    if isinstance(node, ast.List | ast.Tuple):
        for part in node.elts:
            yield _literal(part)
    for name in _literal(node).split(" | "):
        yield name.partition(" [")[0] if not name.startswith("[") else ""


def _of_call(node: ast.Call) -> Iterator[str]:
    """Yield the texts that a call shows."""
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    if name in ("_", "N_", "ngettext"):
        yield from (_literal(a) for a in node.args[:2] if _literal(a))
    if name == "counted" and len(node.args) == 2:
        yield f"{{number}} {_literal(node.args[1])}s" if _literal(node.args[1]) else ""
    if name in HEADERS and len(node.args) > HEADERS[name]:
        yield from _headers(node.args[HEADERS[name]])
    if name == "Column" and node.args:
        yield _literal(node.args[0])
    if name in TITLES and node.args:
        yield _literal(node.args[TITLES[name]])
        yield from (_literal(k.value) for k in node.keywords if k.arg in ("note", "nothing"))


@functools.cache
def source_texts() -> dict[str, str]:
    """Return the texts that are shown, with the file of each."""
    found = {code.name.lower().replace("_", " "): "core/layout.py" for code in (*Kind, *Stage)}
    for file in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                for text in _of_call(node):
                    if any(c.isalpha() for c in text):
                        found.setdefault(text, str(file.relative_to(ROOT)))
    return found


@functools.cache
def literals() -> frozenset[str]:
    """Return every text that is written in the source or in the data that ships with it."""
    found = set()
    for file in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if _literal(node):
                found |= {_literal(node), *_literal(node).split(" | ")}
    for file in sorted((ROOT / "resources").rglob("*")):
        if file.suffix in (".yaml", ".toml", ".csv"):
            found |= set(re.findall(r"[A-Za-z][\w ]*\w", file.read_text(encoding="utf-8")))
    return frozenset(found)


SCOPES = (
    ast.FunctionDef,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)


def _own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a scope without those of the scopes inside."""
    left = list(ast.iter_child_nodes(scope))
    while left:
        node = left.pop()
        yield node
        if not isinstance(node, SCOPES):
            left += ast.iter_child_nodes(node)


def shadowed() -> Iterator[str]:
    """Yield the places where a local `_` hides the function that translates."""
    for file in sorted(ROOT.rglob("*.py")):
        for scope in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(scope, SCOPES):
                continue
            names = [n for n in _own_nodes(scope) if isinstance(n, ast.Name) and n.id == "_"]
            names += [a for a in _own_nodes(scope) if isinstance(a, ast.arg) and a.arg == "_"]
            calls = [n.func for n in ast.walk(scope) if isinstance(n, ast.Call)]
            is_called = any(isinstance(f, ast.Name) and f.id == "_" for f in calls)
            is_bound = any(
                isinstance(n, ast.arg) or isinstance(getattr(n, "ctx", None), ast.Store)
                for n in names
            )
            if is_called and is_bound:
                yield f"{file.relative_to(ROOT)}:{getattr(scope, 'lineno', 0)}"


def missing(language: str) -> dict[str, str]:
    """Return the texts without a translation, with the file of each."""
    known = catalog(language).texts
    return {text: file for text, file in source_texts().items() if text not in known}


def _quoted(text: str) -> str:
    """Return a text as catalogs write it."""
    for plain, written in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n")):
        text = text.replace(plain, written)
    return f'"{text}"'


if __name__ == "__main__":
    for code in LANGUAGES[1:]:
        for text, file in sorted(missing(code).items(), key=lambda x: (x[1], x[0])):
            print(f'#: {file}\nmsgid {_quoted(text)}\nmsgstr ""\n')
