"""The waterfall: cash through the order of payments by date. docs/deals.md section 4.

A loop over dates and steps; each step works on all scenarios at once. Cash in equals cash out plus
cash held: checked on every date in every scenario.
"""

from __future__ import annotations

import numpy as np

from npl_sim.core.errors import ConservationError, ProgramError
from npl_sim.securitization.collections import DatedFlows
from npl_sim.securitization.terms.claims import Fee
from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.terms.steps import AVAILABLE, step_label
from npl_sim.securitization.waterfall.accruals import grow_debts, hedge_receipts
from npl_sim.securitization.waterfall.call import call_price
from npl_sim.securitization.waterfall.compiled_terms import Terms, prepare
from npl_sim.securitization.waterfall.run import DealRun, TrancheFlows
from npl_sim.securitization.waterfall.state import opening_state
from npl_sim.securitization.waterfall.steps import Moment, run_step
from npl_sim.securitization.waterfall.triggers import Tester

__all__ = ["run_deal", "run_terms"]

RELATIVE = 1e-9
"""Gap that counts as rounding, as a share of a scenario's cash."""


def run_deal(
    deal: Deal, flows: DatedFlows, index: np.ndarray | None = None, ledger: bool = False
) -> DealRun:
    """Send the cash of a package through a deal.

    Parameters
    ----------
    deal
        The deal.
    flows
        Cash of the package by date (`collections.from_package`, `table.read_flows`).
    index
        Simulated reference rate of each period, fixed at its start, shape (scenarios, K); none:
        the deal's own. [per year]
    ledger
        Whether to record every payment of every scenario, which takes memory.

    Raises
    ------
    DealError
        If the flows lack what the deal needs.
    ConservationError
        If cash appears or is lost: a fault inside the program.
    """
    return run_terms(prepare(deal, flows, index), ledger)


def run_terms(terms: Terms, ledger: bool = False) -> DealRun:
    """Carry out a deal that is prepared (see `run_deal`)."""
    waterfall = _Waterfall(terms, ledger)
    for k in range(len(terms.dates)):
        waterfall.date(k)
    return waterfall.result()


