"""Golden figures of what ships: how they are worked out, read, written and compared.

Each product is run as its user runs it, by the command line with ``--json``, in few scenarios.
"""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.builders.shipped import EXAMPLES
from tests.fuzz.base import CONFIGS, base_files, write
from tests.fuzz.running import run

__all__ = ["FOLDER", "TOLERANCE", "Product", "kept", "moved", "products", "update", "worked_out"]

FOLDER = Path(__file__).parent / "figures"
TOLERANCE = 1e-9
"""Relative difference from which a figure has moved; another processor may move the last bits."""
NOTHING = 1e-9
"""Amounts and shares up to which a figure counts as zero."""

Figures = dict[str, float | str | None]

PRICE = (
    "package.loans",
    "package.gbv",
    "price",
    "value_at_target",
    "buyer_bid",
    "tests",
    "life",
    "breakdowns.kind",
    "breakdowns.group",
)
BID = (
    "price.mean",
    "bid_book.buyer",
    "bid_book.seller",
    "bid_book.zone",
    "bid_book.prudent",
    "bid_book.second_method",
)
TRANCHE = ("collections", "tranches", "call", "closing.sources", "closing.uses", "unpaid_claims")
STRUCTURE = ("balances", "sized", "solved", "seller")
CHANNEL = ("verdict", "versions", "verdicts")
LEFT_OUT = {
    "low",
    "high",
    "contract",
    "factors",
    "steps",
    "wal_quantiles",
    "yields",
    "interest_cover",
    "cover_quantiles",
    "loss_date_quantiles",
    "rules_broken",
    "rules_not_tested",
    "rules_not_broken",
    "rules_listed",
    "assumed",
    "warnings",
    "limits",
    "reason",
    "paragraph",
    "terms",
    "method",
    "entries",
    "decided_by",
    "set_by",
    "assumptions",
}
"""Keys below which nothing is kept: bounds that follow from error and value, quantiles, the
terms of a contract, texts."""
NAMES = (
    "kind",
    "group",
    "level",
    "probability",
    "name",
    "undertaking",
    "factor",
    "tranche",
    "term",
    "version",
    "price",
    "line",
)
"""Keys whose value names a row of a list."""
VERDICTS = {"outcome", "leaf", "binding", "extent", "measure"}
"""Keys whose texts are kept."""


@dataclass(frozen=True)
class Product:
    """Something that ships and the command that works it out."""

    name: str
    """Name of its file of figures."""
    options: tuple[str, ...]
    """Words of the command line."""
    kept: tuple[str, ...]
    """Parts of its summary that are kept."""


def products() -> list[Product]:
    """Return every product that ships. Contracts and the bid are of the first loans of the shipped
    tape."""
    found = []
    for path in sorted((CONFIGS / "studies").glob("*.yaml")):
        found.append(
            Product(f"study_{path.stem}", ("price", str(path), "--scenarios", "60"), PRICE)
        )
    found.append(
        Product(
            "bid_first_loans", ("bid", "study.yaml", "--scenarios", "60", "--no-documents"), BID
        )
    )
    for path in sorted((CONFIGS / "deals").glob("*.flows.yaml")):
        deal = path.with_name(path.name.replace(".flows", ""))
        sized = ("--set", "structure.frontier=null", "--scenarios", "20")
        options = (str(deal), "--flows", str(path))
        found.append(
            Product(f"deal_{deal.stem}", ("deal", "run", *options, "--scenarios", "100"), TRANCHE)
        )
        found.append(
            Product(f"structure_{deal.stem}", ("deal", "size", *options, *sized), STRUCTURE)
        )
    for path in sorted((CONFIGS / "channel").glob("*.yaml")):
        outcomes = EXAMPLES / "channel" / path.name.replace("_guarantee.yaml", "_outcomes.csv")
        if outcomes.suffix == ".csv":
            options = ("channel", str(path), "--outcomes", str(outcomes))
        else:
            options = ("channel", "study.yaml", "--contract", str(path), "--scenarios", "100")
        found.append(Product(f"contract_{path.stem}", options, CHANNEL))
    return found


