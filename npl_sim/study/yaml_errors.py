"""Messages on invalid YAML: line, column, what is wrong, and a hint."""

from __future__ import annotations

import re

from ruamel.yaml.error import MarkedYAMLError

from npl_sim.core.errors import quoted, shortened

HINTS = (
    ("<block end>", "check the indentation of this line and of those above"),
    (
        "mapping values are not allowed",
        "put text that holds a colon in quotes, or check the indentation",
    ),
    ("cannot start any token", "put the text in quotes"),
    ("undefined alias", "put text that begins with * in quotes"),
    ("another document", "a study is one document; take --- away"),
)


def reused_anchor(text: str) -> str:
    """Return line, column and what is wrong where an anchor is given a second time."""
    places = re.findall(r"line (\d+), column (\d+)", text)
    anchor = re.search(r"duplicate anchor '(.*?)'", text)
    line, column = places[-1] if places else ("1", "1")
    first = f" (first on line {places[0][0]})" if len(places) > 1 else ""
    name = quoted(anchor[1] if anchor else "")
    return f"{line}:{column}: duplicate anchor {name}{first}; expected each anchor once"


def syntax_error(error: MarkedYAMLError, text: str) -> str:
    """Return line, column and what is wrong there."""
    problem = (error.problem or "not valid YAML").split("\n")[0]
    if problem.startswith("but ") and error.context:
        problem = f"{error.context}, {problem}"
    problem = shortened(problem, 300)
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
