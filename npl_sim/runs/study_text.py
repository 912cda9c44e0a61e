"""Text of the short study that `npl-sim init` writes, and the base on which it stands."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from npl_sim.core.errors import NplSimError, quoted
from npl_sim.resources.shipped import names
from npl_sim.study.inputs.layout import WORKBOOK
from npl_sim.study.sections import BASES
from npl_sim.tape.proposal.section import tape_section

if TYPE_CHECKING:
    from npl_sim.tape.proposal.model import Proposal

_CORPORATE = frozenset({"corporate", "sme"})
"""Products of firms."""

_MOSTLY = 0.9
"""Share of records from which a package counts as one of firms, or of households."""


def chosen_base(proposal: Proposal) -> str:
    """Return the name of the base that fits the law and the products of a proposal.

    Raises
    ------
    NplSimError
        If nothing points to a law for which a base ships.
    """
    law = proposal.jurisdiction or {"CNY": "china", "EUR": "italy"}.get(proposal.currency, "")
    if law == "italy":
        return "italy_mixed"
    if law != "china":
        raise NplSimError(
            "nothing in the files says under which law the loans are; expected --base "
            "china_mixed, italy_mixed, or another base"
        )
    products = [c for c in proposal.codes if c.field == "product"]
    count = sum(c.count for c in products)
    firms = sum(c.count for c in products if c.value in _CORPORATE)
    if count and firms >= _MOSTLY * count:
        return "china_corporate"
    return "china_retail" if count and firms <= (1.0 - _MOSTLY) * count else "china_mixed"


def located_base(base: str, folder: Path) -> str:
    """Return a base as the study in a folder names it.

    Raises
    ------
    NplSimError
        If it is neither shipped nor a file.
    """
    if base in names(BASES):
        return base
    if not Path(base).is_file():
        raise NplSimError(
            f"--base: got {quoted(base)}; expected {', '.join(names(BASES))}, or the name of a "
            "YAML file"
        )
    return Path(os.path.relpath(Path(base).resolve(), folder.resolve())).as_posix()


def study_text(files: Sequence[Path], folder: Path, proposal: Proposal, base: str) -> str:
    """Return the text of a short study.

    Parameters
    ----------
    files
        Files of the bank; the first gives the name.
    folder
        Folder of the study.
    proposal
        How the files are read.
    base
        Name of the base.
    """
    day = proposal.cut_off_date or date.today()
    data: dict[str, Any] = {
        "base": base,
        "name": files[0].stem[:120],
        "valuation_date": day,
        "currency": proposal.currency,
        WORKBOOK.partition(".")[0]: WORKBOOK,
    }
    for question in proposal.questions:
        data |= question.option(question.default).study
    data["tape"] = {"on_error": "quarantine", **tape_section(proposal, folder)}
    if not data["currency"]:
        del data["currency"]  # that of the base
    head = (
        "# Written by npl-sim init. What is not stated here comes from the base; cells that are "
        f"edited in\n# {WORKBOOK} come before this file, and --set before both.\n"
    )
    return head + yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=98)
