"""Reading YAML so that every value keeps its place: file, line and column."""

from __future__ import annotations

import difflib
import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq, TaggedScalar
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError
from ruamel.yaml.reader import ReaderError

from npl_sim.errors import StudyError, quoted
from npl_sim.studyfaults import dotted, kind_of

__all__ = ["Path_", "Source", "override", "parsed", "plain", "read"]

MOST_BYTES = 5_000_000
MOST_NODES = 500_000

Path_ = tuple[str | int, ...]

YAML_1_1 = {True: "on", False: "off"}
"""Keys that YAML 1.1 libraries write as true and false."""


@dataclass
class Source:
    """Plain data with the place of every value."""

    places: dict[Path_, str] = field(default_factory=dict)
    files: list[Path] = field(default_factory=list)

    def place(self, where: Path_) -> str:
        for n in range(len(where), -1, -1):
            if where[:n] in self.places:
                return self.places[where[:n]]
        return str(self.files[0])


class _Constructor(RoundTripConstructor):
    """Leaves dates as text, so that an impossible one is a fault of its key and not of the YAML."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", lambda self, node: self.construct_scalar(node))


def read(path: Path, prefix: Path_, source: Source, asked: str = "", whole: str = "study") -> Any:
    where = f"{asked}: " if asked else ""
    source.files.append(path)
    if not path.is_file():
        folder = path.parent
        names = sorted(p.name for p in folder.glob("*.y*ml")) if folder.is_dir() else []
        near = difflib.get_close_matches(path.name, names, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        what = "is a folder" if path.is_dir() else "does not exist"
        raise StudyError([f"{where}{path}: {what}; expected a YAML file{hint}"])
    try:
        raw = path.read_bytes()
        if len(raw) > MOST_BYTES:
            raise StudyError([f"{path}: {len(raw):,} bytes; expected a {whole} of at most {MOST_BYTES:,}"])
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise StudyError([f"{path}:{line}:1: is not UTF-8; expected a YAML file saved as UTF-8"]) from None
    except OSError as error:
        raise StudyError([f"{path}: cannot be read ({error.strerror})"]) from None
    tree = parsed(text, str(path))
    if tree is None:
        what = f"the section {prefix[-1]}" if prefix else f"a {whole}"
        raise StudyError([f"{path}:1:1: the file is empty; expected {what}"])
    source.places[prefix] = f"{path}:1:1"
    return plain(tree, prefix, str(path), source, [0])


def _yaml() -> YAML:
    yaml = YAML(typ="rt", pure=True)
    yaml.Constructor = _Constructor
    yaml.allow_duplicate_keys = False
    return yaml


HINTS = (
    ("<block end>", "check the indentation of this line and of those above"),
    ("mapping values are not allowed", "put text that holds a colon in quotes, or check the indentation"),
    ("cannot start any token", "put the text in quotes"),
    ("undefined alias", "put text that begins with * in quotes"),
    ("another document", "a study is one document; take --- away"),
)


def parsed(text: str, name: str) -> Any:
    """Return the tree of a YAML text, or raise what its writer can mend."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", ReusedAnchorWarning)
            return _yaml().load(text)
    except ReusedAnchorWarning as error:
        raise StudyError([f"{name}:{_reused(str(error))}"]) from None
    except MarkedYAMLError as error:
        raise StudyError([f"{name}:{_syntax(error, text)}; expected valid YAML"]) from None
    except ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        character = ord(text[error.position])
        raise StudyError(
            [f"{name}:{line}:{column}: found the control character U+{character:04X}; expected text"]
        ) from None
    except RecursionError:
        raise StudyError([f"{name}: is nested too deeply; expected valid YAML"]) from None
    except (YAMLError, ValueError, TypeError, KeyError, AttributeError) as error:
        # The last four come from tags such as !!int on what is no integer, and from numbers without end.
        reason = str(error).partition(";")[0].splitlines()[0:1] or [type(error).__name__]
        raise StudyError(
            [f"{name}: holds a value that cannot be read ({reason[0]}); expected valid YAML"]
        ) from None


