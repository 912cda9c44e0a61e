"""Explanation of judgment and enforcement.

A step that is no longer possible is replaced by the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from npl_sim.analysis.cash_routes import surely_barred, surely_too_late, too_late_to_apply
from npl_sim.core.errors import known
from npl_sim.core.language import gettext as _
from npl_sim.core.layout import Stage
from npl_sim.engine.compile_model import Model

if TYPE_CHECKING:
    from npl_sim.policy.enforcement import Enforcement
    from npl_sim.policy.policy import Policy


from npl_sim.analysis.explain.steps import percent


def reaches_title(policy: Policy, model: Model) -> bool:
    """Return whether the loan has a title, or may win one."""
    loan = model.package.loans[0]
    if loan["stage"] in (Stage.LITIGATION, Stage.JUDGED, Stage.ENFORCEMENT):
        return True
    suit = policy.litigation
    may_sue = (
        suit is not None and loan["principal"] + loan["interest_and_fees"] >= suit.minimum_claim
    )
    return (
        loan["stage"] in (Stage.COLLECTION, Stage.PLAN)
        and may_sue
        and not bool(surely_barred(model)[0])
    )


def enforcement(policy: Policy, model: Model) -> Iterator[str]:
    """Yield how a judgment is performed or enforced, where it still may be."""
    e, loan = policy.enforcement, model.package.loans[0]
    if loan["stage"] == Stage.DORMANT:
        yield (
            _(
                "Dormant: the model takes no further step; only a sale or the residual at "
                "the exit counts"
            )
        )
        return
    if not reaches_title(policy, model):
        return
    if e is None:
        if loan["stage"] != Stage.ENFORCEMENT:
            yield _("Enforcement: none, the policy has no section enforcement")
        return
    if loan["stage"] == Stage.JUDGED:
        yield from _judged(policy, model)
        if bool(surely_too_late(model)[0]):
            return
    elif loan["stage"] == Stage.ENFORCEMENT:
        yield _("Enforcement: under way for {stage_elapsed:.1f} months").format(
            stage_elapsed=loan["stage_elapsed"]
        )
    else:
        yield (
            _(
                "Judgment: performed voluntarily with {performance_probability}; else "
                "enforcement is applied for {performance_window:g} months later"
            ).format(
                performance_probability=percent(e.performance_probability),
                performance_window=e.performance_window + e.application_delay,
            )
        )
    yield from _sources(e)


def _judged(policy: Policy, model: Model) -> Iterator[str]:
    e, loan = policy.enforcement, model.package.loans[0]
    e = known(e, "e")
    gone = float(loan["elapsed_probability"])
    chance = (
        e.performance_probability * (1.0 - gone) / (1.0 - gone * e.performance_probability)
        if gone * e.performance_probability < 1.0
        else 0.0
    )
    text = _(
        "Judgment, {stage_elapsed:.1f} months old: still performed voluntarily with {chance}"
    ).format(stage_elapsed=loan["stage_elapsed"], chance=percent(chance))
    wait = max(0.0, e.performance_window + e.application_delay - float(loan["stage_elapsed"]))
    if not bool(
        too_late_to_apply(model.package.loans, model.package.terms[model.package.loans["policy"]])[
            0
        ]
    ):
        yield _("{text}; else enforcement is applied for in {wait:.1f} months").format(
            text=text, wait=wait
        )
        return
    yield text
    pleads = 1.0 if policy.litigation is None else policy.litigation.defense_raised
    after = (
        _("nothing more is done")
        if bool(surely_too_late(model)[0])
        else _("otherwise enforcement goes on")
    )
    yield (
        _(
            "Enforcement: the window to apply has expired; the debtor objects with "
            "{pleads}, {after}"
        ).format(pleads=percent(pleads), after=after)
    )


def _sources(e: Enforcement) -> Iterator[str]:
    yield (
        _(
            "  income garnished with {garnishment_probability}; guarantors pay with "
            "{guarantor_payment_probability}; resumption {resumption_probability}"
        ).format(
            garnishment_probability=percent(e.garnishment_probability),
            guarantor_payment_probability=percent(e.guarantor_payment_probability),
            resumption_probability=percent(e.resumption_probability),
        )
    )
    for a in e.assets:
        yield (
            _(
                "  {a}: owned with {ownership_probability}, found with "
                "{discovery_probability} (frozen with {freeze_probability} if preserved), "
                "worth {mean} of the claim, dissipate at {dissipation_rate} a year"
            ).format(
                a=a.name,
                ownership_probability=percent(a.ownership_probability),
                discovery_probability=percent(a.discovery_probability),
                freeze_probability=percent(a.freeze_probability),
                mean=percent(a.coverage.mean),
                dissipation_rate=percent(a.dissipation_rate),
            )
        )
