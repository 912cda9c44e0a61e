"""Print the lowest versions that pyproject.toml allows, as pins for `pip install -c`.

``python .ci/pins.py > lowest.txt`` writes one line for each direct dependency of the `dev` extra, for the
Python that runs it. Where two bounds of one package apply, the higher one is the pin.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]


def direct(extra: str = "dev", project: Path = ROOT / "pyproject.toml") -> Iterator[Requirement]:
    """Yield the direct dependencies of the project with an extra, those of extras it names included.

    Requirements whose marker does not hold for this Python are left out.
    """
    words = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    extras = words["optional-dependencies"]
    waiting, seen = [*words["dependencies"], *extras[extra]], {extra}
    while waiting:
        one = Requirement(waiting.pop(0))
        if one.name == words["name"]:
            waiting += [line for name in sorted(one.extras - seen) for line in extras[name]]
            seen |= one.extras
        elif one.marker is None or one.marker.evaluate():
            yield one


def name_of(text: str) -> str:
    """Return the normalized name of a package (PEP 503)."""
    return re.sub(r"[-_.]+", "-", text).lower()


def lowest(requirements: Iterator[Requirement]) -> dict[str, Version]:
    """Return the lowest version of each package.

    Raises
    ------
    ValueError
        If a dependency states no lower bound.
    """
    found: dict[str, Version] = {}
    for one in requirements:
        bounds = [Version(s.version) for s in one.specifier if s.operator == ">="]
        if len(bounds) != 1:
            raise ValueError(f"pyproject.toml: {one}: expected one lower bound (>=)")
        name = name_of(one.name)
        found[name] = max(bounds[0], found.get(name, bounds[0]))
    return found


if __name__ == "__main__":
    for package, version in sorted(lowest(direct()).items()):
        print(f"{package}=={version}")
