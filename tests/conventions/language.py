"""Find long sentences and retired names in code and Markdown."""

from __future__ import annotations

import ast
import functools
import io
import re
import tokenize
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST_WORDS = 25
FEWEST_WORDS_OF_TEXT = 4
"""Strings with fewer words are names, formats or patterns."""

_END = re.compile(r" \| |(?<=[.!?])[\"')\]]*\s+|\n\s*\n|\n\s*(?=[-*|>#]|\d+\. )|\n(?=-{3,})")
_WORD = re.compile(r"[^\W_][\w'’.,%/-]*")
_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


@dataclass(frozen=True)
class Text:
    """A piece of text for readers."""

    path: Path
    line: int
    text: str


@dataclass(frozen=True)
class Violation:
    """A broken convention."""

    path: Path
    line: int
    rule: str
    what: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}: {self.rule}: {self.what}"


@functools.cache
def retired() -> list[dict[str, object]]:
    """Return the retired names of `tests/retired_names.toml`."""
    with (ROOT / "tests" / "retired_names.toml").open("rb") as file:
        return list(tomllib.load(file)["retired"])


def _strings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield every string literal, f-strings whole with `X` for each value."""
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = []
            for value in node.values:
                inside.update(id(n) for n in ast.walk(value))
                parts.append(value.value if isinstance(value, ast.Constant) else "X")
            yield node.lineno, "".join(str(p) for p in parts)
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in inside
        ):
            yield node.lineno, node.value


def texts_of_code(path: Path) -> Iterator[Text]:
    """Yield docstrings, comments and messages of a Python file."""
    source = path.read_text(encoding="utf-8")
    for line, text in _strings(ast.parse(source)):
        if len(_WORD.findall(text)) >= FEWEST_WORDS_OF_TEXT and " " in text:
            yield Text(path, line, text)
    block: list[str] = []
    first = last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            if block and token.start[0] != last + 1:
                yield Text(path, first, "\n".join(block))
                block = []
            if not block:
                first = token.start[0]
            block.append(token.string.lstrip("#: "))
            last = token.start[0]
    if block:
        yield Text(path, first, "\n".join(block))


def texts_of_markdown(path: Path) -> Iterator[Text]:
    """Yield the paragraphs of a Markdown file, without code."""
    lines = path.read_text(encoding="utf-8").splitlines()
    block: list[str] = []
    first, fenced = 1, False
    for number, line in enumerate([*lines, ""], start=1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        plain = "" if fenced or line.lstrip().startswith(("```", "|", "    ")) else line
        plain = re.sub(r"`[^`]*`", "X", plain)
        plain = re.sub(r"\]\([^)]*\)", "]", plain)
        starts = re.match(r"\s*([-*>#]|\d+\.)\s", plain)
        if block and (not plain.strip() or starts):
            yield Text(path, first, "\n".join(block))
            block = []
        if plain.strip():
            if not block:
                first = number
            block.append(plain)


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a text."""
    for sentence in _END.split(text):
        plain = " ".join(sentence.split())
        if plain:
            yield plain


def long_sentences(text: Text) -> Iterator[Violation]:
    """Yield the sentences of more than 25 words."""
    for sentence in sentences(text.text):
        count = len(_WORD.findall(sentence))
        if count > MOST_WORDS:
            yield Violation(text.path, text.line, f"sentence of {count} words", sentence[:160])


def retired_prose(text: Text, names: list[dict[str, object]]) -> Iterator[Violation]:
    """Yield the retired names in a text."""
    for entry in names:
        scope = entry["scope"]
        if isinstance(scope, list) and "prose" in scope:
            for match in re.finditer(str(entry["name"]), text.text):
                found = " ".join(text.text[max(0, match.start() - 30) : match.end() + 30].split())
                yield Violation(text.path, text.line, f"retired; use {entry['use']}", found)


def defined(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield every name that a file defines: functions, classes, arguments, variables, aliases."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.lineno, node.name
        elif isinstance(node, ast.arg):
            yield node.lineno, node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.attr
        elif isinstance(node, ast.alias) and node.asname:
            yield node.lineno, node.asname


def retired_identifiers(path: Path, names: list[dict[str, object]]) -> Iterator[Violation]:
    """Yield the retired names among those that a file defines."""
    shown = path.relative_to(ROOT).as_posix()
    entries = [
        e
        for e in names
        if "identifier" in e["scope"] and shown.startswith(str(e.get("under", "")))  # type: ignore[operator]
    ]
    parts = {str(e["name"]): e for e in entries if not e.get("whole")}
    wholes = {str(e["name"]): e for e in entries if e.get("whole")}
    for line, name in defined(ast.parse(path.read_text(encoding="utf-8"))):
        entry = wholes.get(name.strip("_").lower())
        for part in _PART.findall(name):
            entry = entry or parts.get(part.lower())
        if entry is not None:
            yield Violation(path, line, f"retired; use {entry['use']}", name)


def check(path: Path) -> Iterator[Violation]:
    """Yield every violation of the language's conventions in a file."""
    names = retired()
    code = path.suffix == ".py"
    for text in texts_of_code(path) if code else texts_of_markdown(path):
        yield from long_sentences(text)
        yield from retired_prose(text, names)
    if code:
        yield from retired_identifiers(path, names)
