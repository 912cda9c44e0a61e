"""Break each formula of the file in a copy of the project and see the tests turn red.

``python -m tests.mutation`` runs all of them, ``python -m tests.mutation NAME ...`` those named.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.mutation.mutants import copy_project, read_mutants, run_tests, verdict


def main(names: list[str]) -> int:
    """Run mutants, print a line for each, and return 1 where one survives."""
    chosen = [m for m in read_mutants() if not names or m.name in names]
    unknown = set(names) - {m.name for m in chosen}
    if unknown:
        print(
            f"unknown: {', '.join(sorted(unknown))}; expected names in tests/mutation/mutants.yaml"
        )
        return 2
    with tempfile.TemporaryDirectory() as folder:
        root = copy_project(Path(folder))
        tests = tuple(dict.fromkeys(test for m in chosen for test in m.tests))
        if run_tests(root, tests):
            print("the tests fail without a mutant; expected them to pass")
            return 1
        alive = 0
        for mutant in chosen:
            began = time.perf_counter()
            found = verdict(root, mutant)
            alive += found != "killed"
            seconds = time.perf_counter() - began
            print(f"{found:<12} {mutant.name:<44} {seconds:6.1f} s  {mutant.breaks}", flush=True)
    print(f"{len(chosen) - alive} of {len(chosen)} killed")
    return int(alive > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