def _reused(text: str) -> str:
    """Return line, column and what is wrong where an anchor is given a second time."""
    places = re.findall(r"line (\d+), column (\d+)", text)
    anchor = re.search(r"duplicate anchor '(.*?)'", text)
    line, column = places[-1] if places else ("1", "1")
    first = f" (first on line {places[0][0]})" if len(places) > 1 else ""
    return f"{line}:{column}: duplicate anchor {quoted(anchor[1] if anchor else '')}{first}; expected each anchor once"


def _syntax(error: MarkedYAMLError, text: str) -> str:
    """Return line, column and what is wrong there."""
    problem = (error.problem or "not valid YAML").split("\n")[0]
    if problem.startswith("but ") and error.context:
        problem = f"{error.context}, {problem}"
    mark = error.problem_mark or error.context_mark
    if ("end of stream" in problem or "<stream end>" in problem) and error.context_mark:
        mark, problem = error.context_mark, "what opens here is not closed before the file ends"
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    twice = re.match(r'found duplicate key "(.*?)" with value', problem)
    hint = next((hint for part, hint in HINTS if part in problem), "")
    if twice:
        problem = f"duplicate key {twice[1]!r}"
    elif "\t" in "".join(text.splitlines()[line - 1 : line]):
        hint = "tabs cannot indent YAML; use spaces"
    return f"{line}:{column}: {problem}" + (f" ({hint})" if hint else "")


def plain(node: Any, where: Path_, file: str, source: Source, count: list[int]) -> Any:
    """Return plain data, noting where each value stands."""
    count[0] += 1
    if count[0] > MOST_NODES or len(where) > 60:
        raise StudyError(
            [f"{file}: more than {MOST_NODES:,} values or 60 levels; expected a study (check its anchors)"]
        )
    if isinstance(node, CommentedMap):
        keys: dict[str, Any] = {}
        for key in node:
            line, column = node.lc.key(key) if key in (node.lc.data or {}) else (node.lc.line, node.lc.col)
            name = YAML_1_1[key] if isinstance(key, bool) else str(key)
            child = (*where, name)
            if name in keys:
                raise StudyError(
                    [f"{file}:{line + 1}:{column + 1}: {dotted(child)}: stands twice; expected it once"]
                )
            source.places[child] = f"{file}:{line + 1}:{column + 1}"
            keys[name] = plain(node[key], child, file, source, count)
        return keys
    if isinstance(node, CommentedSeq):
        items = []
        for i, item in enumerate(node):
            line, column = node.lc.item(i) if i in (node.lc.data or {}) else (node.lc.line, node.lc.col)
            source.places[(*where, i)] = f"{file}:{line + 1}:{column + 1}"
            items.append(plain(item, (*where, i), file, source, count))
        return items
    if isinstance(node, bool) or node is None:
        return node
    for kind in (int, float, str):
        if isinstance(node, kind):
            return kind(node)
    if isinstance(node, TaggedScalar):
        return str(node)
    raise StudyError(
        [
            f"{source.place(where)}: {dotted(where)}: holds a tagged value; expected a number, text, list or mapping"
        ]
    )


def override(data: dict[str, Any], key: str, value: Any, source: Source) -> None:
    """Lay one value on, and note that it came from no file."""
    parts = key.split(".")
    if "" in parts:
        raise StudyError([f"override {key!r}: expected keys joined by single dots, such as simulation.seed"])
    at: Any = data
    where: Path_ = ()
    for i, part in enumerate(parts):
        index: Any = part
        if isinstance(at, list):
            if not part.isdecimal() or int(part) >= len(at):
                raise StudyError([f"override {key}: got position {part!r}; expected 0 to {len(at) - 1}"])
            index = int(part)
        elif not isinstance(at, dict):
            raise StudyError(
                [f"override {key}: {'.'.join(parts[:i])} is a {kind_of(at)}; expected keys below it"]
            )
        where = (*where, index)
        if i == len(parts) - 1:
            at[index] = value
        else:
            if isinstance(at, dict) and at.get(index) is None:
                at[index] = {}  # a section left out, or empty
            at = at[index]
    for old in [w for w in source.places if w[: len(where)] == where]:
        del source.places[old]
    source.places[where] = "override"
