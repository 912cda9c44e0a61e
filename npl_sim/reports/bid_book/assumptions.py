"""Assumptions with their values and origins, and the files and versions behind a result."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from npl_sim.core.issues import KeyPath
from npl_sim.core.language import gettext as _
from npl_sim.reports.bid_book.layers import NO_LAYERS, Layers, set_by
from npl_sim.reports.policy_text import is_group, spec_lines, unit_of, value_text
from npl_sim.reports.table import Table, table_of
from npl_sim.study.figure_sources import sourced_figures
from npl_sim.study.renamed_keys import SECTION_KEYS

if TYPE_CHECKING:
    from npl_sim.study.model import Study


OWN = "stated in the study"
UNSOURCED = "stated in the study without a source: an assumption"
DEFAULT = "default of the program: an assumption"
PLAIN_DEFAULT = "default of the program"
CITATIONS = ("sources",)
LAW_CITATIONS = ("source", "rule", "assumption", "reserve_source")
"""Settings that are origins themselves."""


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
    path: KeyPath = ()
    """Keys and positions that lead to it."""


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
            own = _("assumption: {own}").format(own=own)
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
        origin = own.stated if stated else own.default
        yield Assumption("Study", key, text, origin, stated, (key,))
    sources = _sources(study)
    sections: list[tuple[str, KeyPath, BaseModel, _Origins]] = [
        ("Tape", ("tape",), study.tape, own),
        ("Simulation", ("simulation",), study.simulation, own),
        ("Pricing", ("pricing",), study.pricing, terms),
        ("Buyer", ("buyer",), study.buyer, terms),
        ("Seller", ("seller",), study.seller, terms),
        ("Prudence", ("prudence",), study.prudence, terms),
        (_("Law: {legal}").format(legal=study.legal.name), ("legal",), study.legal, _law(study)),
        ("Market", ("market",), study.market, _market(study)),
        *(
            (_("Collateral: {name}").format(name=name), ("collateral", name), c, loose)
            for name, c in study.collateral.items()
        ),
        *(
            (_("Policy: {p}").format(p=p.name), ("policies", i), p, loose)
            for i, p in enumerate(study.policies)
        ),
        *(
            (_("Contract: {c}").format(c=c.name), ("contracts", i), c, terms)
            for i, c in enumerate(study.contracts)
        ),
    ]
    for section, path, model, origins in sections:
        # The number of threads is no assumption: it changes no result.
        yield from (
            dataclasses.replace(_with_source(a, sources), path=(*path, *a.path))
            for a in _settings(section, (), model, origins)
            if (section, a.key) != ("Simulation", "threads")
        )


def _sources(study: Study) -> dict[tuple[str, str], list[str]]:
    """Return the origins of figures by section and key, the key of every group above included."""
    found: dict[tuple[str, str], list[str]] = {}
    for sourced in sourced_figures(study):
        first, *rest = sourced.figure.path
        section = "Market"
        if first == "collateral":
            section = _("Collateral: {pop}").format(pop=rest.pop(0))
        elif first == "policies":
            section = _("Policy: {policies}").format(
                policies=study.policies[int(rest.pop(0))].name
            )
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
        key, _colon, rest = map(str.strip, source.partition(":"))
        key = SECTION_KEYS["legal"].get(key, key)
        if key in names and rest:
            by_key[key] = rest
    if legal.reserve_source:
        by_key["reserve_floors"] = legal.reserve_source
    dated = (
        _(", as of {as_of}").format(as_of=legal.as_of) if legal.as_of else _(", without a date")
    )
    stated = _("the regime's sources{dated}").format(dated=dated) if legal.sources else UNSOURCED
    return _Origins(stated, DEFAULT, by_key, is_law=True)


def _market(study: Study) -> _Origins:
    market = study.market
    dated = (
        _(", as of {as_of}").format(as_of=market.as_of) if market.as_of else _(", without a date")
    )
    return _Origins(
        _("the market's sources{dated}").format(dated=dated) if market.sources else UNSOURCED,
        DEFAULT,
    )


def _settings(
    section: str, path: KeyPath, model: BaseModel, origins: _Origins
) -> Iterator[Assumption]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        stated = name in model.model_fields_set
        at = (*path, name)
        if name in CITATIONS or (origins.is_law and name in LAW_CITATIONS):
            continue
        here = origins
        if name in origins.by_key:
            here = _Origins(origins.by_key[name], origins.default, is_law=origins.is_law)
        if value is not None and is_group(value):
            yield from _group(section, at, value, here)
            continue
        if isinstance(value, Path):
            value = value.name  # the folder of a file is no assumption
        text = value_text(value, unit_of(model, name)) or "none"
        origin = here.stated if stated else here.default
        yield Assumption(section, _shown(at), text, origin, stated, at)


def _shown(path: KeyPath) -> str:
    """Return a path as a dotted key, with positions from 1."""
    return ".".join(str(part + 1 if isinstance(part, int) else part) for part in path)


def _group(section: str, path: KeyPath, value: Any, origins: _Origins) -> Iterator[Assumption]:
    if isinstance(value, BaseModel):
        yield from _settings(section, path, value, origins.within(value))
        return
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for name, entry in entries:
        at = (*path, name)
        if isinstance(entry, BaseModel):
            yield from _group(section, at, entry, origins)
        else:
            yield Assumption(section, _shown(at), value_text(entry), origins.stated, True, at)


def assumption_table(study: Study, origins: Layers = NO_LAYERS) -> Table:
    """Return every assumption, stated or default, as one table.

    Parameters
    ----------
    study
        The study.
    origins
        Layer that each value comes from (`LoadedStudy.origins`).
    """
    return _table(assumptions(study), origins)


def _table(settings: Iterable[Assumption], origins: Layers) -> Table:
    return table_of(
        _("Assumptions and their origin"),
        "section [28] | key [44] | value [60] | origin [60] | set by [44]",
        tuple(
            (a.section, a.key, a.value, a.origin, set_by(a.path, a.stated, origins))
            for a in settings
        ),
        note=_("Inputs of single loans come from the files named under sources."),
    )


def stated_table(study: Study, origins: Layers = NO_LAYERS) -> tuple[Table, int]:
    """Return the stated settings of terms and law, and the number of settings at defaults."""
    settings = list(assumptions(study))
    wanted = ("Study", "Tape", "Simulation", "Pricing", "Buyer", "Seller", "Prudence", "Law: ")
    shown = [a for a in settings if a.stated and a.section.startswith(wanted)]
    return _table(shown, origins), sum(not a.stated for a in settings)


def stated_lines(study: Study) -> list[tuple[str, str, list[str]]]:
    """Return stated settings of market, collateral and policies: title, origin, lines."""
    sections: list[tuple[str, str, BaseModel]] = [
        ("Market", _market(study).stated, study.market),
        *(
            (_("Collateral: {name}").format(name=name), UNSOURCED, c)
            for name, c in study.collateral.items()
        ),
        *((_("Policy: {p}").format(p=p.name), UNSOURCED, p) for p in study.policies),
        *((_("Contract: {c}").format(c=c.name), OWN, c) for c in study.contracts),
    ]
    return [(title, origin, list(spec_lines(model))) for title, origin, model in sections]
