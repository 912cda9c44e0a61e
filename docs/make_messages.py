"""Write messages.md, the catalog of every text that a user can see: python docs/make_messages.py.

The catalog works the way of gettext. A text stands where it is used, so the code stays readable.
The text itself is its key, with `{names}` for values: it is stable for translators. The script
takes every string of two words and more from the source, whatever carries it. So no text avoids
the catalog; a list of known calls would miss those in variables, tables and defaults. A test fails
when the page is not current, so a change of a text is reviewed there, beside its like. Other tests
check each text by the rules of the language.

Not listed: docstrings, patterns, and the descriptions of keys, which ``npl-sim schema`` prints.
"""

from __future__ import annotations

import ast
import itertools
import re
import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "messages.md"

KINDS = {
    "error": "Errors",
    "warning": "Warnings",
    "console": "Progress and notes of the command line",
    "help": "Help of the command line",
    "text": "Reports, labels and parts of other texts",
}
"""Kinds of texts, in the order of the page."""

ERRORS = re.compile(r"(Error|Errors|Exit|error_at|unreadable|must_rise|_refused)$")
"""Calls that make an error, besides every call after `raise`."""
WARNINGS = re.compile(r"(Issue|warning_at|warn|warning)$")
CONSOLE = re.compile(r"(print|print_error|report|message)$")
HELP = re.compile(r"(Option|Argument|Typer)$")

INTRODUCTION = (
    "Every text of two words and more that a user can see, by file, in the order of the source. "
    "`python docs/make_messages.py` writes this page, and a test compares it with the source. "
    "A text is its own key; `{names}` stand for values, and a name in capitals for another text. "
    "Descriptions of keys are printed by `npl-sim schema`; single words are in the glossary."
)

_WORD = re.compile(r"[^\W\d_A-Z]{2,}")
VALUE = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True)
class Message:
    """A text in the source."""

    text: str
    """The text, with the names of its values in braces."""
    kind: str
    """Key of `KINDS`."""
    module: str
    """File below the root."""


def name_of(node: ast.expr) -> str:
    """Return the name of a value in a text: `{path}` for `path`, `quoted(path)`; empty if none."""
    if isinstance(node, ast.Call):
        inner = [name_of(a) for a in (*node.args, *(k.value for k in node.keywords))]
        func = node.func.value if isinstance(node.func, ast.Attribute) else node.func
        return next(filter(None, inner), name_of(func))
    if isinstance(node, ast.Attribute):
        return name_of(node.value) if node.attr.startswith("__") else node.attr
    if isinstance(node, ast.Subscript | ast.Starred):
        return name_of(node.value)
    names = [n.id for n in ast.walk(node) if isinstance(n, ast.Name)]
    return names[0] if names else ""


def text_of(node: ast.expr) -> str | None:
    """Return the text of a literal, with the names of its values in braces; None if it is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return None
    return "".join(
        str(part.value)
        if isinstance(part, ast.Constant)
        else f"{{{name_of(part.value) or 'value'}}}"
        for part in node.values
        if isinstance(part, ast.Constant | ast.FormattedValue)
    )


def is_read(text: str) -> bool:
    """Return whether a text is for readers: two words, and no pattern or format."""
    plain = VALUE.sub("", text)
    pattern = re.search(r"\\[a-zA-Z(\[]|\(\?|\[\^|%[a-zA-Z]-?%|^<", plain)
    return " " in text.strip() and bool(_WORD.search(plain)) and not pattern


def kind_of(call: str, raised: bool) -> str | None:
    """Return the kind of the texts in a call, None for a neutral call."""
    if raised or ERRORS.search(call):
        return "error"
    for kind, pattern in (("warning", WARNINGS), ("console", CONSOLE), ("help", HELP)):
        if pattern.search(call):
            return kind
    return None


class Reader(ast.NodeVisitor):
    """Collect the texts of a file.

    Parameters
    ----------
    module
        File below the root.
    """

    def __init__(self, module: str) -> None:
        self.module, self.found = module, list[Message]()
        self._kind, self._raised = "text", False

    def _within(self, node: ast.AST, kind: str, raised: bool) -> None:
        before = self._kind, self._raised
        self._kind, self._raised = kind, raised
        self.generic_visit(node)
        self._kind, self._raised = before

    def _keep(self, text: str, kind: str) -> None:
        if is_read(text):
            self.found.append(Message(" ".join(text.split()), kind, self.module))

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        if any("command" in ast.unparse(d) for d in node.decorator_list):
            self._keep(ast.get_docstring(node) or "", "help")
        self._within(node, "text", raised=False)

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = _define

    def visit_Raise(self, node: ast.Raise) -> None:
        self._within(node, "error", raised=True)

    def visit_Call(self, node: ast.Call) -> None:
        call = ast.unparse(node.func)
        if call.startswith("re.") or call in ("TypeVar", "field_validator"):
            return
        self._within(node, kind_of(call, self._raised) or self._kind, self._raised)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._keep(text_of(node) or "", self._kind)
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value)

    def visit_Constant(self, node: ast.Constant) -> None:
        self._keep(text_of(node) or "", self._kind)


def texts_of_template(source: str) -> Iterator[str]:
    """Yield the texts between the tags of a page, with the names of its values in braces."""
    source = re.sub(r"(?s)\{#.*?#\}|<style>.*?</style>", "", source)
    source = re.sub(r"(?s)\{%.*?%\}", "<>", source)
    names = re.sub(r"(?s)\{\{-?\s*[\w.]*?(\w+)\s*(?:[|\[({].*?)?-?\}\}", r"{\1}", source)
    yield from (" ".join(text.split()) for text in re.split(r"<[^>]*>", names))


def messages(root: Path = ROOT / "npl_sim") -> Iterator[Message]:
    """Yield the texts of the package in the order of the source, each once for a file."""
    for path in sorted([*root.rglob("*.py"), *root.rglob("*.j2")]):
        module, source = path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
        if path.suffix == ".j2":
            found = [Message(x, "text", module) for x in texts_of_template(source) if is_read(x)]
        else:
            reader = Reader(module)
            reader.visit(ast.parse(source))
            found = reader.found
        yield from dict.fromkeys(found)


def quoted(text: str) -> str:
    """Return a text as code of Markdown."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def page() -> str:
    """Return the page: a section for each package, a list for each file."""
    found = list(messages())
    count = Counter(m.kind for m in found)
    lines = ["# Messages", "", *textwrap.wrap(INTRODUCTION, 99), ""]
    lines += [f"- {kind}: {what}, {count[kind]:,}" for kind, what in KINDS.items()]
    package = ""
    for module, group in itertools.groupby(found, lambda m: m.module):
        folder = module.partition("/")[0] if "/" in module else "npl_sim"
        if folder != package:
            package = folder
            lines += ["", f"## {folder}"]
        lines += ["", f"### {module}", ""]
        lines += [f"- {m.kind}: {quoted(m.text)}" for m in group]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
