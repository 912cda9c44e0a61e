"""Mask findings on a tape: quote no cells, ids or headers."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from npl_sim.core.masking import masked_text, masked_value, numbered
from npl_sim.tables.findings import Finding
from npl_sim.tape.schema import FIVE_CLASSES, INSOLVENCY_STATUSES, SCHEMAS, TAPE_STAGES

FILE_NAMES = {
    "loans": "loan file",
    "collateral": "collateral file",
    "guarantors": "guarantor file",
    "relationships": "relationship file",
}
"""Name that stands for a masked file of a table."""


def file_labels(files: Iterable[tuple[str, str]]) -> list[str]:
    """Return the masked name of each file of a tape, from its role and its name."""
    roles = [role for role, _ in files]
    count, seen = Counter(roles), Counter[str]()
    found = []
    for role in roles:
        seen[role] += 1
        found.append(numbered(FILE_NAMES[role], seen[role], count[role]))
    return found


def names_on_tape(files: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return file names to masked names; the sheets of a workbook share the first of them."""
    return {
        file: label
        for (_, file), label in reversed(list(zip(files, file_labels(files), strict=True)))
    }


COLUMNS = frozenset(column.name for columns in SCHEMAS.values() for column in columns)
KNOWN = COLUMNS | {*TAPE_STAGES, *FIVE_CLASSES, *INSOLVENCY_STATUSES}
"""Words of the program, which a masked text may quote."""

_HEADER = re.compile(
    rf"\b({'|'.join(sorted(COLUMNS, key=len, reverse=True))}) "
    rf"\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)"
)


def masked_column(column: str) -> str:
    """Return the canonical column of a finding, without the header of the file."""
    name = column.partition(" (")[0]
    return name if name in COLUMNS or not name else "(column)"


def masked_message(text: str, names: Mapping[str, str]) -> str:
    """Return a message on a tape without its cells, ids, headers and file names.

    Parameters
    ----------
    text
        The message.
    names
        Name of a file to what is written in its place.
    """
    return masked_text(_HEADER.sub(r"\1", text), names, KNOWN)


def masked_finding(finding: Finding, names: Mapping[str, str]) -> Finding:
    """Return a finding with locations and kinds of cells, without their content."""
    return dataclasses.replace(
        finding,
        file=names.get(finding.file, masked_text(finding.file, names)),
        column=masked_column(finding.column),
        expected=masked_message(finding.expected, names),
        values=tuple(value if value in KNOWN else masked_value(value) for value in finding.values),
        message=masked_message(finding.message, names),
    )
