"""Find British spellings, in prose and in the names that code defines."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

_WORD = re.compile(r"[^\W\d_]+")
_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")


@functools.cache
def _british() -> tuple[re.Pattern[str], set[str]]:
    """Return the pattern of `tests/british_spellings.toml` and the keys that are left."""
    path = Path(__file__).parents[1] / "british_spellings.toml"
    listed = tomllib.loads(path.read_text(encoding="utf-8"))
    verbs = f"(re|un|de)?({'|'.join(listed['stems'])})is(e[ds]?|ers?|ing|ations?|able)"
    return re.compile("|".join([verbs, *listed["words"]]), re.IGNORECASE), set(listed["keys"])


def keys_left() -> set[str]:
    """Return the keys of users' files that still have a British spelling."""
    return _british()[1]


@functools.cache
def is_british(word: str) -> bool:
    """Return whether a word is spelled as in Britain and is no key of a user's file."""
    pattern, keys = _british()
    return word.lower() not in keys and pattern.fullmatch(word) is not None


def british_in_prose(text: str) -> Iterator[str]:
    """Yield the words of a text in British spelling."""
    yield from filter(is_british, _WORD.findall(text))


def british_in_name(name: str) -> Iterator[str]:
    """Yield the parts of a snake_case or CamelCase name in British spelling."""
    yield from filter(is_british, _PART.findall(name))
