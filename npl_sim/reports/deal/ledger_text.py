"""The ledger of one scenario of a deal as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from npl_sim.core.language import gettext as _
from npl_sim.reports.deal.parts import ratios_line
from npl_sim.securitization.waterfall.run import PASSED_OVER


def ledger_text(
    ledger: pd.DataFrame,
    states: pd.DataFrame,
    number: int,
    currency: str,
    limits: Mapping[str, str] | None = None,
) -> str:
    """Return the ledger of one scenario as text, date by date, with the reason of each payment.

    Parameters
    ----------
    ledger, states
        As `npl_sim.securitization.results.ledger` returns them. Lines on which nothing is owed or
        paid are left out.
    number
        Number of the scenario.
    currency
        Name of the currency.
    limits
        Limits of triggers in words, by name (`parts.limit_texts`); tests are left out without.
    """
    lines = [
        _("Scenario {number}, amounts in {currency}").format(number=number, currency=currency)
    ]
    label = max((len(x) for x in ledger["label"]), default=0)
    receiver = max((len(x) for x in ledger["receiver"]), default=0)
    for state in states.to_dict(orient="records"):
        lines += ["", _payment_line(state)]
        listed = (ledger["owed"] != 0) | (ledger["paid"] != 0) | (ledger["purpose"] == PASSED_OVER)
        tested = ratios_line(state, limits or {})
        lines += [_("       tested: {tested}").format(tested=tested)] if tested else []
        here = ledger[listed & (ledger["payment"] == state["payment"])]
        for row in here.to_dict(orient="records"):
            lines.append(
                _(
                    "  {step:>3}  {label:<{label2}}  {receiver:<{receiver2}}  owed "
                    "{owed:>18,.2f}  paid {paid:>18,.2f}  {reason}"
                ).format(
                    step=row["step"],
                    label=row["label"],
                    label2=label,
                    receiver=row["receiver"],
                    receiver2=receiver,
                    owed=row["owed"],
                    paid=row["paid"],
                    reason=row["reason"],
                )
            )
        left = [
            f"{k} {v:,.2f}"
            for k, v in state.items()
            if k.startswith(("balance ", "unpaid ", "account "))
        ]
        lines.append(_("       after: {left}").format(left=", ".join(left)))
    return "\n".join(lines) + "\n"


def _payment_line(state: dict[str, Any]) -> str:
    """Return a payment date with its collections and active triggers."""
    triggers = [
        k.removeprefix("trigger ") for k, v in state.items() if k.startswith("trigger ") and v
    ]
    active = _("; active: {text}").format(text=", ".join(map(str, triggers))) if triggers else ""
    return _(
        "Payment {payment} on {date}, collections to {collection_end}: received "
        "{received:,.2f}, of it costs {costs:,.2f}; cash in "
        "{cash_in:,.2f}{active}{text}"
    ).format(
        payment=state["payment"],
        date=state["date"],
        collection_end=state["collection_end"],
        received=state["received"],
        costs=state["costs"],
        cash_in=state["cash_in"],
        active=active,
        text="; accelerated" if state["accelerated"] else "",
    )
