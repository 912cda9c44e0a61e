"""What a securitisation asks for: its kind, the transfer of significant risk, and the notes that the seller keeps."""

from __future__ import annotations

from npl_sim.capital.facts import CapitalFacts, CapitalRules
from npl_sim.capital.loan_weights import needs
from npl_sim.capital.risk_transfer import commensurate, significant_transfer
from npl_sim.capital.securitization_weights import Securitisation, position_weights
from npl_sim.core.judgment import Figure, Step

__all__ = ["notes_kept"]


def notes_kept(
    facts: CapitalFacts, deal: Securitisation, rules: CapitalRules, before: float
) -> tuple[float, list[tuple[float, Step]]]:
    """Return what the notes kept weigh, and the steps that ask for it or for more."""
    pool_capital = 0.08 * before / facts.outstanding if facts.outstanding else 0.0
    weighed = position_weights(deal, pool_capital, rules.securitisation)
    held = [
        (w * p.held_share * p.amount, p, w, why)
        for (w, why), p in zip(weighed, deal.positions, strict=True)
    ]
    ceiling = before * max(p.held_share for p in deal.positions)
    notes = min(sum(amount for amount, *_ in held), ceiling)
    passed, test = significant_transfer(deal, [w for w, _ in weighed], rules.transfer_tests)
    qualifying = deal.qualifies(rules.securitisation)
    discount = Step(
        "Is it a qualifying securitisation of non-performing loans?",
        "yes" if qualifying else "no",
        f"non-performing share {100 * deal.delinquent_share:.2f} % (at least {100 * rules.securitisation.npe_share:g} %), "
        f"non-refundable discount {100 * deal.discount:.2f} % (at least {100 * rules.securitisation.qualifying_discount:g} %)",
        "Basel CRE45.1 to 45.5; CRR art. 269a",
        (Figure("non-refundable discount", deal.discount, "share"),),
    )
    steps: list[tuple[float, Step]] = [(0.0, discount), (0.0, test)]
    if facts.expected_loss_kept is not None and facts.unexpected_loss_kept is not None:
        relief = 1.0 - notes / before if before > 0.0 else 0.0
        matched, step = commensurate(relief, facts.expected_loss_kept, facts.unexpected_loss_kept)
        passed = passed and matched
        steps.append((0.0, step))
    if not passed:
        reason = (
            "without significant risk transfer the loans weigh as if they had not been securitised"
        )
        steps.append(
            (
                before,
                Step(
                    "What do the loans weigh after it?",
                    "in full",
                    reason,
                    "CRR art. 247(2)",
                    (needs(before),),
                ),
            )
        )
        return notes, steps
    lines = "; ".join(f"{p.name} {100 * w:.2f} % ({why})" for _, p, w, why in held)
    figures = (
        *(Figure(f"{p.name} kept", p.held_share * p.amount, "amount") for _, p, _, _ in held),
        needs(notes),
    )
    reason = f"{lines}; no more than the loans weighed, times the largest share kept of any class"
    step = Step(
        "What do the notes weigh that the seller keeps?",
        "",
        reason,
        "Basel CRE45, CRR art. 261, 268, 269a",
        figures,
        False,
    )
    steps.append((notes, step))
    return notes, steps
