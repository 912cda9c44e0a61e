"""Every assumption with its value and where it comes from, and the files and versions behind a result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from npl_sim.provenance import versions
from npl_sim.reports.book.table import Cell, Column, Table
from npl_sim.reports.policy_text import is_group, unit_of, value_text
from npl_sim.reports.store import study_hash

if TYPE_CHECKING:
    from npl_sim.analysis.committee import BidBook
    from npl_sim.study import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["Assumption", "assumption_table", "assumptions", "source_tables"]

OWN = "stated in the study"
UNSOURCED = "stated in the study without a source: an assumption"
DEFAULT = "default of the program: an assumption"
PLAIN_DEFAULT = "default of the program"
MACHINE = ("machine", "system", "cores")


@dataclass(frozen=True)
class Assumption:
    """One word of a study.

    Attributes
    ----------
    section, key
        Where it stands.
    value
        Its value with its unit, as text.
    origin
        Who says so.
    stated
        Whether the study says it; else it is a default.
    """

    section: str
    key: str
    value: str
    origin: str
    stated: bool


@dataclass(frozen=True)
class _Origins:
    """Where the words of a section come from."""

    stated: str
    default: str
    by_key: dict[str, str] = field(default_factory=dict)

    def within(self, model: BaseModel) -> _Origins:
        """Return the origins of a group that names a source of its own."""
        own = str(getattr(model, "source", "") or getattr(model, "rule", "") or "")
        if not own:
            return self
        if getattr(model, "assumption", False) and "assumption" not in own.lower():
            own = f"assumption: {own}"
        return _Origins(own, self.default)


def assumptions(study: Study) -> Iterator[Assumption]:
    """Yield every word of a study, stated or default, with its origin.

    Parameters
    ----------
    study
        What is assumed.
    """
    own = _Origins(OWN, PLAIN_DEFAULT)
    terms = _Origins(OWN, DEFAULT)
    loose = _Origins(UNSOURCED, DEFAULT)
    for key in ("name", "description", "valuation_date", "currency", "stress"):
        value, stated = getattr(study, key), key in study.model_fields_set
        text = value_text(value) or "none"
        yield Assumption("Study", key, text, own.stated if stated else own.default, stated)
    sections: list[tuple[str, BaseModel, _Origins]] = [
        ("Tape", study.tape, own),
        ("Simulation", study.simulation, own),
        ("Pricing", study.pricing, terms),
        ("Buyer", study.buyer, terms),
        ("Seller", study.seller, terms),
        ("Prudence", study.prudence, terms),
        (f"Law: {study.legal.name}", study.legal, _law(study)),
        ("World", study.market, _world(study)),
        *((f"Collateral: {name}", c, loose) for name, c in study.collateral.items()),
        *((f"Policy: {p.name}", p, loose) for p in study.policies),
        *((f"Contract: {c.name}", c, terms) for c in study.contracts),
    ]
    for section, model, origins in sections:
        yield from _words(section, "", model, origins)


def _law(study: Study) -> _Origins:
    legal = study.legal
    names = set(type(legal).model_fields)
    by_key = {}
    for source in legal.sources:
        key, _, rest = source.partition(":")
        if key.strip() in names and rest:
            by_key[key.strip()] = rest.strip()
    if legal.reserve_source:
        by_key["reserve_floors"] = legal.reserve_source
    dated = f", as of {legal.as_of}" if legal.as_of else ", without a date"
    stated = f"the regime's sources{dated}" if legal.sources else UNSOURCED
    return _Origins(stated, DEFAULT, by_key)


def _world(study: Study) -> _Origins:
    market = study.market
    dated = f", as of {market.as_of}" if market.as_of else ", without a date"
    return _Origins(f"the market's sources{dated}" if market.sources else UNSOURCED, DEFAULT)


def _words(section: str, path: str, model: BaseModel, origins: _Origins) -> Iterator[Assumption]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        stated = name in model.model_fields_set
        key = f"{path}{name}"
        here = origins
        if name in origins.by_key:
            here = _Origins(origins.by_key[name], origins.default)
        if value is not None and is_group(value):
            yield from _group(section, key, value, here)
            continue
        if isinstance(value, Path):
            value = value.name  # where the file lies is no assumption
        text = value_text(value, unit_of(model, name)) or "none"
        yield Assumption(section, key, text, here.stated if stated else here.default, stated)


def _group(section: str, key: str, value: Any, origins: _Origins) -> Iterator[Assumption]:
    if isinstance(value, BaseModel):
        yield from _words(section, f"{key}.", value, origins.within(value))
        return
    entries = value.items() if isinstance(value, dict) else enumerate(value, 1)
    for name, entry in entries:
        if isinstance(entry, BaseModel):
            yield from _group(section, f"{key}.{name}", entry, origins)
        else:
            yield Assumption(section, f"{key}.{name}", value_text(entry), origins.stated, True)


def assumption_table(study: Study, defaults: bool = True, sections: tuple[str, ...] = ()) -> Table:
    """Return the assumptions as one table.

    Parameters
    ----------
    study
        What is assumed.
    defaults
        Whether words left at their defaults are shown.
    sections
        Sections, or beginnings of their names, that are wanted; none: all.
    """
    rows = tuple(
        (a.section, a.key, a.value, a.origin)
        for a in assumptions(study)
        if (defaults or a.stated) and (not sections or a.section.startswith(sections))
    )
    return Table(
        "Assumptions and their origin",
        (
            Column("section", width=28),
            Column("key", width=44),
            Column("value", width=60),
            Column("origin", width=60),
        ),
        rows,
        note="Inputs of single loans come from the files named under sources.",
    )


def source_tables(study: Study, table: LoanTable, book: BidBook) -> list[Table]:
    """Return files with hashes, and what computed the result; the machine does not count, it changes no number."""
    flows, control = book.result.flows, book.result.control
    files = tuple((s.role, s.file, Cell(s.rows, "count"), s.sha256, s.encoding) for s in table.sources)
    found = {k: v for k, v in versions().items() if k not in MACHINE}
    rows: list[tuple[Any, ...]] = [
        ("study", study.name),
        ("hash of what the study says (SHA-256)", study_hash(study)),
        ("valuation date", Cell(study.valuation_date, "date")),
        ("seed", str(flows.seed)),
        ("scenarios", Cell(flows.scenarios, "count")),
        ("months simulated", Cell(flows.months, "count")),
        ("confidence of intervals", Cell(book.result.pricing.confidence, "share")),
        ("standard error of the mean price", Cell(book.result.mean.se, "cents")),
        ("the same without control variates", Cell(control.plain.se, "cents")),
        *((f"version of {name}", number) for name, number in found.items()),
    ]
    law, market = study.legal, study.market
    read = tuple(
        [("law", law.name, law.as_of and Cell(law.as_of, "date"), s) for s in law.sources]
        + [("market", "", market.as_of and Cell(market.as_of, "date"), s) for s in market.sources]
    )
    return [
        Table(
            "Files that were read",
            (Column("table", width=40), Column("file", width=44), Column("rows"), Column("SHA-256", width=68), Column("encoding")),
            files,
        ),
        Table("How it was computed", (Column("", width=40), Column("", width=68)), tuple(rows)),
        Table(
            "Sources of law and market",
            (Column("of", width=40), Column("name", width=24), Column("as of"), Column("source", width=110)),
            read,
            nothing="the study names no sources",
        ),
    ]  # fmt: skip
