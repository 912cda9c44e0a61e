"""Assumptions with their values and origins, and the files and versions behind a result."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from npl_sim.core.provenance import versions
from npl_sim.reports.estimation import estimation_text
from npl_sim.reports.policy_text import is_group, spec_lines, unit_of, value_text
from npl_sim.reports.table import Cell, Table, table_of
from npl_sim.study.figure_sources import sourced_figures
from npl_sim.study.fingerprint import study_hash
from npl_sim.study.renamed_keys import SECTION_KEYS

if TYPE_CHECKING:
    from npl_sim.analysis.committee import BidBook
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable


OWN = "stated in the study"
UNSOURCED = "stated in the study without a source: an assumption"
DEFAULT = "default of the program: an assumption"
PLAIN_DEFAULT = "default of the program"
CITATIONS = ("sources",)
LAW_CITATIONS = ("source", "rule", "assumption", "reserve_source")
"""Settings that are origins themselves."""
MACHINE = ("machine", "system", "cores")


@dataclass(frozen=True)
class Assumption:
    """One setting of a study."""

    section: str
    key: str
    """Its place in the study."""
    value: str
    """Its value with its unit, as text."""
    origin: str
    """Its origin."""
    stated: bool
    """Whether the study states it; otherwise it is a default."""


@dataclass(frozen=True)
class _Origins:
    """Origins of the settings of a section."""

    stated: str
    default: str
    by_key: dict[str, str] = field(default_factory=dict)
    is_law: bool = False

    def within(self, model: BaseModel) -> _Origins:
        """Return the origins of a group; rules of law have their own source."""
        own = (
            str(getattr(model, "source", "") or getattr(model, "rule", "") or "")
            if self.is_law
            else ""
        )
        if not own:
            return _Origins(self.stated, self.default, is_law=self.is_law)
        if getattr(model, "assumption", False) and "assumption" not in own.lower():
            own = f"assumption: {own}"
        return _Origins(own, self.default, is_law=True)


def assumptions(study: Study) -> Iterator[Assumption]:
    """Yield every setting of a study, stated or default, with its origin.

    Parameters
    ----------
    study
        The study.
    """
    own = _Origins(OWN, PLAIN_DEFAULT)
    terms = _Origins(OWN, DEFAULT)
    loose = _Origins(UNSOURCED, DEFAULT)
    for key in ("name", "description", "valuation_date", "currency", "stress"):
        value, stated = getattr(study, key), key in study.model_fields_set
        text = value_text(value) or "none"
        yield Assumption("Study", key, text, own.stated if stated else own.default, stated)
    sources = _sources(study)
    sections: list[tuple[str, BaseModel, _Origins]] = [
        ("Tape", study.tape, own),
        ("Simulation", study.simulation, own),
        ("Pricing", study.pricing, terms),
        ("Buyer", study.buyer, terms),
        ("Seller", study.seller, terms),
        ("Prudence", study.prudence, terms),
        (f"Law: {study.legal.name}", study.legal, _law(study)),
        ("Market", study.market, _market(study)),
        *((f"Collateral: {name}", c, loose) for name, c in study.collateral.items()),
        *((f"Policy: {p.name}", p, loose) for p in study.policies),
        *((f"Contract: {c.name}", c, terms) for c in study.contracts),
    ]
    for section, model, origins in sections:
        # The number of threads is no assumption: it changes no result.
        yield from (
            _with_source(a, sources)
            for a in _settings(section, "", model, origins)
            if (section, a.key) != ("Simulation", "threads")
        )


def _sources(study: Study) -> dict[tuple[str, str], list[str]]:
    """Return the origins of figures by section and key, the key of every group above included."""
    found: dict[tuple[str, str], list[str]] = {}
    for sourced in sourced_figures(study):
        first, *rest = sourced.figure.path
        section = "Market"
        if first == "collateral":
            section = f"Collateral: {rest.pop(0)}"
        elif first == "policies":
            section = f"Policy: {study.policies[int(rest.pop(0))].name}"
        parts = [str(part + 1 if isinstance(part, int) else part) for part in rest]
        for length in range(1, len(parts) + 1):
            origins = found.setdefault((section, ".".join(parts[:length])), [])
            if sourced.origin and sourced.origin not in origins:
                origins.append(sourced.origin)
    return found


def _with_source(setting: Assumption, sources: dict[tuple[str, str], list[str]]) -> Assumption:
    """Return a setting with the sources of its figures, where the study gives any."""
    origins = sources.get((setting.section, setting.key)) if setting.stated else None
    return dataclasses.replace(setting, origin="; ".join(origins)) if origins else setting


def _law(study: Study) -> _Origins:
    legal = study.legal
    names = set(type(legal).model_fields)
    by_key = {}
    for source in legal.sources:
        key, _, rest = map(str.strip, source.partition(":"))
        key = SECTION_KEYS["legal"].get(key, key)
        if key in names and rest:
            by_key[key] = rest
    if legal.reserve_source:
        by_key["reserve_floors"] = legal.reserve_source
    dated = f", as of {legal.as_of}" if legal.as_of else ", without a date"
    stated = f"the regime's sources{dated}" if legal.sources else UNSOURCED
    return _Origins(stated, DEFAULT, by_key, is_law=True)


def _market(study: Study) -> _Origins:
    market = study.market
    dated = f", as of {market.as_of}" if market.as_of else ", without a date"
    return _Origins(f"the market's sources{dated}" if market.sources else UNSOURCED, DEFAULT)


def _settings(
    section: str, path: str, model: BaseModel, origins: _Origins
) -> Iterator[Assumption]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        stated = name in model.model_fields_set
        key = f"{path}{name}"
        if name in CITATIONS or (origins.is_law and name in LAW_CITATIONS):
            continue
        here = origins
        if name in origins.by_key:
            here = _Origins(origins.by_key[name], origins.default, is_law=origins.is_law)
        if value is not None and is_group(value):
            yield from _group(section, key, value, here)
            continue
        if isinstance(value, Path):
            value = value.name  # the folder of a file is no assumption
        text = value_text(value, unit_of(model, name)) or "none"
        yield Assumption(section, key, text, here.stated if stated else here.default, stated)


def _group(section: str, key: str, value: Any, origins: _Origins) -> Iterator[Assumption]:
    if isinstance(value, BaseModel):
        yield from _settings(section, f"{key}.", value, origins.within(value))
        return
    entries = value.items() if isinstance(value, dict) else enumerate(value, 1)
    for name, entry in entries:
        if isinstance(entry, BaseModel):
            yield from _group(section, f"{key}.{name}", entry, origins)
        else:
            yield Assumption(section, f"{key}.{name}", value_text(entry), origins.stated, True)


def assumption_table(study: Study) -> Table:
    """Return every assumption, stated or default, as one table.

    Parameters
    ----------
    study
        The study.
    """
    return _table(tuple((a.section, a.key, a.value, a.origin) for a in assumptions(study)))


def _table(rows: tuple[tuple[Any, ...], ...]) -> Table:
    return table_of(
        "Assumptions and their origin",
        "section [28] | key [44] | value [60] | origin [60]",
        rows,
        note="Inputs of single loans come from the files named under sources.",
    )


def stated_table(study: Study) -> tuple[Table, int]:
    """Return the stated settings of terms and law, and the number of settings at defaults."""
    settings = list(assumptions(study))
    wanted = ("Study", "Tape", "Simulation", "Pricing", "Buyer", "Seller", "Prudence", "Law: ")
    rows = tuple(
        (a.section, a.key, a.value, a.origin)
        for a in settings
        if a.stated and a.section.startswith(wanted)
    )
    return _table(rows), sum(not a.stated for a in settings)


def stated_lines(study: Study) -> list[tuple[str, str, list[str]]]:
    """Return stated settings of market, collateral and policies: title, origin, lines."""
    sections: list[tuple[str, str, BaseModel]] = [
        ("Market", _market(study).stated, study.market),
        *((f"Collateral: {name}", UNSOURCED, c) for name, c in study.collateral.items()),
        *((f"Policy: {p.name}", UNSOURCED, p) for p in study.policies),
        *((f"Contract: {c.name}", OWN, c) for c in study.contracts),
    ]
    return [(title, origin, list(spec_lines(model))) for title, origin, model in sections]


def source_tables(study: Study, table: LoanTable, book: BidBook) -> list[Table]:
    """Return files with hashes, settings and versions of the run, sources of law and market."""
    flows = book.result.flows
    files = tuple(
        (s.role, s.file, Cell(s.rows, "count"), s.sha256, s.encoding) for s in table.sources
    )
    found = {k: v for k, v in versions().items() if k not in MACHINE}
    rows: list[tuple[Any, ...]] = [
        ("study", study.name),
        ("hash of the study (SHA-256)", study_hash(study)),
        ("valuation date", Cell(study.valuation_date, "date")),
        ("seed", str(flows.seed)),
        ("scenarios", Cell(flows.scenarios, "count")),
        ("months simulated", Cell(flows.months, "count")),
        ("confidence of intervals", Cell(book.result.pricing.confidence, "share")),
        ("standard error of the mean price", Cell(book.result.mean.se, "cents")),
        ("scenario weights", estimation_text(book.result)),
        *((f"version of {name}", number) for name, number in found.items()),
    ]
    law, market = study.legal, study.market
    read = tuple(
        [("law", law.name, law.as_of and Cell(law.as_of, "date"), s) for s in law.sources]
        + [("market", "", market.as_of and Cell(market.as_of, "date"), s) for s in market.sources]
    )
    return [
        table_of(
            "Files that were read",
            "table [40] | file [44] | rows | SHA-256 [68] | encoding",
            files,
        ),
        table_of("How it was computed", "[40] | [68]", rows),
        table_of(
            "Sources of law and market",
            "of [40] | name [24] | as of | source [110]",
            read,
            nothing="the study names no sources",
        ),
    ]
