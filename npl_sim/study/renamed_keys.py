"""Renamed keys of study, deal and contract files: old keys keep working, with a warning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from npl_sim.core.errors import StudyError
from npl_sim.study.messages import dotted
from npl_sim.study.yaml_places import Source

REFUSED_FROM = "0.4"
"""Version from which the old keys below are refused: two minor versions after the renaming."""

CONTRACT_KEYS = {
    "shown": "disclosed",
    "hidden": "side_letter",
    "layers": "vehicles",
    "disclosed.layers": "disclosed.vehicles",
    "side_letter.layers": "side_letter.vehicles",
}
"""Old and new keys of a contract, outer keys first."""

DEAL_KEYS: dict[str, str] = {}
"""Old and new keys of a deal, outer keys first."""

STUDY_KEYS = {
    "simulation.keep": "simulation.detail",
    "buyer.levy": "buyer.turnover_tax",
    "seller.coverage": "seller.provision_coverage",
    "seller.coverage_by": "seller.provision_coverage_by",
    **{f"channel.{old}": f"channel.{new}" for old, new in CONTRACT_KEYS.items()},
    **{f"deal.{old}": f"deal.{new}" for old, new in DEAL_KEYS.items()},
}
"""Old and new keys of a study, outer keys first."""


class RenamedKeyWarning(FutureWarning):
    """A file uses the old name of a key."""


@dataclass
class Renames:
    """Old keys of one file, and the warnings on those that it uses."""

    keys: Mapping[str, str]
    """New dotted key by old dotted key, outer keys first."""
    warnings: dict[str, None] = field(default_factory=dict)
    """One line for each old key found, in order."""

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
                if f"{new}.".startswith(f"{old}."):
                    new = renamed + new[len(old) :]
            if new != key:
                self._warn("override", key, new)
            if new in result or (new != key and new in overrides):
                raise StudyError([_both("override", key, new)])
            result[new] = value
        return result

    def apply(self, data: dict[str, Any], source: Source) -> list[str]:
        """Rename old keys in plain data; return an error for each key given under both names."""
        errors = []
        for old, new in self.keys.items():
            *above, old_key = old.split(".")
            new_key = new.rpartition(".")[2]
            parent: Any = data
            for key in above:
                parent = parent.get(key) if isinstance(parent, dict) else None
            if not isinstance(parent, dict) or old_key not in parent:
                continue
            where = (*above, old_key)
            if new_key in parent:
                errors.append(_both(source.place(where), dotted(where), new))
                del parent[old_key]
                continue
            self._warn(source.place(where), dotted(where), new)
            items = [(new_key if key == old_key else key, parent[key]) for key in parent]
            parent.clear()
            parent.update(items)
            source.move(where, (*above, new_key))
        return errors

    def _warn(self, place: str, old: str, new: str) -> None:
        text = f"{place}: {old}: the key is now {new}; rename it, since version {REFUSED_FROM}"
        self.warnings[f"{text} refuses the old name"] = None


def _both(place: str, old: str, new: str) -> str:
    return f"{place}: {old}: given together with {new}, its new name; expected only {new}"
