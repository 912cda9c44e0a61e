"""Write a proposal as the tape section of a study."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from npl_sim.core.errors import TapeError
from npl_sim.tape.headers import Match, match_headers
from npl_sim.tape.proposal.matching import Found
from npl_sim.tape.proposal.model import Proposal
from npl_sim.tape.proposal.opened import Opened, positions
from npl_sim.tape.proposal.unit_questions import merge
from npl_sim.tape.schema import Role
from npl_sim.tape.spec import TAPE_FILES

_PREFIX = {"loans": "", "collateral": "collateral_", "guarantors": "guarantor_"}
_LOAN_ONLY = ("loan_id", "region")
"""Columns of a loan list that are not those of its collateral."""


def tape_section(
    proposal: Proposal, folder: Path | None = None, answers: Mapping[str, str] = {}
) -> dict[str, Any]:
    """Return the keys below `tape` by which a study reads the files as proposed.

    Parameters
    ----------
    proposal
        How the files are to be read.
    folder
        Folder of the study, from which paths are written; None for absolute paths.
    answers
        Question to answer, by their keys; the default holds for all others.

    Raises
    ------
    TapeError
        If a question or an answer does not exist.
    """
    settings: dict[str, Any] = copy.deepcopy(dict(proposal.settings))
    for name, key in answers.items():
        question = proposal.question(name)
        if question is None:
            known = ", ".join(q.id for q in proposal.questions) or "none"
            raise TapeError(f"answer to {name!r}: no such question; expected one of {known}")
        try:
            chosen = question.option(key)
        except KeyError:
            options = ", ".join(one.key for one in question.options)
            raise TapeError(f"answer to {name}: got {key!r}; expected one of {options}") from None
        merge(settings, chosen.settings)
        if question.confirms:
            names = [n for n in question.confirms if n not in settings.get("confirmed", ())]
            settings["confirmed"] = [*settings.get("confirmed", ()), *names]
    for key in TAPE_FILES:
        if key in settings:
            settings[key] = _written(settings[key], folder)
    return settings


def _written(paths: str | Sequence[str], folder: Path | None) -> str | list[str]:
    names = [paths] if isinstance(paths, str) else list(paths)
    if folder is not None:
        base = folder.resolve()
        names = [
            os.path.relpath(name, base) if Path(name).anchor == base.anchor else name
            for name in names
        ]
        names = [Path(name).as_posix() for name in names]
    return names[0] if isinstance(paths, str) else names


def table_settings(role: str, tables: Sequence[Opened]) -> dict[str, Any]:
    """Return the keys of one table: its files, sheets, row of headers and columns.

    Parameters
    ----------
    role
        The table.
    tables
        Its sheets, in order.
    """
    paths = list(dict.fromkeys(str(one.seen.path) for one in tables))
    found: dict[str, Any] = {role: paths[0] if len(paths) == 1 else paths}
    if role == "relationships":
        return found
    prefix = _PREFIX[role]
    names = list(dict.fromkeys(one.seen.sheet for one in tables if one.seen.sheet))
    if names:
        found[f"{prefix}sheet"] = names[0] if len(names) == 1 else names
    rows = {one.records.header_row for one in tables}
    if len(rows) == 1:
        found[f"{prefix}header_row"] = rows.pop()
    columns = stated_columns(cast("Role", role), tables)
    if columns:
        found[f"{prefix}columns"] = columns
    if role == "loans":
        items = _item_columns(tables)
        if items:
            found["collateral_columns"] = items
    return found


def _names(one: Opened, found: Found) -> str | list[str]:
    headers = [one.header(at) for at in found.positions]
    return headers[0] if len(headers) == 1 else headers


def stated_columns(role: Role, tables: Sequence[Opened]) -> dict[str, Any]:
    """Return the columns that a study must state, as the reader alone would find others."""
    given: dict[str, Any] = {}
    for one in tables:
        auto = match_headers(role, one.records.headers, {})
        for name, found in one.found.items():
            if auto.at.get(name) != found.positions[0] or len(found.positions) > 1:
                given.setdefault(name, _names(one, found))
        for name in auto.at:
            if name not in one.found:
                given.setdefault(name, None)
        for name, found in one.found.items():
            if _ambiguous(auto, name, one):
                given.setdefault(name, _names(one, found))
    for one in tables:  # a header that is named frees another, which the reader must not take
        read = match_headers(role, one.records.headers, given)
        for name in read.at:
            if name not in one.found:
                given.setdefault(name, None)
        for name, found in one.found.items():
            if read.at.get(name) != found.positions[0]:
                given.setdefault(name, _names(one, found))
    return given


def _ambiguous(auto: Match, name: str, one: Opened) -> bool:
    return any(f"may each be {name};" in fault for fault in auto.errors)


def _item_columns(tables: Sequence[Opened]) -> dict[str, Any]:
    """Return the columns of collateral in a loan list that a study must state."""
    given: dict[str, Any] = {}
    for one in tables:
        auto = match_headers(
            "collateral",
            one.records.headers,
            {},
            taken=positions(one.found),
            without=_LOAN_ONLY,
        )
        for name, found in one.items.items():
            if auto.at.get(name) != found.positions[0] or _ambiguous(auto, name, one):
                given.setdefault(name, _names(one, found))
        if one.items:
            for name in auto.at:
                if name not in one.items:
                    given.setdefault(name, None)
    return given
