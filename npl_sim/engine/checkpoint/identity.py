"""Identity of a run: hashes of everything that shapes its scenarios."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.core.layout import TILE
from npl_sim.core.provenance import content_hash, files_hash, text_hash, versions
from npl_sim.engine.checkpoint.platform import platform_fingerprint

if TYPE_CHECKING:
    from npl_sim.engine.replicates import Replicates
    from npl_sim.engine.tile import Simulator
    from npl_sim.tape.table import LoanTable

PACKAGES = (
    "cashflows",
    "engine",
    "kernels",
    "legal",
    "market",
    "policy",
    "stats",
    "tables",
    "tape",
)
"""Packages whose code shapes the scenarios."""

FILES = (
    "core/countries.py",
    "core/fields.py",
    "core/layout.py",
    "core/record_links.py",
    "core/provenance.py",
    "study/simulation.py",
)
"""Files of other packages that shape the scenarios."""

LABELS = {
    "name",
    "description",
    "currency",
    "jurisdiction",
    "buyer",
    "seller",
    "prudence",
    "sources",
    "comparables",
    "deal",
    "channel",
    "files_within",
    "inputs",
}
"""Sections of a study that shape no scenario; the loans show rows that its currency rejects."""

SIZES = {
    "scenarios",
    "precision",
    "precision_of",
    "threads",
    "memory_limit_gib",
    "time_limit_hours",
    "detail",
}
"""Settings of a simulation that change the number or the storage of scenarios only."""

PRICING = ("required_return", "cash_timing", "servicing_rate")
"""Settings of the pricing that the simulation uses."""

SECTION = "study."

DIFFERENCES = {
    "tape": "another tape",
    "version": "another version of npl_sim, numpy, scipy or numba, or another kind of processor",
    "draws": "other numbers of draws of the loans, as another precision may need",
    "controls": "other control variates, as a run with simulation.precision has",
}
"""Message for each part of an identity that differs."""


def hashed_files() -> list[Path]:
    """Return the files of the code that shapes the scenarios."""
    root = Path(__file__).parents[2]
    files = [path for name in PACKAGES for path in sorted((root / name).rglob("*.py"))]
    return [*(root / name for name in FILES), *files]


@functools.cache
def code_hash() -> str:
    """Return a hash of the code that shapes the scenarios, equal in every installation."""
    return files_hash(Path(__file__).parents[2], hashed_files())


def version_hash() -> str:
    """Return a hash of versions, code and platform, which can change a bit of a scenario."""
    found = versions()
    built = {
        name: found[name] for name in ("npl_sim", "numpy", "scipy", "numba", "llvmlite", "machine")
    }
    return text_hash(json.dumps([built, code_hash(), platform_fingerprint(), TILE]))


def simulator_hash(simulator: Simulator) -> str:
    """Return a hash of a simulator's inputs, so that other loans or terms cannot pass as the same.

    It leaves out the stored detail and the number of draws. Of the study, the sections that the
    simulation reads count.
    """
    outside = ("study", "keep", "replicator", "market")
    inputs = {k: v for k, v in vars(simulator).items() if k not in outside}
    market = dict(vars(simulator.market))
    spline = market.pop("_to_normal", None)
    study = simulator.study
    sections = [study.market, study.stress, study.policies, study.contracts]
    return content_hash(
        [inputs, market, None if spline is None else [spline.x, spline.coefficients], sections]
    )


def _draws_hash(replicates: Replicates | None) -> str:
    """Return a hash of the draws of each loan; a word where each has one."""
    if replicates is None or replicates.most == 1:
        return "once"
    return text_hash(json.dumps(replicates.draws.tolist()))


def identity_of(
    simulator: Simulator, table: LoanTable, replicates: Replicates | None = None
) -> dict[str, str]:
    """Return the hashes of everything that shapes a run's scenarios, by name.

    The numbers of the simulator count. The text of the study counts too, without its name, its
    parties and the outputs of the price. The tape counts by the bytes of its files. So a refusal
    can state which of them differs.

    Parameters
    ----------
    simulator
        Simulator of the scenarios.
    table
        The loans as read.
    replicates
        Draws of each loan in each scenario; defaults to one.
    """
    sections: dict[str, Any] = simulator.study.model_dump(mode="json", exclude=LABELS)
    sections["simulation"] = {k: v for k, v in sections["simulation"].items() if k not in SIZES}
    sections["pricing"] = {k: sections["pricing"][k] for k in PRICING}
    for role in (*simulator.study.tape.files, "currency"):
        sections["tape"].pop(role)
    hashes = {
        SECTION + name: text_hash(json.dumps(value, sort_keys=True))
        for name, value in sections.items()
    }
    controls = simulator.controls
    return {
        **hashes,
        "tape": text_hash(json.dumps([[s.role, s.sha256] for s in table.sources])),
        "version": version_hash(),
        "draws": _draws_hash(replicates),
        "controls": "none" if controls is None else str(list(controls.blocks)),
        "simulator": simulator_hash(simulator),
    }


def mismatch(found: dict[str, Any], wanted: dict[str, str]) -> str:
    """Return the differences of two identities as text; empty for none."""
    differs = [name for name in wanted if found.get(name) != wanted[name]]
    sections = [name.removeprefix(SECTION) for name in differs if name.startswith(SECTION)]
    reasons = [f"another study, or other values in it ({', '.join(sections)})"] if sections else []
    reasons += [text for name, text in DIFFERENCES.items() if name in differs]
    if "simulator" in differs and not reasons:
        reasons.append(
            "other loans or terms from the same study, as another table, model, pilot or "
            "currency gives"
        )
    return " and ".join(reasons)
