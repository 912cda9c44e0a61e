"""YAML values with their places: file, line and column."""

from __future__ import annotations

import difflib
import functools
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq, TaggedScalar
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError
from ruamel.yaml.parser import Parser
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.scanner import Scanner

from npl_sim.core.confinement import check_inside
from npl_sim.core.errors import InputFileError, StudyError, shortened
from npl_sim.core.input_file import read_regular
from npl_sim.study.messages import dotted, kind_of
from npl_sim.study.yaml_errors import reused_anchor, syntax_error
from npl_sim.study.yaml_limits import MOST_BYTES, MOST_LEVELS, MOST_VALUES, LimitedComposer

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

    def move(self, old: Path_, new: Path_) -> None:
        """Note the values below one path as the values below another path."""
        for where in [w for w in self.places if w[: len(old)] == old]:
            self.places[new + where[len(old) :]] = self.places[where]


@contextmanager
def reading(source: Source) -> Iterator[None]:
    """Add the files that were read to an error, so that their names can be masked."""
    try:
        yield
    except StudyError as error:
        raise StudyError(error.errors, [*error.files, *map(str, source.files)]) from None


class _Constructor(RoundTripConstructor):
    """Constructor that leaves dates as text, so that pydantic reports invalid ones."""


_Constructor.add_constructor(
    "tag:yaml.org,2002:timestamp", lambda self, node: self.construct_scalar(node)
)


def read(
    path: Path, prefix: Path_, source: Source, named_by: str = "", whole: str = "study"
) -> Any:
    check_inside(path, named_by)
    where = f"{named_by}: " if named_by else ""
    source.files.append(path)
    try:
        raw = read_regular(path, MOST_BYTES, f"a {whole} (a YAML file)")
    except InputFileError as error:
        raise StudyError([where + (_missing(path) if error.missing else str(error))]) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise StudyError(
            [f"{path}:{line}:1: is not UTF-8; expected a YAML file saved as UTF-8"]
        ) from None
    tree = parsed(text, str(path))
    if tree is None:
        what = f"the section {prefix[-1]}" if prefix else f"a {whole}"
        raise StudyError([f"{path}:1:1: the file is empty; expected {what}"])
    source.places[prefix] = f"{path}:1:1"
    return plain(tree, prefix, str(path), source, [0])


def read_section(
    path: Path, where: Path_, source: Source, named_by: str, whole: str = "study"
) -> Any:
    """Read a section from a file of its own.

    Parameters
    ----------
    path
        The file.
    where
        Path of keys to the section.
    source
        Takes the places of its values.
    named_by
        File, line and key that name the file.
    whole
        What the section is a part of.

    Raises
    ------
    StudyError
        If it cannot be read, or holds neither a mapping nor a list of mappings. The message does
        not quote the file: it may be any file, named by someone else's study.
    """
    data = read(path, where, source, named_by, whole)
    if isinstance(data, dict) and list(data) == [where[-1]]:
        place = source.place((*where, where[-1]))
        raise StudyError(
            [f"{place}: {where[-1]}: duplicate nesting; expected the file without this outer key"]
        )
    if isinstance(data, dict):
        return data
    if not isinstance(data, list):
        raise StudyError(
            [
                f"{named_by}: {path}:1: holds a {kind_of(data)}; expected a mapping of keys of "
                f"{dotted(where)}"
            ]
        )
    for i, item in enumerate(data):
        if not isinstance(item, dict):
            line = source.place((*where, i)).removeprefix(f"{path}:").partition(":")[0]
            raise StudyError(
                [
                    f"{named_by}: {path}:{line}: holds a {kind_of(item)} in a list; expected "
                    f"mappings of keys of {dotted(where)}"
                ]
            )
    return data


def _missing(path: Path) -> str:
    """Return the message on a file that does not exist, with the nearest name in its folder."""
    folder = path.parent
    names = sorted(p.name for p in folder.glob("*.y*ml")) if folder.is_dir() else []
    near = difflib.get_close_matches(path.name, names[:1000], n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return f"{path}: does not exist; expected a YAML file{hint}"


def _yaml() -> YAML:
    yaml = YAML(typ="rt", pure=True)
    # Comments are not kept: to gather them takes longer than to parse the rest.
    yaml.Scanner, yaml.Parser = Scanner, Parser
    yaml.Composer, yaml.Constructor = LimitedComposer, _Constructor
    yaml.allow_duplicate_keys = False
    return yaml


@functools.lru_cache(maxsize=16)
def _loaded(text: str) -> tuple[Any, str]:
    """Return the tree of a YAML text, or the message on its first error.

    Kept, since a command may read one file several times, and studies share sections.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", ReusedAnchorWarning)
            return _yaml().load(text), ""
    except ReusedAnchorWarning as error:
        return None, f":{reused_anchor(str(error))}"
    except MarkedYAMLError as error:
        return None, f":{syntax_error(error, text)}; expected valid YAML"
    except ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        character = ord(text[error.position])
        return (
            None,
            f":{line}:{column}: found the control character U+{character:04X}; expected text",
        )
    except RecursionError:
        return None, ": is nested too deeply; expected valid YAML"
    except (YAMLError, ValueError, TypeError, KeyError, AttributeError) as error:
        # The last four come from tags such as !!int on what is no integer, and from numbers
        # without end.
        reason = str(error).partition(";")[0].splitlines()[0:1] or [type(error).__name__]
        return (
            None,
            f": holds a value that cannot be read ({shortened(reason[0], 300)}); expected valid "
            "YAML",
        )


def parsed(text: str, name: str) -> Any:
    """Return the tree of a YAML text, which is not to be changed.

    Raises
    ------
    StudyError
        If the text is not YAML, or exceeds a limit of `yamllimits`.
    """
    tree, fault = _loaded(text)
    if fault:
        raise StudyError([name + fault])
    return tree


def plain(node: Any, where: Path_, file: str, source: Source, count: list[int]) -> Any:
    """Return plain data, and note the place of each value."""
    count[0] += 1
    if count[0] > MOST_VALUES or len(where) > MOST_LEVELS:
        raise StudyError(
            [
                f"{file}: more than {MOST_VALUES:,} values or {MOST_LEVELS} levels; expected "
                "fewer (check its anchors)"
            ]
        )
    if isinstance(node, CommentedMap):
        keys: dict[str, Any] = {}
        for key in node:
            line, column = (
                node.lc.key(key) if key in (node.lc.data or {}) else (node.lc.line, node.lc.col)
            )
            name = YAML_1_1[key] if isinstance(key, bool) else str(key)
            child = (*where, name)
            if name in keys:
                raise StudyError(
                    [
                        f"{file}:{line + 1}:{column + 1}: {dotted(child)}: is given twice; "
                        "expected it once"
                    ]
                )
            source.places[child] = f"{file}:{line + 1}:{column + 1}"
            keys[name] = plain(node[key], child, file, source, count)
        return keys
    if isinstance(node, CommentedSeq):
        items = []
        for i, item in enumerate(node):
            line, column = (
                node.lc.item(i) if i in (node.lc.data or {}) else (node.lc.line, node.lc.col)
            )
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
            f"{source.place(where)}: {dotted(where)}: holds a tagged value; expected a number, "
            "text, list or mapping"
        ]
    )
