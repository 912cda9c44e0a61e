"""Sources of the settings in the table of assumptions."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from npl_sim.core.language import gettext as _
from npl_sim.study.figure_sources import sourced_figures

if TYPE_CHECKING:
    from npl_sim.reports.bid_book.setting import Assumption
    from npl_sim.study.model import Study


def sources_by_setting(study: Study) -> dict[tuple[str, str], list[str]]:
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


def with_source(setting: Assumption, sources: dict[tuple[str, str], list[str]]) -> Assumption:
    """Return a setting with the sources of its figures, where the study gives any."""
    origins = sources.get((setting.section, setting.key)) if setting.stated else None
    return dataclasses.replace(setting, origin="; ".join(origins)) if origins else setting
