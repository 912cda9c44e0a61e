"""Renamed keys of study, deal and contract files: old keys keep working, with a warning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from npl_sim.core.errors import StudyError
from npl_sim.study.messages import dotted
from npl_sim.study.yaml_places import Path_, Source

REFUSED_FROM = "0.6"
"""Version from which the old keys below are refused: two minor versions after the renaming."""

POLICY_KEYS = {
    "collection": {
        "channels": "contact_methods",
        "agencies.*.channels": "contact_methods",
        **{
            f"{methods}.*.{old}": new
            for methods in ("contact_methods", "agencies.*.contact_methods")
            for old, new in (
                ("channel", "method"),
                ("diminishing", "contact_exponent"),
                ("most_per_day", "maximum_per_day"),
            )
        },
        "promise.kept": "kept_probability",
    },
    "restructuring": {
        "most_willing": "offered_share",
        "accept": "acceptance_probability",
        "grace": "grace_months",
        "plans": "maximum_plans",
    },
    "litigation": {
        "payment_order.objection": "objection_probability",
        "arbitration.win": "win_probability",
        "lawsuit.win": "win_probability",
        "lawsuit.mediation": "mediation_probability",
        "lawsuit.appeal": "appeal_probability",
        "lawsuit.reversal": "reversal_probability",
        "lawsuit.default_judgment": "default_judgment_probability",
        "lawsuit.default_duration": "default_judgment_duration",
        "lawsuit.default_win": "default_judgment_win_probability",
        "lawsuit.summary_maximum": "summary_maximum_claim",
        "award": "award_share",
        "lawyer_fixed": "lawyer_fixed_fee",
        "lawyer_appeal": "lawyer_appeal_fee",
        "lawyer_enforcement": "lawyer_enforcement_fee",
        "lawyer_contingent": "lawyer_contingency_share",
        "defence_raised": "defense_raised",
    },
    "enforcement": {
        "perform": "performance_probability",
        "perform_delay": "performance_delay",
        "apply_delay": "application_delay",
        "search": "search_duration",
        "garnish": "garnishment_probability",
        "garnish_share": "garnishment_share",
        "garnish_months": "garnishment_months",
        "guarantor_pays": "guarantor_payment_probability",
        "guarantor_in_default": "guarantor_in_default_factor",
        "revival": "resumption_probability",
        "revival_delay": "resumption_delay",
        "revival_share": "resumption_share",
        "assets.*.law": "legal_class",
        "assets.*.present": "ownership_probability",
        "assets.*.find": "discovery_probability",
        "assets.*.find_preserved": "freeze_probability",
        "assets.*.renewal": "renewal_probability",
        "assets.*.dissipation": "dissipation_rate",
        "assets.*.rivals": "competing_seizure_rate",
        "assets.*.rank_share": "waitlisted_share",
        "assets.*.search": "realization_duration",
    },
}
"""Old keys and new last keys of each section of a policy."""

SECTION_KEYS = {
    "collateral.*": {
        "ageing": "aging_volatility",
        "seizure": "seizure_duration",
        "accept_in_kind": "acceptance_against_debt_probability",
        "resale": "resale_duration",
    },
    "legal": {
        "contact_caps.*.channel": "method",
        "payment_order_factor": "payment_order_fee_factor",
        "summary_factor": "summary_fee_factor",
        "mediation_factor": "mediation_fee_factor",
        "lawyer_shifting": "lawyer_fee_shifting",
    },
    "market": {
        "short_rate.reversion": "mean_reversion",
        "correlations.*.between": "factors",
        "correlations.*.rho": "correlation",
        "stresses.*.overlays.*.multiply": "multiplier",
        "stresses.*.overlays.*.volatility_multiply": "volatility_multiplier",
        "stresses.*.overlays.*.path": "multipliers",
    },
    **{f"policies.*.{section}": keys for section, keys in POLICY_KEYS.items()},
}
"""Old keys and new last keys by section of a study."""

CONTRACT_KEYS = {
    "shown": "disclosed",
    "hidden": "side_letter",
    "layers": "vehicles",
    "disclosed.layers": "disclosed.vehicles",
    "side_letter.layers": "side_letter.vehicles",
    **{
        f"{above}accounting.capital_rules.securitisation": (
            f"{above}accounting.capital_rules.securitization"
        )
        for above in ("", "disclosed.")
    },
}
"""Old and new keys of a contract, outer keys first."""

CONTRACT_VALUES = {
    f"{above}accounting.{key}": values
    for above in ("", "disclosed.")
    for key, values in (
        ("form", {"securitisation": "securitization"}),
        ("approach", {"standardised": "standardized"}),
    )
}
"""Old and new values of a contract by key."""

DEAL_KEYS: dict[str, str] = {}
"""Old and new keys of a deal, outer keys first."""


def _whole(section: str, old: str, new: str) -> tuple[str, str]:
    """Return an old and a new dotted key from the section, the old keys in it and the last key."""
    above = f"{section}.{old}".rpartition(".")[0]
    return f"{section}.{old}", f"{above}.{new}"


STUDY_KEYS = {
    "simulation.keep": "simulation.detail",
    "buyer.levy": "buyer.turnover_tax",
    "seller.coverage": "seller.provision_coverage",
    "seller.coverage_by": "seller.provision_coverage_by",
    **dict(
        _whole(section, old, new)
        for section, keys in SECTION_KEYS.items()
        for old, new in keys.items()
    ),
    **{f"channel.{old}": f"channel.{new}" for old, new in CONTRACT_KEYS.items()},
    **{f"deal.{old}": f"deal.{new}" for old, new in DEAL_KEYS.items()},
}
"""Old and new keys of a study, outer keys first; ``*`` is any position or name."""

STUDY_VALUES = {f"channel.{key}": values for key, values in CONTRACT_VALUES.items()}
"""Old and new values of a study by key."""


class RenamedKeyWarning(FutureWarning):
    """A file uses the old name of a key."""


@dataclass
class Renames:
    """Old keys and values of one file, and the warnings on those that it uses."""

    keys: Mapping[str, str]
    """New dotted key by old dotted key, outer keys first; they differ in the last key only."""
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """New value by old value, by new dotted key."""
    warnings: dict[str, None] = field(default_factory=dict)
    """One line for each old key or value found, in order."""

    def overrides(self, overrides: Mapping[str, Any]) -> dict[str, Any]:
        """Return overrides by their new keys.

        Raises
        ------
        StudyError
            If an old key and its new key are both given.
        """
        result: dict[str, Any] = {}
        for key, value in overrides.items():
            new = key
            for old, renamed in self.keys.items():
                new = _renamed(new, old, renamed)
            if new != key:
                self._warn("override", key, f"the key is now {new}")
            if new in result or (new != key and new in overrides):
                raise StudyError([_both("override", key, new)])
            result[new] = value
        return result

    def apply(self, data: dict[str, Any], source: Source) -> list[str]:
        """Rename old keys and values in plain data; return an error for each key given twice."""
        errors = []
        for old, new in self.keys.items():
            new_key = new.rpartition(".")[2]
            for where, parent in list(_given(data, old)):
                place, old_key = source.place(where), where[-1]
                renamed = dotted((*where[:-1], new_key))
                if new_key in parent:
                    errors.append(_both(place, dotted(where), renamed))
                    del parent[old_key]
                    continue
                self._warn(place, dotted(where), f"the key is now {renamed}")
                items = [(new_key if key == old_key else key, parent[key]) for key in parent]
                parent.clear()
                parent.update(items)
                source.move(where, (*where[:-1], new_key))
        for key, values in self.values.items():
            for where, parent in _given(data, key):
                value = parent[where[-1]]
                if isinstance(value, str) and value in values:
                    self._warn(
                        source.place(where),
                        dotted(where),
                        f"the value {value} is now {values[value]}",
                    )
                    parent[where[-1]] = values[value]
        return errors

    def _warn(self, place: str, old: str, change: str) -> None:
        text = f"{place}: {old}: {change}; rename it, since version {REFUSED_FROM}"
        self.warnings[f"{text} refuses the old name"] = None


def _renamed(key: str, old: str, new: str) -> str:
    """Return a dotted key with its beginning renamed, or the key itself."""
    parts, pattern = key.split("."), old.split(".")
    fits = len(parts) >= len(pattern) and all(
        wanted in ("*", part) for part, wanted in zip(parts, pattern, strict=False)
    )
    if fits:
        parts[len(pattern) - 1] = new.rpartition(".")[2]
    return ".".join(parts)


def _given(data: Any, pattern: str) -> Iterator[tuple[Path_, dict[str | int, Any]]]:
    """Yield each path that a dotted key names in plain data, and the mapping that holds it."""
    found: list[tuple[Path_, Any]] = [((), data)]
    *above, last = pattern.split(".")
    for part in above:
        below: list[tuple[Path_, Any]] = []
        for where, value in found:
            if isinstance(value, dict):
                keys = list(value) if part == "*" else [part]
                below += [((*where, key), value[key]) for key in keys if key in value]
            elif isinstance(value, list) and part == "*":
                below += [((*where, i), item) for i, item in enumerate(value)]
        found = below
    for where, value in found:
        if isinstance(value, dict) and last in value:
            yield (*where, last), value


def _both(place: str, old: str, new: str) -> str:
    return f"{place}: {old}: given together with {new}, its new name; expected only {new}"
