"""Find functions, files and lines that are too long, and functions with too many arguments."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.conventions.language import Violation, nodes

FUNCTION_LINES = 60
"""A function has fewer lines, its docstring not counted. [lines]"""
ARGUMENTS = 8
"""Most arguments of a function, `self` not counted."""
FILE_LINES = 300
LINE = 99
"""Most characters of a line."""

_DATA = re.compile(r"# (fmt: skip|fmt: off)")


def code_lines(source: str) -> int:
    """Return the lines of code: without blanks, comments, docstrings and imports."""
    left_out: set[int] = set()
    for node in nodes(source):
        text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        text = text and isinstance(node.value.value, str)  # type: ignore[attr-defined]
        if text or isinstance(node, ast.Import | ast.ImportFrom):
            left_out.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = enumerate(source.splitlines(), start=1)
    return sum(
        1 for n, x in lines if n not in left_out and x.strip() and not x.strip().startswith("#")
    )


def check(path: Path) -> Iterator[Violation]:
    """Yield every violation of the size limits in a Python file."""
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines()
    if len(lines) > FILE_LINES:
        yield Violation(path, 1, f"file over {FILE_LINES} lines", str(len(lines)))
    for number, line in enumerate(lines, start=1):
        if len(line) > LINE and not _DATA.search(line):
            yield Violation(path, number, f"line over {LINE} characters", str(len(line)))
    for node in nodes(source):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            doc = node.body[0]
            text = ast.get_docstring(node, clean=False) is not None
            described = (doc.end_lineno or 0) - doc.lineno + 1 if text else 0
            length = (node.end_lineno or 0) - node.lineno + 1 - described
            if length >= FUNCTION_LINES:
                yield Violation(path, node.lineno, f"function of {length} lines", node.name)
            given = node.args
            count = len(given.posonlyargs) + len(given.args) + len(given.kwonlyargs)
            count -= bool(given.args and given.args[0].arg in ("self", "cls"))
            # The arguments of a test are fixtures and parameters.
            if count > ARGUMENTS and not node.name.startswith("test_"):
                yield Violation(path, node.lineno, f"{count} arguments", node.name)