class _Waterfall:
    """One run: the state, and what is recorded of it by date."""

    def __init__(self, terms: Terms, ledger: bool) -> None:
        self.terms = terms
        self.state = opening_state(terms, ledger)
        self.tester = Tester(terms)
        self.shape = (len(terms.dates), terms.scenarios)
        self.tables: dict[tuple[str, str], np.ndarray] = {}
        self.accelerated = np.zeros(self.shape, dtype=bool)
        self.active = {t.name: np.zeros(self.shape, dtype=bool) for t in terms.deal.triggers}
        self.mean_paid = {
            order: np.zeros((self.shape[0], len(steps)))
            for order, steps in terms.deal.orders.items()
        }
        self.last_date = np.full(terms.scenarios, len(terms.dates))
        self.called = np.zeros(terms.scenarios, dtype=bool)
        self.call_price = np.zeros(terms.scenarios)
        self.call_gain = np.zeros(terms.scenarios)
        self.after_call = np.zeros(terms.scenarios)
        self.seen = np.zeros(terms.scenarios)

    def date(self, k: int) -> None:
        """Process payment date `k` (from 0) in the order of docs/deals.md section 4."""
        terms, state = self.terms, self.state
        alive = None if not state.ended.any() else ~state.ended
        if alive is not None and not alive.any():
            self._skip(k)
            return
        if k == 0 or terms.dates.payment[k].year != state.year:
            state.year = terms.dates.payment[k].year
            state.spent_year.clear()
        before = state.cash_held()
        arrived = self._cash_in(k, alive)
        state.paid_out = np.zeros(terms.scenarios)
        state.tranche_cash = {t.name: {} for t in terms.deal.tranches}
        state.cover = {}
        self.tester.test(state, k)
        grow_debts(terms, state, k)
        ending = self._call(k, arrived)
        self._sweep(k, ending)
        self._steps(k, alive)
        self._lapse()
        self._check(k, before + arrived)
        self._record(k, arrived, alive)
        if ending is not None:
            state.ended = state.ended | ending
            self.last_date[ending] = k + 1

    def _skip(self, k: int) -> None:
        """Record a date on which every scenario has ended."""
        self.after_call += self.terms.cash.net[k]

    def _cash_in(self, k: int, alive: np.ndarray | None) -> np.ndarray:
        """Put the date's cash at hand and return it, shape (S,)."""
        terms, state = self.terms, self.state
        arrived = (
            terms.cash.received[k]
            + np.maximum(terms.income[AVAILABLE][k], 0.0) * terms.cash.receipt_years[k]
        )
        for account in terms.deal.accounts:
            rate = np.maximum(terms.income[account.name][k], 0.0)
            arrived = arrived + rate * terms.periods[k] * state.cash[account.name]
        if terms.deal.hedges:
            arrived = arrived + hedge_receipts(terms, state, k)
        if alive is not None:
            self.after_call += terms.cash.net[k] * ~alive
            arrived = arrived * alive
        state.cash[AVAILABLE] += arrived
        return np.asarray(arrived)

    def _call(self, k: int, arrived: np.ndarray) -> np.ndarray | None:
        """Sell the package where it is called, adding the price to `arrived`; return where."""
        found = call_price(self.terms, self.state, k)
        if found is None:
            return None
        called, price = found
        if self.terms.call is None:
            raise ProgramError("terms.call is missing; expected a value by earlier checks")
        self.call_gain += (self.terms.call.left[k] - price) * called
        self.state.cash[AVAILABLE] += price
        arrived += price
        self.call_price += price
        self.called |= called
        return called

    def _sweep(self, k: int, ending: np.ndarray | None) -> None:
        """Move accounts into available cash on the last date, or if they are swept."""
        state = self.state
        final = k + 1 == self.shape[0]
        state.last = np.full(self.shape[1], final)
        if ending is not None:
            state.last = state.last | ending
        for account in self.terms.deal.accounts:
            if account.sweep or final:
                moved = state.cash[account.name].copy()
            elif ending is not None:
                moved = state.cash[account.name] * ending
            else:
                continue
            state.cash[account.name] -= moved
            state.cash[AVAILABLE] += moved

    def _steps(self, k: int, alive: np.ndarray | None) -> None:
        """Run the order of payments of each scenario."""
        orders, state = self.terms.deal.orders, self.state
        if len(orders) == 1 or not state.accelerated.any():
            self._order("steps", k, alive)
            return
        normal = ~state.accelerated if alive is None else ~state.accelerated & alive
        if normal.any():
            self._order("steps", k, normal)
        self._order(
            "steps_after_default",
            k,
            state.accelerated if alive is None else state.accelerated & alive,
        )

    def _order(self, order: str, k: int, mask: np.ndarray | None) -> None:
        for position, step in enumerate(self.terms.deal.orders[order]):
            paid = run_step(step, Moment(self.terms, self.state, k, order, position, mask))
            self.mean_paid[order][k, position] = paid.mean()

    def _lapse(self) -> None:
        for claim in self.terms.deal.claims:
            if isinstance(claim, Fee) and not claim.carry:
                self.state.owed[claim.name] = np.zeros(self.shape[1])

    def _check(self, k: int, disposable: np.ndarray) -> None:
        """Check that cash balances on the date, and that no available cash is left."""
        state = self.state
        self.seen = np.maximum(self.seen, disposable)
        gap = np.abs(disposable - state.paid_out - state.cash_held())
        worst = np.maximum(gap, state.cash[AVAILABLE])
        least = np.minimum.reduce([*state.balance.values(), *state.cash.values()])
        wrong = ~((worst <= RELATIVE * self.seen) & (least >= -RELATIVE * self.seen))
        if wrong.any():
            self._refuse(k, int(np.argmax(wrong)), disposable)

    def _refuse(self, k: int, scenario: int, disposable: np.ndarray) -> None:
        state = self.state
        parts = [f"{name} {x[scenario]:.6f}" for name, x in state.cash.items()]
        steps = [
            f"{order} {n + 1} ({step_label(step)}): mean {self.mean_paid[order][k, n]:.6f}"
            for order, items in self.terms.deal.orders.items()
            for n, step in enumerate(items)
        ]
        raise ConservationError(
            f"deal {self.terms.deal.name!r}, payment {k + 1} on {self.terms.dates.payment[k]}, "
            f"scenario {scenario}: {disposable[scenario]:.6f} was held or came in, "
            f"{state.paid_out[scenario]:.6f} was paid, and there lies {', '.join(parts)}. Steps: "
            f"{'; '.join(steps)}. This is a fault inside npl_sim, please report it"
        )

    def _table(self, kind: str, name: str, empty: float = 0.0) -> np.ndarray:
        key = (kind, name)
        if key not in self.tables:  # not setdefault, which would make a table on every call
            self.tables[key] = np.full(self.shape, empty) if empty else np.zeros(self.shape)
        return self.tables[key]

    def _record(self, k: int, arrived: np.ndarray, alive: np.ndarray | None) -> None:
        state = self.state
        self._table("cash", "in")[k] = arrived
        for tranche in self.terms.deal.tranches:
            for part in ("interest", "principal", "other"):
                table = self._table(part, tranche.name)
                if part in state.tranche_cash[tranche.name]:
                    table[k] = state.tranche_cash[tranche.name][part]
            self._table("balance", tranche.name)[k] = state.balance[tranche.name]
            self._table("unpaid", tranche.name)[k] = state.interest[tranche.name]
            if tranche.name in state.cover:
                found = state.cover[tranche.name]
                self._table("cover", tranche.name, np.inf)[k] = np.where(
                    np.isnan(found), np.inf, found
                )
        for account in self.terms.deal.accounts:
            self._table("account", account.name)[k] = state.cash[account.name]
        for name, table in self.active.items():
            table[k] = state.active[name] if alive is None else state.active[name] & alive
        self.accelerated[k] = state.accelerated if alive is None else state.accelerated & alive

    def _check_balances(self) -> None:
        """Check that principal repaid and left of each tranche is its original balance."""
        for tranche in self.terms.deal.tranches:
            repaid = self._table("principal", tranche.name).sum(axis=0)
            gap = np.abs(repaid + self._table("balance", tranche.name)[-1] - tranche.balance)
            if not (gap <= RELATIVE * tranche.balance).all():
                raise ConservationError(
                    f"deal {self.terms.deal.name!r}: principal repaid and left of tranche "
                    f"{tranche.name!r} differs from its balance by {gap.max():.6g} in scenario "
                    f"{int(gap.argmax())}; please report this error of npl_sim"
                )

    def _fill(self, name: str) -> None:
        """Carry balances and debts on from the date on which every scenario had ended."""
        done = int(self.last_date.max())
        for kind in ("balance", "unpaid"):
            self._table(kind, name)[done:] = self._table(kind, name)[done - 1]

    def result(self) -> DealRun:
        """Return what was recorded."""
        state, deal = self.state, self.terms.deal
        for tranche in deal.tranches:
            self._fill(tranche.name)
        self._check_balances()
        return DealRun(
            terms=self.terms,
            tranches={
                t.name: TrancheFlows(
                    t.name,
                    t.balance,
                    **{
                        kind: self._table(kind, t.name).T
                        for kind in ("interest", "principal", "other", "balance", "unpaid")
                    },
                    cover=self._table("cover", t.name, np.inf).T,
                )
                for t in deal.tranches
            },
            accounts={a.name: self._table("account", a.name).T for a in deal.accounts},
            cash_in=self._table("cash", "in").T,
            active={name: table.T for name, table in self.active.items()},
            tested={name: table.T for name, table in self.tester.values.items()},
            accelerated=self.accelerated.T,
            last_date=self.last_date,
            called=self.called,
            call_price=self.call_price,
            call_gain=self.call_gain,
            after_call=self.after_call,
            payees=state.payees,
            unpaid_claims=state.owed,
            mean_paid=self.mean_paid,
            ledger=None if state.ledger is None else tuple(state.ledger),
        )
