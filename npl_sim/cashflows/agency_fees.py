"""Settlement of agency contracts: fees of each placement by scenario, exact to the cent.

A placement is all accounts that one agency holds for the same months. A cell is the part of a
placement from one policy and one group. Order of events of a placement `(from, last]`:

1. Setup fee in month `from` (the accounts are handed over at its end), retainer in each later
   month.
2. Commission on collections since the start, at the rate of their tier or tiers.
3. Caps: setup, retainer and commission so far are cut to the caps; a cap that rises releases what
   it cut.
4. At the end, in this order: clawback of the commission paid after caps; bonus; top-up to the
   minimum fee; the caps again. Caps cut commission before fixed fees and prevail over the minimum.

Every amount is a running total in whole cents, and a month pays the difference of two running
totals. Rounding is to the nearest cent, ties to even (`cents.whole_cents`). Without a balance
placed there is no placement and no fee.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from npl_sim.cashflows.agency_statement import PARTS, paid, statement, tier_of
from npl_sim.cashflows.cents import monthly, share_out, whole_cents
from npl_sim.policy.agency_contracts import AgencyContract

BLOCK_CELLS = 50_000
"""Cell-months settled at a time: 400 kB an array, which fits into the cache of a core."""

COLUMNS = ("month", "collected", "cumulative", "share_of_placed", "tier_rate", *PARTS, "paid")
"""The columns of a ledger."""


@dataclass(frozen=True)
class Placement:
    """Accounts that one agency holds for the same months.

    Attributes
    ----------
    agency
        Name of the agency, as in its contract.
    window
        (from_month, last_month): the placement covers the months after the first, to the last.
        [months]
    cells
        Indices of its cells along the cell axis of the collections.
    placed
        Balance placed at the start, shape (scenarios, len(cells)). [package currency]
    """

    agency: str
    window: tuple[int, int]
    cells: tuple[int, ...]
    placed: np.ndarray


@dataclass(frozen=True)
class Settlement:
    """Fees of one placement, with a reference to the collections they were settled from.

    Attributes
    ----------
    contract, collected, placed, window
        As given to `settle_contract`.
    fees
        Fee of each cell, shape (scenarios, cells, months + 1). It is negative only if a clawback
        exceeds the last month's fee. [package currency]
    """

    contract: AgencyContract
    collected: np.ndarray
    placed: np.ndarray
    window: tuple[int, int]
    fees: np.ndarray

    def ledger(self, scenario: int) -> pd.DataFrame:
        """Return the ledger of a scenario: one row per month of the placement.

        Parameters
        ----------
        scenario
            Number of the scenario, from 0.

        Returns
        -------
        pandas.DataFrame
            month, collected, cumulative, share_of_placed, tier_rate (of the tier reached), then
            setup, fixed, commission, clawback, bonus, top_up and cap, which add up to paid.
            [package currency]
        """
        scenario = range(len(self.collected))[scenario]  # an IndexError where there is none
        months = _months(self.collected, self.window)
        if not len(months):
            return pd.DataFrame(columns=list(COLUMNS))
        cells, placed = _cell_totals(
            self.collected, self.placed, months, slice(scenario, scenario + 1)
        )
        total, balance = cells.sum(axis=1), placed.sum(axis=1)
        parts = statement(self.contract, total, balance)
        rates = np.array([t.rate for t in self.contract.tiers] or [0.0])
        table: dict[str, np.ndarray] = {
            "month": months,
            "collected": monthly(total)[0] / 100,
            "cumulative": total[0] / 100,
            "share_of_placed": total[0] / max(1, int(balance[0])),
            "tier_rate": rates[tier_of(self.contract, total, balance)[0]],
        }
        table |= {name: monthly(parts[name])[0] / 100 for name in PARTS}
        table["paid"] = monthly(paid(parts))[0] / 100
        return pd.DataFrame(table)[list(COLUMNS)]

    def check(self) -> None:
        """Compare the fees of the cells with the contract, month by month.

        Raises
        ------
        ValueError
            If a month's fees differ from those of the contract by a cent or more.
        """
        months = _months(self.collected, self.window)
        for block in _blocks(self.collected, months):
            cells, placed = _cell_totals(self.collected, self.placed, months, block)
            due = np.zeros((len(cells), self.collected.shape[2]), dtype=np.int64)
            due[:, months] = monthly(
                paid(statement(self.contract, cells.sum(axis=1), placed.sum(axis=1)))
            )
            found = np.rint(self.fees[block] * 100).astype(np.int64).sum(axis=1)
            wrong = np.argwhere(found != due)
            if len(wrong):
                s, m = wrong[0]
                raise ValueError(
                    f"agency {self.contract.name!r}, scenario {block.start + s}, month {m}: "
                    "the cells pay "
                    f"{found[s, m] / 100:.2f}; expected {due[s, m] / 100:.2f} by the contract"
                )


def settle_contract(
    contract: AgencyContract, collected: np.ndarray, placed: np.ndarray, window: tuple[int, int]
) -> Settlement:
    """Settle a placement: compute the fees that it pays to its agency.

    Each month's fee is allocated to the cells by their collections since the start. If nothing
    was collected yet, it is allocated by the balance placed. Remaining cents go to the largest
    remainders, ties in the order of the cells.

    Parameters
    ----------
    contract
        Terms of the agency.
    collected
        Receipts of each cell and month, of which those in the window count, shape (scenarios,
        cells, months + 1). [package currency]
    placed
        Balance placed at the start, shape (scenarios, cells). [package currency]
    window
        (from_month, last_month): the placement covers the months after the first, to the last. A
        placement that outlasts the horizon is settled up to it. [months]

    Raises
    ------
    ValueError
        If shapes or amounts do not fit, or the placement outlasts the horizon and a term falls due
        at its end.
    """
    _expect(contract, collected, placed, window)
    months = _months(collected, window)
    fees = np.zeros(collected.shape)
    for block in _blocks(collected, months):
        cells, balance = _cell_totals(collected, placed, months, block)
        total, placed_total = cells.sum(axis=1), balance.sum(axis=1)
        if np.any((placed_total == 0) & (total[:, -1] > 0)):
            raise ValueError(
                f"agency {contract.name!r}: a scenario has collections without a balance placed; "
                "expected a balance wherever something is collected"
            )
        fee = monthly(paid(statement(contract, total, placed_total)))
        weights = np.where((total > 0)[:, None, :], cells, balance[:, :, None])
        fees[block, :, months[0] : months[-1] + 1] = share_out(fee, weights) / 100
    return Settlement(contract, collected, placed, window, fees)


def settle_placements(
    contracts: Sequence[AgencyContract], placements: Sequence[Placement], collected: np.ndarray
) -> tuple[Settlement, ...]:
    """Return the settlement of each placement, in their order.

    Parameters
    ----------
    contracts
        Contracts of all agencies named by the placements, each name once.
    placements
        Placements. Combine those with the same agency and window, since each is settled alone.
    collected
        Receipts of all cells, shape (scenarios, cells, months + 1). [package currency]
    """
    terms = {c.name: c for c in contracts}
    names = ", ".join(repr(c.name) for c in contracts) or "none"
    if len(terms) < len(contracts):
        raise ValueError(f"contracts for {names}; expected one for each agency")
    for p in placements:
        if p.agency not in terms:
            raise ValueError(
                f"a placement names agency {p.agency!r}; expected one with a contract: {names}"
            )
    return tuple(
        settle_contract(terms[p.agency], collected[:, list(p.cells)], p.placed, p.window)
        for p in placements
    )


def _expect(
    contract: AgencyContract, collected: np.ndarray, placed: np.ndarray, window: tuple[int, int]
) -> None:
    where = f"agency {contract.name!r}"
    if collected.ndim != 3 or placed.shape != collected.shape[:2]:
        raise ValueError(
            f"{where}: collected has shape {collected.shape} and placed {placed.shape}; "
            "expected (scenarios, cells, months + 1) and (scenarios, cells)"
        )
    start, last = window
    if not 0 <= start < last:
        raise ValueError(f"{where}: the window is {window}; expected 0 <= from_month < last_month")
    horizon = collected.shape[2] - 1
    if start < horizon < last and contract.settles_at_end:
        raise ValueError(
            f"{where}: a placement ends in month {last} but the horizon is month {horizon}; "
            "expected its end within the horizon. "
            "The minimum fee, the clawback and the bonus are settled at that end"
        )
    for name, amounts in (("collected", collected), ("placed", placed)):
        # One comparison refuses NaN too.
        if amounts.size and not (amounts.min() >= 0 and amounts.max() < np.inf):
            raise ValueError(
                f"{where}: {name} has negative or missing amounts; expected all to be at least 0"
            )


def _months(collected: np.ndarray, window: tuple[int, int]) -> np.ndarray:
    """Return the months of the ledger: the hand-over and the months covered within the horizon."""
    horizon = collected.shape[2] - 1
    return np.arange(window[0], min(window[1], horizon) + 1 if window[0] < horizon else window[0])


def _blocks(collected: np.ndarray, months: np.ndarray) -> Iterator[slice]:
    cell_months = collected.shape[1] * len(months)
    size = max(1, BLOCK_CELLS // max(1, cell_months))
    for first in range(0, len(collected) if cell_months else 0, size):
        yield slice(first, min(first + size, len(collected)))


def _cell_totals(
    collected: np.ndarray, placed: np.ndarray, months: np.ndarray, block: slice
) -> tuple[np.ndarray, np.ndarray]:
    """Return collections of each cell since the start and its balance placed. [cents]"""
    part = np.array(collected[block, :, months[0] : months[-1] + 1], dtype=np.float64)
    part[:, :, 0] = 0.0  # received before the hand-over
    np.cumsum(part, axis=2, out=part)
    return whole_cents(part * 100), whole_cents(placed[block] * 100.0)
