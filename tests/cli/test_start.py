"""What a command imports: help next to nothing, a price no package that it does not use."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HELP = ("matplotlib", "numba", "numpy", "pandas", "pyarrow", "pydantic", "ruamel", "scipy", "yaml")
"""Packages that help does without."""

PRICE = (
    *("QuantLib", "dask", "distributed", "jinja2", "matplotlib", "ruamel", "xlsxwriter"),
    *("scipy.interpolate", "scipy.linalg", "scipy.optimize", "scipy.stats"),
    *("numba.np.arraymath", "numba.np.linalg"),
    *("npl_sim.accounting", "npl_sim.capital", "npl_sim.securitization", "npl_sim.dcf"),
    "npl_sim.channels.terms.contract",
)
"""Modules that a price without figures does without: each takes a few to 300 ms."""

SIZE = (
    *("matplotlib", "scipy.optimize", "scipy.stats"),
    *("npl_sim.engine", "npl_sim.market", "npl_sim.study.model", "npl_sim.tape.table"),
)
"""Modules that the sizing of a deal on a recipe of cash does without."""

LINES = (
    "import sys",
    "names = sys.argv.pop()",
    "from npl_sim.cli import main",
    "try:",
    "    main()",
    "except SystemExit as end:",
    "    assert not end.code, end.code",
    "print(*sys.modules, file=open(names, 'w'), flush=True)",
)


def imported(tmp_path, *arguments):
    """Return the modules that a command line imports."""
    listed = tmp_path / "modules.txt"
    command = [sys.executable, "-c", "\n".join(LINES), *map(str, arguments), str(listed)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return set(listed.read_text(encoding="utf-8").split())


def test_help_imports_no_heavy_package(tmp_path):
    assert imported(tmp_path, "--help").isdisjoint(HELP)


def test_a_price_without_figures_imports_what_it_uses(tmp_path):
    options = ("--scenarios", "64", "--no-figures", "--out", tmp_path / "run")
    seen = imported(tmp_path, "price", "configs/studies/first_package.yaml", *options)
    assert "npl_sim.valuation.price" in seen
    assert seen.isdisjoint(PRICE), sorted(seen & set(PRICE))


def test_the_size_of_a_deal_imports_what_it_uses(tmp_path):
    deal = ROOT / "configs" / "deals" / "gongyuan_zhicheng_2023_8"
    options = ("--scenarios", "64", "--no-figures", "--out", tmp_path / "run")
    seen = imported(
        tmp_path, "deal", "size", f"{deal}.yaml", "--flows", f"{deal}.flows.yaml", *options
    )
    assert "npl_sim.securitization.sizing.settle" in seen
    assert seen.isdisjoint(SIZE), sorted(seen & set(SIZE))
