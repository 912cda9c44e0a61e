"""Composer of YAML trees that checks the limits of a file while it is parsed.

Values are counted as they are parsed, and again with every alias and merge key written out,
before any of them is built.
"""

from __future__ import annotations

from typing import Any

from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from npl_sim.study.yaml_limits import MOST_LEVELS, MOST_VALUES


class LimitedComposer(Composer):
    """Composer that refuses too many values or too deep nesting at once."""

    def __init__(self, loader: Any = None) -> None:
        super().__init__(loader)
        self._levels = self._values = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Return the next node, counting it."""
        self._levels += 1
        self._values += 1
        if self._levels > MOST_LEVELS or self._values > MOST_VALUES:
            raise MarkedYAMLError(
                problem=_too_deep() if self._levels > MOST_LEVELS else _too_many(),
                problem_mark=self.parser.peek_event().start_mark,
            )
        node = super().compose_node(parent, index)
        self._levels -= 1
        return node

    def get_single_node(self) -> Any:
        """Return the root of the only document, its size with all aliases written out checked."""
        root = super().get_single_node()
        if root is not None and _written_out(root, {}) > MOST_VALUES:
            raise MarkedYAMLError(
                problem=f"{_too_many()}; its aliases count once for each use",
                problem_mark=root.start_mark,
            )
        return root


def _too_deep() -> str:
    return f"nested too deeply, in more than {MOST_LEVELS} levels"


def _too_many() -> str:
    return f"more than {MOST_VALUES:,} values, keys included"


def _written_out(node: Node, known: dict[int, int]) -> int:
    """Return how many values a node holds with all aliases and merge keys written out.

    Parameters
    ----------
    node
        The node.
    known
        Number of values by identity of node; 0 while a node is being counted.
    """
    found = known.get(id(node))
    if found == 0:
        raise MarkedYAMLError(
            problem="an alias inside its own anchor", problem_mark=node.start_mark
        )
    if found is not None:
        return found
    known[id(node)] = 0
    total = 1
    if isinstance(node, MappingNode):
        total += sum(
            _written_out(key, known) + _written_out(value, known) for key, value in node.value
        )
    elif isinstance(node, SequenceNode):
        total += sum(_written_out(item, known) for item in node.value)
    known[id(node)] = total
    return total