def worked_out(product: Product) -> Figures:
    """Return the figures of a product as the program has them now.

    Raises
    ------
    RuntimeError
        If the command fails.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write({n: c for n, c in base_files().items() if not n.startswith("run_")}, folder)
        done = run((*product.options, "--json", "--no-figures", "--out", "out"), folder)
    if done.code not in (0, 5):
        raise RuntimeError(f"{product.name}: exit {done.code}: {done.err}{done.crash}")
    found = json.loads(done.out)
    figures: Figures = {}
    for part in product.kept:
        below = found
        for key in part.split("."):
            below = below[key] if below is not None else None
        figures.update(_leaves(below, part))
    return figures


def _leaves(found: Any, path: str) -> Iterator[tuple[str, float | str | None]]:
    """Yield the figures below a part of a summary, each with its path."""
    if isinstance(found, Mapping):
        for key, below in found.items():
            if key in LEFT_OUT or (isinstance(below, str) and key not in VERDICTS):
                continue
            yield from _leaves(below, f"{path}.{key}")
    elif isinstance(found, list):
        for i, below in enumerate(found):
            yield from _leaves(below, f"{path}[{_name(below, i)}]")
    elif not isinstance(found, str):
        yield path, None if found is None else float(found)
    elif path.rsplit(".", 1)[-1] in VERDICTS:
        yield path, found


def _name(row: Any, number: int) -> str:
    if isinstance(row, Mapping):
        for key in NAMES:
            if isinstance(row.get(key), str) and row[key]:
                return str(row[key])
            if key in ("level", "probability") and isinstance(row.get(key), float):
                return f"{row[key]:g}"
    return str(number)


def kept(product: Product) -> Figures:
    """Return the figures of a product that are kept."""
    return dict(json.loads((FOLDER / f"{product.name}.json").read_text(encoding="utf-8")))


def update(product: Product) -> list[str]:
    """Write the figures of a product as they are now; return what moved, a line each."""
    new = worked_out(product)
    path = FOLDER / f"{product.name}.json"
    lines = moved(kept(product), new) if path.exists() else ["new"]
    FOLDER.mkdir(exist_ok=True)
    if lines:
        path.write_text(json.dumps(new, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return lines


def moved(old: Figures, new: Figures) -> list[str]:
    """Return a line for each figure that is not what it was, with both values."""
    lines = []
    for name in dict.fromkeys((*old, *new)):
        if name not in new:
            lines.append(f"{name}: was {old[name]}, is gone")
        elif name not in old:
            lines.append(f"{name}: is new, {new[name]}")
        elif not _same(old[name], new[name], _scale(name, old)):
            lines.append(f"{name}: was {old[name]}, is {new[name]}{_change(old[name], new[name])}")
    return lines


def _scale(name: str, old: Figures) -> float:
    """Return the size of what a figure is the error or difference of; zero where that is not
    known."""
    head, _, last = name.rpartition(".")
    value = old.get(f"{head}.value") if last == "se" else None
    return abs(value) if isinstance(value, float | int) else 0.0


def _same(old: float | str | None, new: float | str | None, scale: float) -> bool:
    if isinstance(old, str) or isinstance(new, str) or old is None or new is None:
        return old == new
    # An error of zero is a difference of equal numbers: rounding leaves some bits of their size.
    if max(abs(old), abs(new)) <= max(NOTHING, 1e-14 * scale):
        return True
    return math.isclose(old, new, rel_tol=TOLERANCE, abs_tol=1e-12 * max(1.0, scale))


def _change(old: float | str | None, new: float | str | None) -> str:
    if isinstance(old, float) and isinstance(new, float) and old != 0.0:
        return f" ({new / old - 1.0:+.2e})"
    return ""
