"""What finished scenarios belong to: they fit a run only if all that shapes them is the same."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.core.layout import TILE
from npl_sim.core.provenance import content_hash, files_hash, text_hash, versions
from npl_sim.engine.checkpoint.platform import arithmetic_hash

if TYPE_CHECKING:
    from npl_sim.engine.replicates import Repeats
    from npl_sim.engine.tile import Walker
    from npl_sim.tape.table import LoanTable

__all__ = ["code_hash", "hashed_files", "identity_of", "mismatch", "version_hash", "walk_hash"]

ROOMS = ("cashflows", "engine", "kernels", "legal", "market", "policy", "stats", "tables", "tape")
"""Rooms whose code shapes the scenarios."""

FILES = (
    "core/countries.py",
    "core/fields.py",
    "core/layout.py",
    "core/provenance.py",
    "study/simulation.py",
)
"""Files outside of them that do too."""

LABELS = (
    "name", "description", "currency", "jurisdiction", "buyer", "seller", "prudence", "deal", "channel", "files_within",
)  # fmt: skip
"""Words of a study that shape no scenario. The currency decides which rows are faulty: the loans show that."""

SIZES = (
    "scenarios",
    "precision",
    "precision_of",
    "threads",
    "memory_limit_gib",
    "time_limit_hours",
    "detail",
)
"""Words of a simulation that change how many scenarios there are, or how they are held, but not one of them."""

PRICING = ("required_return", "cash_timing", "servicing_rate")
"""Words of the pricing that the simulation uses."""

SECTION = "study."


def hashed_files() -> list[Path]:
    """Return the files of the code that shapes the scenarios."""
    root = Path(__file__).parents[2]
    rooms = [path for room in ROOMS for path in sorted((root / room).rglob("*.py"))]
    return [*(root / name for name in FILES), *rooms]


@functools.cache
def code_hash() -> str:
    """Return a hash of the code that shapes the scenarios: the same for every installation of it."""
    return files_hash(Path(__file__).parents[2], hashed_files())


def version_hash() -> str:
    """Return a hash of all versions that can move a bit of a scenario, and of what the processor computes."""
    found = versions()
    built = {
        name: found[name] for name in ("npl_sim", "numpy", "scipy", "numba", "llvmlite", "machine")
    }
    return text_hash(json.dumps([built, code_hash(), arithmetic_hash(), TILE]))


def walk_hash(walker: Walker) -> str:
    """Return a hash of all that a walker reads: other loans or terms cannot hide behind the same words.

    Whatever a walker is given counts, but for what is kept of a scenario and how often loans are drawn; of
    the study count the words that are read during the walk.
    """
    held = {
        k: v for k, v in vars(walker).items() if k not in ("study", "keep", "repeater", "market")
    }
    market = dict(vars(walker.market))
    spline = market.pop("_to_normal", None)
    study = walker.study
    words = [study.market, study.stress, study.policies, study.contracts]
    return content_hash([held, market, None if spline is None else [spline.x, spline.c], words])


def _draws_hash(repeats: Repeats | None) -> str:
    """Return a hash of how often each loan is drawn; a word where each is drawn once."""
    if repeats is None or repeats.most == 1:
        return "once"
    return text_hash(json.dumps(repeats.draws.tolist()))


def identity_of(
    walker: Walker, table: LoanTable, repeats: Repeats | None = None
) -> dict[str, str]:
    """Return what shapes a run's scenarios, by what it is.

    What is walked counts by its numbers. The study counts by its words as well, without its name, its parties and
    what is asked of the price, and the files of the tape by their bytes: so a refusal says which of them differs.

    Parameters
    ----------
    walker
        What walks the scenarios.
    table
        The loans, as they were read.
    repeats
        How often single loans are drawn in each world; none: once.
    """
    words: dict[str, Any] = walker.study.model_dump(mode="json", exclude=set(LABELS))
    words["simulation"] = {k: v for k, v in words["simulation"].items() if k not in SIZES}
    words["pricing"] = {k: words["pricing"][k] for k in PRICING}
    for role in (*walker.study.tape.files, "currency"):
        words["tape"].pop(role)
    return {
        **{
            SECTION + name: text_hash(json.dumps(value, sort_keys=True))
            for name, value in words.items()
        },
        "tape": text_hash(json.dumps([[s.role, s.sha256] for s in table.sources])),
        "version": version_hash(),
        "draws": _draws_hash(repeats),
        "controls": "none" if walker.controls is None else str(list(walker.controls.blocks)),
        "walk": walk_hash(walker),
    }


def mismatch(found: dict[str, Any], wanted: dict[str, str]) -> str:
    """Return what differs, in words; empty where nothing does."""
    differs = [name for name in wanted if found.get(name) != wanted[name]]
    sections = [name.removeprefix(SECTION) for name in differs if name.startswith(SECTION)]
    told = [f"another study, or other values in it ({', '.join(sections)})"] if sections else []
    words = {
        "tape": "another tape",
        "version": "another version of npl_sim, numpy, scipy or numba, or another kind of processor",
        "draws": "loans drawn another number of times in each scenario, as another precision may ask",
        "controls": "scenarios weighted by other averages of the market factors, as a run with simulation.precision is",
    }
    told += [text for name, text in words.items() if name in differs]
    if "walk" in differs and not told:
        told.append(
            "other loans or terms from the same words, as another table, model, pilot or currency gives"
        )
    return " and ".join(told)
