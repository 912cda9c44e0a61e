"""Find long sentences, retired names and British spellings in code and Markdown."""

from __future__ import annotations

import ast
import functools
import io
import json
import re
import tokenize
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conventions.spelling import british_in_name, british_in_prose

ROOT = Path(__file__).parents[2]
LONGEST_SENTENCE = 25
SHORTEST_TEXT = 4
"""Strings with fewer words are names, formats or patterns."""

_SOURCE = re.compile(
    r"^\s*<[?!/\w:]"  # XML and HTML
    r"|^(from [\w.]+ )?import \w"  # Python
    r"|^\s*(- )?\[?\{*[A-Za-z_.]+: *(\S.*)?\n\s*[-\w.{]+.*: ",  # YAML
    re.MULTILINE,
)
"""Source of programs and data inside a string; it has no sentences."""

_END = re.compile(r" \| |(?<=[.!?])[\"')\]]*\s+|\n\s*\n|\n\s*(?=[-*|>#]|\d+\. )|\n(?=-{3,})")
_WORD = re.compile(r"[^\W_][\w'’.,%/-]*")
_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


@dataclass(frozen=True)
class Text:
    """A piece of text for readers."""

    path: Path
    line: int
    text: str
    is_source: bool = False
    """Whether it is the source of a program or data, which has no sentences."""


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
def retired() -> list[dict[str, Any]]:
    """Return the retired names of `tests/retired_names.toml`."""
    with (ROOT / "tests" / "retired_names.toml").open("rb") as file:
        return list(tomllib.load(file)["retired"])


@functools.lru_cache(maxsize=2)
def nodes(source: str) -> tuple[ast.AST, ...]:
    """Return the nodes of Python source; the checks of one file share them."""
    return tuple(ast.walk(ast.parse(source)))


def _strings(tree: tuple[ast.AST, ...]) -> Iterator[tuple[int, str, bool]]:
    """Yield line and text of every string, and whether it is a docstring.

    An f-string comes whole, with `X` for each value.
    """
    inside: set[int] = set()
    described = {id(node.value) for node in tree if isinstance(node, ast.Expr)}
    for node in tree:
        if isinstance(node, ast.JoinedStr):
            parts = []
            for value in node.values:
                inside.update(id(n) for n in ast.walk(value))
                parts.append(value.value if isinstance(value, ast.Constant) else "X")
            yield node.lineno, "".join(str(p) for p in parts), False
    for node in tree:
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in inside
        ):
            yield node.lineno, node.value, id(node) in described


def texts_of_code(path: Path, source: str) -> Iterator[Text]:
    """Yield docstrings, comments and messages of Python source."""
    for line, text, is_docstring in _strings(nodes(source)):
        if len(_WORD.findall(text)) >= SHORTEST_TEXT and " " in text:
            is_source = not is_docstring and _SOURCE.search(text) is not None
            yield Text(path, line, text, is_source)
    block: list[str] = []
    first = last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            # A comment behind code is a text of its own.
            behind_code = bool(token.line[: token.start[1]].strip())
            if block and (behind_code or token.start[0] != last + 1):
                yield Text(path, first, "\n".join(block))
                block = []
            if not block:
                first = token.start[0]
            block.append(token.string.lstrip("#: "))
            last = -1 if behind_code else token.start[0]
    if block:
        yield Text(path, first, "\n".join(block))


def texts_of_markdown(path: Path, source: str) -> Iterator[Text]:
    """Yield the paragraphs of Markdown, without code."""
    lines = source.splitlines()
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


def texts_of_notebook(path: Path, source: str) -> Iterator[Text]:
    """Yield the paragraphs, comments and messages of a notebook; lines count within a cell."""
    for cell in json.loads(source)["cells"]:
        parse = texts_of_markdown if cell["cell_type"] == "markdown" else texts_of_code
        yield from parse(path, "".join(cell["source"]))


_TEXTS = {".py": texts_of_code, ".md": texts_of_markdown, ".ipynb": texts_of_notebook}


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a text."""
    for sentence in _END.split(text):
        plain = " ".join(sentence.split())
        if plain:
            yield plain


def long_sentences(text: Text) -> Iterator[Violation]:
    """Yield the sentences of more than 25 words."""
    for sentence in [] if text.is_source else sentences(text.text):
        count = len(_WORD.findall(sentence))
        if count > LONGEST_SENTENCE:
            yield Violation(text.path, text.line, f"sentence of {count} words", sentence[:160])


def retired_prose(text: Text, names: list[dict[str, Any]]) -> Iterator[Violation]:
    """Yield the retired names in a text."""
    for entry in names:
        scope = entry["scope"]
        if isinstance(scope, list) and "prose" in scope:
            for match in re.finditer(str(entry["name"]), text.text):
                found = " ".join(text.text[max(0, match.start() - 30) : match.end() + 30].split())
                yield Violation(text.path, text.line, f"retired; use {entry['use']}", found)


def british_prose(text: Text) -> Iterator[Violation]:
    """Yield the words of a text in British spelling."""
    for word in british_in_prose(text.text):
        yield Violation(text.path, text.line, "British spelling", word)


def defined(tree: tuple[ast.AST, ...]) -> Iterator[tuple[int, str]]:
    """Yield every name that a file defines: functions, classes, arguments, variables, aliases."""
    for node in tree:
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


def retired_identifiers(path: Path, names: list[dict[str, Any]]) -> Iterator[Violation]:
    """Yield the retired names among those that a file defines."""
    shown = path.relative_to(ROOT).as_posix()
    entries = [
        e
        for e in names
        if "identifier" in e["scope"]
        and shown.startswith(e.get("under", ""))
        and shown not in e.get("ordinary", ())
    ]
    parts = {str(e["name"]): e for e in entries if not e.get("whole")}
    wholes = {str(e["name"]): e for e in entries if e.get("whole")}
    for line, name in defined(nodes(path.read_text(encoding="utf-8"))):
        entry = wholes.get(name.strip("_").lower())
        for part in _PART.findall(name):
            entry = entry or parts.get(part.lower())
        if entry is not None:
            yield Violation(path, line, f"retired; use {entry['use']}", name)
        for word in british_in_name(name):
            yield Violation(path, line, f"British spelling of {word}", name)


def check(path: Path) -> Iterator[Violation]:
    """Yield every violation of the language's conventions in a file."""
    names = retired()
    for text in _TEXTS[path.suffix](path, path.read_text(encoding="utf-8")):
        yield from long_sentences(text)
        yield from retired_prose(text, names)
        yield from british_prose(text)
    if path.suffix == ".py":
        yield from retired_identifiers(path, names)
