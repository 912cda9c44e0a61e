"""Capital for a securitization: its type, risk transfer tests, and the notes the seller keeps."""

from __future__ import annotations

from npl_sim.capital.facts import CapitalFacts, CapitalRules
from npl_sim.capital.loan_weights import required
from npl_sim.capital.risk_transfer import commensurate, significant_transfer
from npl_sim.capital.securitization_weights import (
    Securitization,
    SecuritizationRules,
    position_weights,
)
from npl_sim.core.judgment import Figure, Step
from npl_sim.core.language import gettext as _


def notes_kept(
    facts: CapitalFacts, deal: Securitization, rules: CapitalRules, before: float
) -> tuple[float, list[tuple[float, Step]]]:
    """Return the risk-weighted assets of the notes kept, and the steps with their requirements.

    Parameters
    ----------
    facts, deal, rules
        The transfer, its securitization, and the parameters of the rules.
    before
        Risk-weighted assets before the transfer. [package currency]
    """
    pool_capital = 0.08 * before / facts.outstanding if facts.outstanding else 0.0
    weighted = position_weights(deal, pool_capital, rules.securitization)
    kept = [
        w * p.held_share * p.amount for (w, _), p in zip(weighted, deal.positions, strict=True)
    ]
    notes = min(sum(kept), before * max(p.held_share for p in deal.positions))
    passed, test = significant_transfer(deal, [w for w, _ in weighted], rules.transfer_tests)
    steps = [(0.0, _qualification(deal, rules.securitization)), (0.0, test)]
    if facts.expected_loss_kept is not None and facts.unexpected_loss_kept is not None:
        relief = 1.0 - notes / before if before > 0.0 else 0.0
        matched, step = commensurate(relief, facts.expected_loss_kept, facts.unexpected_loss_kept)
        passed = passed and matched
        steps.append((0.0, step))
    if not passed:
        step = Step(
            _("What is the risk weight of the loans after the transfer?"),
            _("in full"),
            _("without significant risk transfer the loans keep their full weight"),
            _("CRR art. 247(2)"),
            (required(before),),
        )
        return notes, [*steps, (before, step)]
    pairs = list(zip(weighted, deal.positions, strict=True))
    lines = "; ".join(f"{p.name} {100 * w:.2f} % ({why})" for (w, why), p in pairs)
    step = Step(
        _("What is the risk weight of the notes that the seller keeps?"),
        "",
        _(
            "{lines}; at most the weight of the loans times the largest share kept of any class"
        ).format(lines=lines),
        _("Basel CRE45, CRR art. 261, 268, 269a"),
        (
            *(
                Figure(_("{p} kept").format(p=p.name), p.held_share * p.amount, "amount")
                for _w, p in pairs
            ),
            required(notes),
        ),
        verified=False,
    )
    return notes, [*steps, (notes, step)]


def _qualification(deal: Securitization, rules: SecuritizationRules) -> Step:
    return Step(
        _("Is it a qualifying securitization of non-performing loans?"),
        "yes" if deal.qualifies(rules) else "no",
        _(
            "non-performing share {delinquent_share:.2f} % (at least {npe_share:g} %), "
            "non-refundable discount {discount:.2f} % (at least "
            "{qualifying_discount:g} %)"
        ).format(
            delinquent_share=100 * deal.delinquent_share,
            npe_share=100 * rules.npe_share,
            discount=100 * deal.discount,
            qualifying_discount=100 * rules.qualifying_discount,
        ),
        _("Basel CRE45.1 to 45.5; CRR art. 269a"),
        (Figure(_("non-refundable discount"), deal.discount, "share"),),
    )
