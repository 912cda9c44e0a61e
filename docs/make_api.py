"""Write docs/api.md: every public name with its docstring, in the groups in which users meet them.

python docs/make_api.py
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import npl_sim

PAGE = Path(__file__).with_name("api.md")
HEAD = """# Python API

Read, simulate, inspect and save. The functions mirror the commands; every name is
reached as `npl_sim.NAME`.
What is not on this page is internal and may change without notice. A public name, command, option,
YAML key or table column that changes keeps working for two minor versions, with a warning.

Amounts are in the package's currency, rates per year, times in months unless a name
says otherwise.

```python
import npl_sim as npl

study = npl.read_study("configs/studies/first_package.yaml", {"simulation.scenarios": 200})
simulation = npl.simulate(study)
value = npl.price(simulation)
print(value.summary())
value.plot("recovery")
value.to_frame("price_quantiles")
value.save("runs/api_example", figures=False)
```

This page is written by `docs/make_api.py` from the docstrings.
"""
GROUPS: dict[str, tuple[str, ...]] = {
    "Read": ("read_study", "read_deal", "read_flows", "read_contract", "open_run"),
    "Run": ("simulate", "price", "bid", "sell", "track")
    + ("deal.run", "deal.size", "channel", "compare", "explain"),
    "Results": (
        "Result",
        "Summary",
        "Study",
        "Simulation",
        "Price",
        "Bid",
        "Sale",
        "TrackedCash",
        "DealResult",
        "DealSizing",
        "Flows",
        "RetainedRisk",
        "StudyComparison",
        "RunComparison",
        "FinishedRun",
    ),
    "Errors": ("NplSimError",),
    "Accounting": (),
    "Capital": (),
    "Calibration": (),
}
NAMESPACES = {"Accounting": "accounting", "Capital": "capital", "Calibration": "calibration"}


def named(name: str) -> Any:
    """Return what a dotted name below npl_sim stands for."""
    found: Any = npl_sim
    for part in name.split("."):
        found = getattr(found, part)
    return found


def groups() -> Iterator[tuple[str, list[str]]]:
    """Yield the groups with their names; a namespace lists what its package exports."""
    for title, names in GROUPS.items():
        space = NAMESPACES.get(title)
        exported = getattr(named(space), "__all__", ()) if space else ()
        yield title, [*names, *(f"{space}.{name}" for name in exported)]


def signature(name: str, found: Any) -> str:
    """Return how a name is written: a call with its parameters, or the name."""
    if inspect.isfunction(found):
        text = str(inspect.signature(found))
        return f"{name}{text}".replace("'", "")
    return name


def body(found: Any) -> Iterator[str]:
    """Yield a docstring as Markdown: headings of its sections in bold, parameters as a list."""
    lines = (inspect.getdoc(found) or "").splitlines()
    example = False
    for i, line in enumerate(lines):
        following = lines[i + 1] if i + 1 < len(lines) else ""
        if re.fullmatch(r"-{3,}", line):
            continue
        if re.fullmatch(r"-{3,}", following):
            yield f"**{line}**"
            yield ""
        elif line.startswith((">>>", "...")) or example:
            example = bool(line.strip())
            yield f"    {line}" if line.strip() else ""
        elif re.match(r"^\S.* : ", line) or (
            line and lines[i + 1 : i + 2] and following.startswith("    ")
        ):
            name, _, kind = line.partition(" : ")
            yield f"- `{name}`{': ' + kind if kind else ''}"
        else:
            yield f"  {line.strip()}" if line.startswith("    ") else line


def members(name: str, found: Any) -> Iterator[str]:
    """Yield the public properties and methods of a class, a line each."""
    if not inspect.isclass(found):
        return
    lines = []
    for member, value in vars(found).items():
        if member.startswith("_") or not (
            isinstance(value, property) or inspect.isfunction(value)
        ):
            continue
        first = (inspect.getdoc(value) or "").split("\n\n")[0].replace("\n", " ")
        shown = member if isinstance(value, property) else f"{member}{inspect.signature(value)}"
        lines.append(f"- `{shown.replace(chr(39), '')}`: {first}")
    if lines:
        yield from ("", *lines)


def page() -> str:
    """Return the page."""
    lines = [HEAD]
    for title, names in groups():
        lines += [f"## {title}", ""]
        for name in names:
            found = named(name)
            lines += [f"### `{name}`", ""]
            if inspect.isfunction(found):
                lines += ["```text", signature(name, found), "```", ""]
            lines += [*body(found), *members(name, found), ""]
    text = "\n".join(line.rstrip() for line in "\n".join(lines).splitlines())
    return re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
