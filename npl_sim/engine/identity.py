"""What finished scenarios belong to: they fit a run only if all that shapes them is the same."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.layout import TILE
from npl_sim.provenance import file_hash, text_hash, versions

if TYPE_CHECKING:
    from npl_sim.engine.repeats import Repeats
    from npl_sim.study import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["code_hash", "identity_of", "mismatch", "version_hash"]

ROOMS = ("engine", "flows", "kernels", "market", "paths", "tape")
"""Rooms whose code shapes the scenarios."""

SIZES = ("scenarios", "precision", "precision_of", "threads", "memory_limit_gib", "keep")
"""Words of a simulation that change how many scenarios there are, or how they are held, but not one of them."""

PRICING = ("required_return", "cash_timing", "servicing_rate")
"""Words of the pricing that the simulation uses."""


@functools.cache
def code_hash() -> str:
    """Return a hash of the code that shapes the scenarios: the same for every installation of it."""
    root = Path(__file__).parents[1]
    files = [root / "layout.py", root / "provenance.py"]
    files += [path for room in ROOMS for path in sorted((root / room).rglob("*.py"))]
    return text_hash("\n".join(f"{path.relative_to(root).as_posix()} {file_hash(path)}" for path in files))


def version_hash() -> str:
    """Return a hash of all versions that can move a bit of a scenario, and of the kind of machine."""
    found = versions()
    built = {name: found[name] for name in ("npl_sim", "numpy", "scipy", "numba", "machine")}
    return text_hash(json.dumps([built, code_hash(), TILE]))


def _draws_hash(repeats: Repeats | None) -> str:
    """Return a hash of how often each loan is drawn; a word where each is drawn once."""
    if repeats is None or repeats.most == 1:
        return "once"
    return text_hash(json.dumps(repeats.draws.tolist()))


def identity_of(study: Study, table: LoanTable, repeats: Repeats | None = None) -> dict[str, str]:
    """Return what shapes a run's scenarios, by what it is.

    The study counts without its name, its parties and what is asked of the price; so a finished simulation
    serves another price to be tested. The files of the tape count by their bytes.

    Parameters
    ----------
    study, table
        What is assumed of which loans.
    repeats
        How often single loans are drawn in each world; none: once.
    """
    words: dict[str, Any] = study.model_dump(mode="json")
    for name in ("name", "description", "currency", "buyer", "seller", "prudence", "deal", "channel"):
        words.pop(name)
    words["simulation"] = {k: v for k, v in words["simulation"].items() if k not in SIZES}
    words["pricing"] = {k: words["pricing"][k] for k in PRICING}
    for role in ("loans", "collateral", "guarantors"):
        words["tape"].pop(role)
    return {
        "study": text_hash(json.dumps(words, sort_keys=True)),
        "tape": text_hash(json.dumps([[s.role, s.sha256] for s in table.sources])),
        "version": version_hash(),
        "draws": _draws_hash(repeats),
    }


def mismatch(found: dict[str, Any], wanted: dict[str, str]) -> str:
    """Return what differs, in words; empty where nothing does."""
    words = {
        "study": "another study, or other values in it",
        "tape": "another tape",
        "version": "another version of npl_sim, numpy, scipy or numba, or another kind of machine",
        "draws": "loans drawn another number of times in each scenario, as another precision may ask",
    }
    return " and ".join(text for name, text in words.items() if found.get(name) != wanted[name])
