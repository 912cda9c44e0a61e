"""Warnings on results of a deal run that are probably unintended."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from npl_sim.core.issues import Issue, warning_at
from npl_sim.core.language import gettext as _
from npl_sim.securitization.closing import closing_warnings
from npl_sim.securitization.results.tranches import SMALL
from npl_sim.securitization.terms.rates import NoRate
from npl_sim.securitization.waterfall.call import call_result
from npl_sim.securitization.waterfall.run import DealRun

MANY_NOTES = 1.5
"""Notes, as a multiple of mean net collections, above which they are warned of."""
LITTLE = 0.002
"""Net collections, as a share of the package's balance, below which they are warned of."""
MANY = 10
"""Scenarios from which on it is not chance that a tranche is paid in none."""
MOST_FEES = 0.5
"""Share of net collections that others than the tranches may get before it is warned of."""


def run_warnings(run: DealRun) -> tuple[Issue, ...]:
    """Return warnings on what a deal does, one sentence each."""
    checks = (_called, _caller, _locked, _size, _pool, _unpaid, _fees)
    return (*closing_warnings(run.deal), *(issue for check in checks for issue in check(run)))


def _locked(run: DealRun) -> Iterator[Issue]:
    """Warn of reserves that no step draws upon and that are not swept."""
    for account in run.deal.accounts:
        drawn = any(
            account.name in getattr(step, "sources", ())
            for steps in run.deal.orders.values()
            for step in steps
        )
        if not account.sweep and not drawn and run.accounts[account.name].any():
            yield warning_at(
                (),
                _(
                    "account {account!r} holds cash, but no step draws upon it; expected "
                    "sweep: true, or the account among the sources of a step"
                ).format(account=account.name),
            )


def _called(run: DealRun) -> Iterator[Issue]:
    """Warn of a clean-up call that ends the deal while notes are unpaid."""
    called = run.called
    if not called.any():
        return
    later = float(run.after_call[called].mean())
    for name, t in run.tranches.items():
        left = np.where(called, t.balance[:, -1] + t.unpaid[:, -1], 0.0)
        short = left > SMALL * t.original
        if short.any():
            yield warning_at(
                (),
                _(
                    "the clean-up call leaves {name!r} unpaid in {mean:.1f}% of the scenarios, "
                    "on average {mean2:,.2f} {currency}; the caller later collects "
                    "{later:,.2f} net"
                ).format(
                    name=name,
                    mean=100.0 * short.mean(),
                    mean2=left[short].mean(),
                    currency=run.deal.currency,
                    later=later,
                ),
            )


def _caller(run: DealRun) -> Iterator[Issue]:
    """Warn of a call on which its holder loses on average."""
    found = call_result(run)
    if found is not None and found.gain.value < 0.0:
        yield warning_at(
            ("clean_up_call",),
            _(
                "its holder loses {gain:,.2f} {currency} on average where it calls (in "
                "{probability:.1f}% of the scenarios); expected a gain"
            ).format(
                gain=-found.gain.value,
                currency=run.deal.currency,
                probability=100.0 * found.probability.value,
            ),
        )


def _size(run: DealRun) -> Iterator[Issue]:
    """Warn of notes far above the mean net collections."""
    notes, collected = run.deal.notes, float(run.terms.cash.net.sum(axis=0).mean())
    if collected > 0.0 and notes > MANY_NOTES * collected:
        yield warning_at(
            ("tranches",),
            _(
                "balances sum to {notes:,.2f} {currency}, {notes2:.1f} times the mean net "
                "collections of {collected:,.2f}; expected notes that the package can repay"
            ).format(
                notes=notes,
                currency=run.deal.currency,
                notes2=notes / collected,
                collected=collected,
            ),
        )


def _pool(run: DealRun) -> Iterator[Issue]:
    """Warn of collections near 0, most likely because of different units."""
    pool, collected = run.deal.pool_balance, float(run.terms.cash.net.sum(axis=0).mean())
    if pool and 0.0 < collected < LITTLE * pool:
        yield warning_at(
            ("pool_balance",),
            _(
                "got {pool:,.2f} {currency}, of which {collected:,.2f} ({collected2:.3%}) "
                "are collected in the mean; expected at least {little:.1%}: check the "
                "units of both"
            ).format(
                pool=pool,
                currency=run.deal.currency,
                collected=collected,
                collected2=collected / pool,
                little=LITTLE,
            ),
        )


def _unpaid(run: DealRun) -> Iterator[Issue]:
    """Warn of tranches that get nothing, or no interest, in any scenario."""
    if run.scenarios < MANY or not run.terms.cash.received.any():
        return
    for i, tranche in enumerate(run.deal.tranches):
        flows = run.tranches[tranche.name]
        if tranche.balance > 0.0 and not flows.cash.any():
            yield warning_at(
                ("tranches", i),
                _(
                    "{tranche!r} is paid nothing in any scenario; expected an order that "
                    "reaches it, or fewer notes"
                ).format(tranche=tranche.name),
            )
        elif (
            not isinstance(tranche.coupon, NoRate)
            and not flows.interest.any()
            and flows.unpaid.any()
        ):
            yield warning_at(
                ("tranches", i),
                _(
                    "interest of {tranche!r} is owed but paid in no scenario; expected an "
                    "order that reaches it"
                ).format(tranche=tranche.name),
            )


def _fees(run: DealRun) -> Iterator[Issue]:
    """Warn of fees and other claims that take most of the cash."""
    net = float(run.terms.cash.net.sum(axis=0).mean())
    costs = float(run.terms.cash.costs.sum(axis=0).mean())
    residual = run.deal.steps[-1]
    rest = getattr(residual, "payee", None)
    paid = sum(float(x.mean()) for name, x in run.payees.items() if name != rest) - costs
    if net > 0.0 and paid > MOST_FEES * net:
        yield warning_at(
            ("claims",),
            _(
                "fees and other claims are paid {paid:,.2f} {currency} in the mean, "
                "{paid2:.0f}% of net collections of {net:,.2f}; expected less than half"
            ).format(paid=paid, currency=run.deal.currency, paid2=100.0 * paid / net, net=net),
        )
