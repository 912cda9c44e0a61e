"""Trees of YAML texts by the parser of the full language, and messages on their faults."""

from __future__ import annotations

import functools
import warnings
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq, TaggedScalar
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError
from ruamel.yaml.parser import Parser
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.scanner import Scanner

from npl_sim.core.errors import StudyError, shortened
from npl_sim.study.messages import dotted
from npl_sim.study.yaml_composer import LimitedComposer
from npl_sim.study.yaml_errors import reused_anchor, syntax_error
from npl_sim.study.yaml_limits import MOST_LEVELS, MOST_VALUES
from npl_sim.study.yaml_places import Path_, Source

YAML_1_1 = {True: "on", False: "off"}
"""Keys that YAML 1.1 libraries write as true and false."""


class _Constructor(RoundTripConstructor):
    """Constructor that leaves dates as text, so that pydantic reports invalid ones."""


_Constructor.add_constructor(
    "tag:yaml.org,2002:timestamp", lambda self, node: self.construct_scalar(node)
)


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
        If the text is not YAML, or exceeds a limit of `yaml_limits`.
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
