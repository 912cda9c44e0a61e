"""Origins of the terms of a policy that overrides of single loans have derived."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from npl_sim.core.language import gettext as _

if TYPE_CHECKING:
    from npl_sim.core.issues import KeyPath
    from npl_sim.policy.policy import Policy
    from npl_sim.reports.bid_book.setting import Assumption
    from npl_sim.study.model import Study

OWN_KEYS = ("name", "applies_to", "derived_from")
"""Keys that the program gives a derived policy."""


def place_of_policy(study: Study, index: int) -> KeyPath:
    """Return the path of a policy in the study; of a derived one, that of its base."""
    name = study.policies[index].derived_from or study.policies[index].name
    return ("policies", [policy.name for policy in study.policies].index(name))


def with_override(setting: Assumption, policy: Policy, study: Study) -> Assumption:
    """Return a setting of a derived policy with the override that made it, if one did.

    Parameters
    ----------
    setting
        The setting; its path leads to the base of the policy.
    policy
        The policy.
    study
        The study with its overrides.
    """
    if not policy.derived_from:
        return setting
    if setting.key.split(".")[0] in OWN_KEYS:
        return dataclasses.replace(setting, path=("overrides",))
    for n, row in enumerate(study.overrides.rows):
        inside = setting.key == row.key or setting.key.startswith(f"{row.key}.")
        if inside and row.loan in policy.applies_to.loans:
            origin = _("override by {author}, {date}").format(author=row.author, date=row.date)
            return dataclasses.replace(setting, path=("overrides", "rows", n), origin=origin)
    return setting
