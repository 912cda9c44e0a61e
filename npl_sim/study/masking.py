"""A study without names of parties, files and sheets."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from npl_sim.channels.terms.vehicles import BANK, RESERVED
from npl_sim.core.countries import JURISDICTIONS, currency_of
from npl_sim.core.errors import NplSimError, StudyError
from npl_sim.core.masking import masked_text, names_of_files, numbered, pseudonyms, without_folders
from npl_sim.study.yaml_places import Source

if TYPE_CHECKING:
    from npl_sim.channels.terms.contract import ChannelContract
    from npl_sim.securitization.terms.deal import Deal
    from npl_sim.study.loader import LoadedStudy
    from npl_sim.study.model import Study
    from npl_sim.study.source_spec import FigureSource

MASKED_SHEET = "(sheet)"
"""Replaces the name of a sheet."""

_SHEETS = ("sheet", "collateral_sheet", "guarantor_sheet")


def masked_study(study: Study) -> Study:
    """Return a study that values the same and names nobody.

    The names of study, deal, contract of the sale and agencies are replaced, and those of files
    and sheets; descriptions are left out. Names of groups (policies, segments, regions, kinds) and
    of parts of a structure (tranches, accounts, vehicles) are kept, since they name no person.
    """
    tape = study.tape.placed(
        lambda role, i, _: Path(numbered(role, i, len(study.tape.files[role])))
    )
    sheets = {
        name: None if getattr(study.tape, name) is None else MASKED_SHEET for name in _SHEETS
    }
    changes: dict[str, Any] = {
        "name": "study",
        "description": "",
        "files_within": None,
        "tape": tape.model_copy(update=sheets),
        **_without_agencies(study),
        "comparables": None if study.comparables is None else Path("comparables"),
        "inputs": None if study.inputs is None else Path("inputs"),
        "sources": _without_texts(study),
        "deal": None if study.deal is None else masked_deal(study.deal),
        "channel": None if study.channel is None else masked_contract(study.channel),
    }
    # Fields that the study leaves out stay left out.
    changed = {key: value for key, value in changes.items() if value != getattr(study, key)}
    return study.model_copy(update=changed)


def _without_texts(study: Study) -> tuple[FigureSource, ...]:
    """Return the sources of figures by position, without names and reasons."""
    if not study.sources:
        return ()
    from npl_sim.study.figure_sources import figures

    stated, masked = [*figures(study)], []
    for entry in study.sources:
        keys = tuple(f.key for f in stated if any(f.matches(key) for key in entry.keys))
        reason = "a reason that is not shown" if entry.assumption else ""
        masked.append(entry.model_copy(update={"keys": keys, "assumption": reason}))
    return tuple(masked)


def _without_agencies(study: Study) -> dict[str, Any]:
    """Return the policies and contracts of a study with pseudonyms for its agencies."""
    policies = []
    agencies = pseudonyms(
        (a.name for p in study.policies for a in p.collection.agencies), "agency"
    )
    contracts = pseudonyms((c.name for c in study.contracts), "contract")
    for policy in study.policies:
        named = tuple(
            a.model_copy(
                update={
                    "name": agencies[a.name],
                    "contract": contracts.get(a.contract, a.contract),
                }
            )
            for a in policy.collection.agencies
        )
        collection = policy.collection.model_copy(update={"agencies": named})
        policies.append(policy.model_copy(update={"collection": collection}) if named else policy)
    return {
        "policies": tuple(policies),
        "contracts": tuple(
            c.model_copy(update={"name": contracts[c.name]}) for c in study.contracts
        ),
    }


def masked_loaded(loaded: LoadedStudy) -> LoadedStudy:
    """Return a study that was read, without names in it and in its warnings."""
    names = names_of_files({"study": loaded.path})
    for file in loaded.files:
        names = names_of_files({"study file": file}) | names
    warnings = tuple(masked_text(line, names, known_texts()) for line in loaded.warnings)
    return dataclasses.replace(
        loaded,
        study=masked_study(loaded.study),
        path=Path("study"),
        files=(),
        warnings=warnings,
        source=Source(),
        edits=(),
    )


def named_files(loaded: LoadedStudy) -> LoadedStudy:
    """Return a study that was read, with names of files for their paths in its warnings."""
    lines = [without_folders(line, loaded.files) for line in loaded.warnings]
    return dataclasses.replace(loaded, warnings=tuple(lines))


def masked_error(error: NplSimError, path: Path | str | None = None) -> NplSimError:
    """Return an error of the same kind whose message quotes nothing and names no file.

    Parameters
    ----------
    error
        The error.
    path
        The file that was read; messages call it the file.
    """
    names = names_of_files({"file": path})
    for file in getattr(error, "files", ()):
        names |= names_of_files({"file": file})
    text = masked_text(str(error), names, known_texts())
    return StudyError(text.splitlines()) if isinstance(error, StudyError) else type(error)(text)


@functools.cache
def known_texts() -> frozenset[str]:
    """Return the keys, fixed values and codes of places that messages may quote."""
    from npl_sim.study.schema import study_schema

    def texts(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            yield from node.get("properties", {})
            yield from (
                word
                for word in (*node.get("enum", ()), node.get("const"))
                if isinstance(word, str)
            )
            node = list(node.values())
        if isinstance(node, list):
            for inner in node:
                yield from texts(inner)

    currencies = {code for place in JURISDICTIONS if (code := currency_of(place)) is not None}
    return frozenset(texts(study_schema())) | JURISDICTIONS | currencies


def masked_deal(deal: Deal) -> Deal:
    """Return a deal without its name."""
    return deal.model_copy(update={"name": "deal"})


def masked_contract(contract: ChannelContract) -> ChannelContract:
    """Return a channel contract without its name, description and names of parties."""
    with_letter = contract.with_side_letter()
    layers = [*contract.vehicles, *with_letter.vehicles]
    names = pseudonyms((layer.name for layer in layers), "vehicle")
    holders = {str(getattr(claim, "holder", BANK)) for layer in layers for claim in layer.claims}
    # Sorted by name, as cash by party is: so no sum changes its order.
    others = sorted(holders - set(names) - {*RESERVED, "investors"})
    names |= {name: f"investor {i:02d}" for i, name in enumerate(others, 1)}
    found: ChannelContract = _renamed(contract, names)
    return found.model_copy(update={"name": "contract", "description": ""})


def _renamed(value: Any, names: dict[str, str]) -> Any:
    """Return a specification with the names of parties replaced where they are a whole text."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, tuple):
        return tuple(_renamed(v, names) for v in value)
    if isinstance(value, BaseModel):
        old = {name: getattr(value, name) for name in type(value).model_fields}
        # A fixed value, such as a kind, is no name.
        free = {
            n: v
            for n, v in old.items()
            if "Literal" not in str(type(value).model_fields[n].annotation)
        }
        new = {n: _renamed(v, names) for n, v in free.items()}
        return value.model_copy(update={n: v for n, v in new.items() if v != old[n]})
    return value
