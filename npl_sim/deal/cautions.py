"""What a reader of a deal that was carried out should be warned of."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from npl_sim.deal.run import DealRun
from npl_sim.deal.tranches import SMALL

__all__ = ["cautions"]


def cautions(run: DealRun) -> tuple[str, ...]:
    """Return warnings on what a deal does, one sentence each."""
    return (*_called(run), *_locked(run))


def _locked(run: DealRun) -> Iterator[str]:
    """Say which reserve helps nobody: no step draws upon it, and it is not swept."""
    for account in run.deal.accounts:
        drawn = any(
            account.name in getattr(step, "sources", ())
            for steps in run.deal.orders.values()
            for step in steps
        )
        if not account.sweep and not drawn and run.accounts[account.name].any():
            yield (
                f"account {account.name!r} holds cash, but no step draws upon it and it is not swept: it pays nothing before it is "
                "released; a liquidity reserve has sweep: true, or stands among the sources of a step"
            )


def _called(run: DealRun) -> Iterator[str]:
    """Say where a clean-up call ends the deal while notes are unpaid, for what is collected later is the caller's."""
    called = run.called
    if not called.any():
        return
    later = float(run.after_call[called].mean())
    for name, t in run.tranches.items():
        left = np.where(called, t.balance[:, -1] + t.unpaid[:, -1], 0.0)
        short = left > SMALL * t.original
        if short.any():
            yield (
                f"the clean-up call leaves {name!r} unpaid in {100.0 * short.mean():.1f}% of the scenarios, on average "
                f"{left[short].mean():,.2f} {run.deal.currency}, while the caller gets net collections of {later:,.2f} later where "
                "it calls"
            )
