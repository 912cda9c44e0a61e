"""YAML values with their places: file, line and column.

A text in common syntax is read by the C parser. Everything else, and every fault, is read by the
parser of the full language, which is loaded when it is needed.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

from npl_sim.core.confinement import check_inside
from npl_sim.core.errors import InputFileError, StudyError
from npl_sim.core.input_file import read_regular
from npl_sim.core.quick_yaml import Entries, Items, UnsureError, compose
from npl_sim.resources.shipped import shown
from npl_sim.study.messages import dotted, kind_of
from npl_sim.study.yaml_limits import MOST_BYTES
from npl_sim.study.yaml_places import Path_, Source


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
    name = shown(path)
    tree = tree_of(text, name)
    if tree is None:
        what = f"the section {prefix[-1]}" if prefix else f"a {whole}"
        raise StudyError([f"{name}:1:1: the file is empty; expected {what}"])
    source.places[prefix] = f"{name}:1:1"
    return plain_data(tree, prefix, name, source)


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
    return f"{shown(path)}: does not exist; expected a YAML file{hint}"


def tree_of(text: str, name: str) -> Any:
    """Return the tree of a YAML text, which is not to be changed.

    Parameters
    ----------
    text
        The text.
    name
        Its file, as messages name it.

    Raises
    ------
    StudyError
        If the text is not YAML, or exceeds a limit of `yaml_limits`.
    """
    try:
        return compose(text)
    except UnsureError:
        from npl_sim.study.yaml_tree import parsed

        return parsed(text, name)


def plain_data(tree: Any, where: Path_, name: str, source: Source) -> Any:
    """Return the plain data of a tree, and note the place of each value.

    Parameters
    ----------
    tree
        Tree of `tree_of`.
    where
        Path of keys to it.
    name
        Its file, as messages name it.
    source
        Takes the places of the values.

    Raises
    ------
    StudyError
        If it exceeds a limit of `yaml_limits`, or holds a key twice.
    """
    if tree is None or type(tree) in (Entries, Items, str, int, float, bool):
        return _noted(tree, where, name, source)
    from npl_sim.study.yaml_tree import plain

    return plain(tree, where, name, source, [0])


def _noted(node: Any, where: Path_, name: str, source: Source) -> Any:
    """Return the plain data of a tree of the C parser, and note the place of each value."""
    if isinstance(node, Entries):
        keys = {}
        for key, line, column, value in node.content:
            child = (*where, str(key))
            source.places[child] = f"{name}:{line}:{column}"
            keys[str(key)] = _noted(value, child, name, source)
        return keys
    if isinstance(node, Items):
        items = []
        for i, (line, column, value) in enumerate(node.content):
            child = (*where, i)
            source.places[child] = f"{name}:{line}:{column}"
            items.append(_noted(value, child, name, source))
        return items
    return node
