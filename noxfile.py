"""Tasks by name: ``nox -l`` lists them, ``nox`` runs the whole matrix, ``nox -s wheel`` one of them.

Interpreters are those on PATH; a session whose Python is missing is skipped, and nox says so.
`.ci/run` runs what fits into a quarter of an hour; the rest is for releases.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import nox

ROOT = Path(__file__).parent
PYTHONS = ["3.11", "3.12", "3.13"]
TESTED = ".ci/tested.txt"
# What tells on another version of a library: every command, the figures of what ships, reading, dates.
CORE = [
    "tests/cli/test_every_command.py",
    "tests/golden",
    "tests/tables",
    "tests/paths",
    "tests/stats",
]

nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["lint", "tests", "lowest", "wheel", "tested", "fuzz"]
nox.options.default_venv_backend = "venv"


def _paths(session: nox.Session) -> list[str]:
    """Return the tests of the core, or those named after ``--``, as far as they exist."""
    return [path for path in session.posargs or CORE if (ROOT / path).exists()]


@nox.session
def lint(session: nox.Session) -> None:
    """Customs and types."""
    session.install("-e", ".[dev]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy", "npl_sim")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The whole suite on the newest versions of everything."""
    session.install("-e", ".[dev]")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session(python=PYTHONS)
def lowest(session: nox.Session) -> None:
    """Every command and the golden figures on the lowest versions that pyproject.toml allows."""
    session.install("packaging>=24")
    pins = session.run("python", ".ci/pins.py", silent=True)
    file = Path(session.create_tmp()) / "lowest.txt"
    file.write_text(str(pins), encoding="utf-8")
    session.install("--prefer-binary", "-e", ".[dev]", "-c", str(file))
    session.run("python", "-m", "pytest", *_paths(session))


@nox.session(python=PYTHONS)
def tested(session: nox.Session) -> None:
    """Every command and the golden figures on the versions of the constraints file."""
    session.install("-e", ".[dev]", "-c", TESTED)
    session.run("python", "-m", "pytest", *_paths(session))


@nox.session(python=PYTHONS)
def wheel(session: nox.Session) -> None:
    """Build sdist and wheel, install the wheel, and run it from a folder without the sources."""
    away = Path(session.create_tmp()).resolve()
    for old in ("dist", "away"):
        shutil.rmtree(away / old, ignore_errors=True)
    session.install("build>=1.2")
    session.run("python", "-m", "build", "--outdir", str(away / "dist"), ".")
    (built,) = (away / "dist").glob("*.whl")
    session.install(
        f"{built}[all]",
        "pytest",
        "openpyxl",
        "hypothesis",
        "pytest-xdist",
        "pytest-benchmark",
        "pyxirr",
    )
    place = away / "away"
    for folder in ("tests", "configs"):
        shutil.copytree(
            ROOT / folder, place / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", place)
    with session.chdir(place):
        session.run("npl-sim", "doctor")
        session.run("npl-sim", "init", "mine", "--example", "first_package")
        study = "mine/first_package.yaml"
        session.run("npl-sim", "price", study, "--scenarios", "50", "--out", "run")
        session.run(
            "python",
            "-c",
            "import npl_sim; assert 'site-packages' in npl_sim.__file__, npl_sim.__file__",
        )
        session.run("python", "-m", "pytest", "tests/cli/test_every_command.py", "-n", "0")


@nox.session
def fuzz(session: nox.Session) -> None:
    """Thousands of fresh seeds of the fuzzer; ``nox -s fuzz -- --seeds 200`` tries fewer."""
    session.install("-e", ".[dev]")
    session.run(
        "python",
        "-m",
        "tests.fuzz",
        *(session.posargs or ["--seeds", "5000", "--first", "1000000"]),
    )


@nox.session
def constraints(session: nox.Session) -> None:
    """Write the constraints file: newest versions of all that the `dev` extra brings, for every Python."""
    session.install("uv>=0.5")
    session.run(
        "uv", "pip", "compile", "pyproject.toml", "--extra", "dev", "--universal", "--python-version", PYTHONS[0],
        "--upgrade", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links",
        "--custom-compile-command", "nox -s constraints", "--output-file", TESTED,
    )  # fmt: skip


@nox.session
def audit(session: nox.Session) -> None:
    """Write a bill of materials (CycloneDX) and look the pinned versions up among known vulnerabilities.

    The look-up needs the network. Without it the bill is written all the same, and the session fails: a
    package that could not be looked up is never taken as sound.
    """
    session.install("pip-audit>=2.7", "cyclonedx-bom>=5")
    bill = session.posargs[0] if session.posargs else "dist/sbom.json"
    Path(bill).parent.mkdir(parents=True, exist_ok=True)
    session.run("cyclonedx-py", "requirements", TESTED, "--of", "JSON", "-o", bill)
    session.log(f"wrote {bill}")
    session.run("pip-audit", "--requirement", TESTED, "--no-deps", "--disable-pip", "--strict")
