"""``python -m tests.conventions [--count] [--lines] [PATH ...]``."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.conventions import language, size
from tests.conventions.language import ROOT, Violation

OURS = ("npl_sim", "benchmarks", "docs", "notebooks", "tests")


def files(paths: Iterable[str]) -> list[Path]:
    """Return the code, pages and notebooks below the paths, without ignored files."""
    given = [str(p) for p in paths] or [*OURS, "README.md", "CONTRIBUTING.md", "SECURITY.md"]
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "--", *given],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [
        ROOT / f
        for f in sorted(set(listed))
        if f.endswith((".py", ".md", ".ipynb")) and (ROOT / f).is_file()
    ]


def violations(paths: Iterable[str]) -> Iterator[Violation]:
    """Yield every violation below the paths."""
    for path in files(paths):
        yield from language.check(path)
        if path.suffix == ".py":
            yield from size.check(path)


def main() -> int:
    """Print the violations, or their number; return 1 if there is any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="*")
    parser.add_argument("--count", action="store_true", help="number by folder and rule only")
    parser.add_argument("--lines", action="store_true", help="count lines of code instead")
    given = parser.parse_args()
    if given.lines:
        total = Counter[str]()
        for path in files(given.paths or ["npl_sim"]):
            if path.suffix == ".py":
                total["/".join(path.relative_to(ROOT).parts[:2])] += size.code_lines(
                    path.read_text(encoding="utf-8")
                )
        for name, count in sorted(total.items()):
            print(f"{count:7,} {name}")
        print(f"{sum(total.values()):7,} in all")
        return 0
    found = list(violations(given.paths))
    if given.count:
        by = Counter(
            ("/".join(v.path.relative_to(ROOT).parts[:2]), v.rule.split(" of ")[0].split(";")[0])
            for v in found
        )
        for (folder, rule), count in sorted(by.items()):
            print(f"{count:6} {folder}: {rule}")
    else:
        for violation in found:
            print(violation)
    print(f"{len(found)} violations", file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
