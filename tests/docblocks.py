"""Code blocks of the documentation: found, marked as run or not run, and the commands in them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Block", "blocks", "npl_sim_commands", "pages"]

ROOT = Path(__file__).parents[1]
MARK = re.compile(r"<!-- not run: (?P<reason>\S.*?) -->")
CODE = ("python", "sh", "bash", "console", "dockerfile")
_ENDS = {"&&", "||", "|", ";", "&", "\n"}


@dataclass(frozen=True)
class Block:
    """A code block of a page.

    Attributes
    ----------
    page
        Markdown file, relative to the root of the repository.
    line
        Line of the opening fence, counted from 1.
    language
        Word after the opening fence; empty where there is none.
    text
        Lines between the fences.
    reason
        Why it is not run; None where it is run.
    """

    page: str
    line: int
    language: str
    text: str
    reason: str | None

    @property
    def is_code(self) -> bool:
        """Whether the block holds commands or Python, by its language or by its text."""
        return self.language in CODE or (
            not self.language and bool(re.search(r"^\s*\S*npl-sim ", self.text, re.M))
        )


def pages(root: Path = ROOT) -> list[Path]:
    """Return the pages whose blocks are held to run: README, CONTRIBUTING and the docs."""
    return [root / "README.md", root / "CONTRIBUTING.md", *sorted(root.glob("docs/**/*.md"))]


def blocks(page: Path, root: Path = ROOT) -> list[Block]:
    """Return the code blocks of a page.

    Parameters
    ----------
    page
        Markdown file.
    root
        Folder that names of pages are relative to.
    """
    found: list[Block] = []
    above, opened, lines = "", 0, []
    language = ""
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        fence = re.fullmatch(r" *```(\S*)", line)
        if fence and not opened:
            opened, language, lines = number, fence[1], []
        elif fence:
            mark = MARK.fullmatch(above)
            name = page.relative_to(root).as_posix()
            text = "\n".join(lines) + "\n"
            found.append(Block(name, opened, language, text, mark["reason"] if mark else None))
            opened, above = 0, ""
        elif opened:
            lines.append(line)
        elif line.strip():
            above = line.strip()
    return [block for block in found if block.is_code]


def npl_sim_commands(text: str) -> Iterator[list[str]]:
    """Yield the arguments of each call of npl-sim in a text of shell commands.

    Comments are left out, and lines that end in a backslash continue. A call ends where another
    command begins.
    """
    for line in text.replace("\\\n", " ").splitlines():
        if not re.search(r"(^|[\s/])npl-sim\s", line):
            continue
        lexer = shlex.shlex(line, posix=True, punctuation_chars="&|;")
        lexer.whitespace_split, lexer.commenters = True, "#"
        arguments: list[str] | None = None
        for word in [*lexer, "\n"]:
            if word in _ENDS:
                if arguments is not None:
                    yield arguments
                arguments = None
            elif arguments is not None:
                arguments.append(word)
            elif word == "npl-sim" or word.endswith("/npl-sim"):
                arguments = []
