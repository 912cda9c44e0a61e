"""Litigation of the vectorized peer: filing, payment order, arbitration, lawsuit, appeal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.peers.vector_cash import fee, month_of
from benchmarks.peers.vector_chunk import ON_TAPE, Chunk
from npl_sim.core.layout import FeeRow, Kind, Route, Stage

__all__ = ["litigate"]


def litigate(chunk: Chunk) -> None:
    """Simulate paths from filing to an enforceable title, or to the loss of the claim."""
    paths = chunk.standing(Stage.LITIGATION)
    _follow_claims(chunk, paths)
    lodged = paths[chunk.deposit[paths] > 0.0]
    if len(lodged):
        month = np.minimum(month_of(chunk.t[lodged]), chunk.end_of(lodged))
        chunk.accumulator.post(lodged, Kind.PRESERVATION, month, chunk.deposit[lodged])


def _follow_claims(chunk: Chunk, paths: np.ndarray) -> None:
    pending = chunk.entry[paths] == ON_TAPE
    if pending.any():
        _sue(chunk, paths[pending], True, np.zeros(pending.sum()))
    paths = paths[~pending]
    if len(paths) == 0:
        return
    terms, fees, accumulator = chunk.terms, chunk.package.fees, chunk.accumulator
    month = month_of(chunk.t[paths])
    claim = chunk.claim.take(paths)
    claim.accrue(chunk.t[paths])
    chunk.claim.put(paths, claim)
    owed = claim.owed
    if terms["lawyer_fixed_fee"] > 0.0:
        accumulator.post(
            paths, Kind.LAWYER, month, np.full(len(paths), -terms["lawyer_fixed_fee"])
        )
    advanced = _preserve(chunk, paths, owed, month) if terms["preserve"] else np.zeros(len(paths))
    arbitrated = (terms["route"] == Route.ARBITRATION) & (
        chunk.of_loan("arbitration_clause", paths) != 0
    )

    barred = np.flatnonzero(chunk.barred[paths])
    barred = barred[chunk.rng.random(len(barred)) < terms["defense_raised"]]
    if len(barred):
        cost = _lawsuit_fee(chunk, owed[barred])
        by_arbiter = fee(fees[FeeRow.ARBITRATION], owed[barred])
        cost = np.where(arbitrated[barred], by_arbiter, cost)
        accumulator.post(paths[barred], Kind.COURT_FEE, month[barred], -cost)
        chunk.leave(paths[barred], Stage.LITIGATION, Stage.CLOSED, chunk.t[paths[barred]])
        keep = np.ones(len(paths), dtype=bool)
        keep[barred] = False
        paths, owed, month, advanced, arbitrated = (
            x[keep] for x in (paths, owed, month, advanced, arbitrated)
        )
    if arbitrated.any():
        a = np.flatnonzero(arbitrated)
        _arbitrate(chunk, paths[a], owed[a], month[a], advanced[a])
        b = np.flatnonzero(~arbitrated)
        paths, owed, month, advanced = (x[b] for x in (paths, owed, month, advanced))
    if terms["route"] == Route.PAYMENT_ORDER:
        paths, advanced = _order(chunk, paths, owed, month, advanced)
    if len(paths):
        _sue(chunk, paths, False, advanced)


def _lawsuit_fee(chunk: Chunk, amount: np.ndarray) -> np.ndarray:
    court = fee(chunk.package.fees[FeeRow.COURT], amount)
    summary = amount <= chunk.terms["summary_maximum_claim"]
    return np.where(summary, court * chunk.terms["summary_fee_factor"], court)


def _preserve(chunk: Chunk, paths: np.ndarray, owed: np.ndarray, month: np.ndarray) -> np.ndarray:
    terms = chunk.terms
    court = fee(chunk.package.fees[FeeRow.PRESERVATION], owed)
    deposit = terms["security_deposit"] * owed
    chunk.accumulator.post(
        paths, Kind.PRESERVATION, month, -(court + terms["security_cost"] * owed + deposit)
    )
    chunk.deposit[paths] = deposit
    chunk.preserved_at[paths] = chunk.t[paths] + terms["preservation_delay"]
    return court


def _decide(chunk: Chunk, paths, t, won, advanced, lawyers) -> None:
    """Apply final decisions at `t`: the share awarded and the costs that the losing party owes."""
    terms = chunk.terms
    in_time = month_of(t) <= chunk.end_of(paths)
    chunk.stay(paths[~in_time])
    lost = in_time & ~won
    chunk.leave(paths[lost], Stage.LITIGATION, Stage.CLOSED, t[lost])
    w = np.flatnonzero(in_time & won)
    claim = chunk.claim.take(paths[w])
    claim.accrue(t[w])
    claim.scale(chunk.quantiles(terms["award_share"], chunk.rng.random(len(w))))
    claim.interest_and_fees += (
        terms["cost_shifting"] * advanced[w] + terms["lawyer_fee_shifting"] * lawyers[w]
    )
    chunk.claim.put(paths[w], claim)
    chunk.leave(paths[w], Stage.LITIGATION, Stage.JUDGED, t[w])


def _arbitrate(chunk, paths, owed, month, advanced) -> None:
    terms, rng = chunk.terms, chunk.rng
    cost = fee(chunk.package.fees[FeeRow.ARBITRATION], owed)
    chunk.accumulator.post(paths, Kind.COURT_FEE, month, -cost)
    length = chunk.quantiles(terms["arbitration_duration"], rng.random(len(paths)))
    final = chunk.t[paths] + length * chunk.slowness(paths, chunk.t[paths])
    won = rng.random(len(paths)) < terms["arbitration_win_probability"]
    _decide(
        chunk,
        paths,
        final,
        won,
        advanced + cost,
        np.full(len(paths), float(terms["lawyer_fixed_fee"])),
    )


def _order(chunk, paths, owed, month, advanced) -> tuple[np.ndarray, np.ndarray]:
    """Apply for payment orders; return the paths with an objection, and their fees."""
    terms, rng = chunk.terms, chunk.rng
    cost = terms["payment_order_fee_factor"] * fee(chunk.package.fees[FeeRow.COURT], owed)
    chunk.accumulator.post(paths, Kind.COURT_FEE, month, -cost)
    length = chunk.quantiles(
        terms["payment_order_duration"], rng.random(len(paths))
    ) + chunk.of_loan("court_queue", paths)
    t = chunk.t[paths] + length * chunk.slowness(paths, chunk.t[paths])
    advanced = advanced + cost
    too_late = month_of(t) > chunk.end_of(paths)
    objected = rng.random(len(paths)) < terms["objection_probability"]
    chunk.stay(paths[too_late])
    final = np.flatnonzero(~too_late & ~objected)
    claim = chunk.claim.take(paths[final])
    claim.accrue(t[final])
    claim.interest_and_fees += (
        terms["cost_shifting"] * advanced[final]
        + terms["lawyer_fee_shifting"] * terms["lawyer_fixed_fee"]
    )
    chunk.claim.put(paths[final], claim)
    chunk.guarantor_liable[paths[final]] = False
    chunk.leave(paths[final], Stage.LITIGATION, Stage.JUDGED, t[final])
    sued = np.flatnonzero(~too_late & objected)
    # A lawsuit after an order keeps the congestion at the time of the order's filing.
    chunk.order_slowness = chunk.slowness(paths[sued], chunk.t[paths[sued]])
    chunk.t[paths[sued]] = t[sued]
    return paths[sued], advanced[sued]


@dataclass(frozen=True)
class _Lawsuit:
    """Lawsuits of some paths.

    Attributes
    ----------
    paths, on_tape
        Paths; whether their lawsuits were pending on the tape.
    t, slowness, queue
        Time of filing, multiplier of durations and wait for a hearing.
    claimed, fee
        Amount claimed and court fee.
    advanced, lawyers
        Court fees advanced and lawyers' fixed fees that a losing debtor refunds.
    """

    paths: np.ndarray
    on_tape: bool
    t: np.ndarray
    slowness: np.ndarray
    queue: np.ndarray
    claimed: np.ndarray
    fee: np.ndarray
    advanced: np.ndarray
    lawyers: np.ndarray

    def decided_at(self, chunk: Chunk, row: int, of: np.ndarray) -> np.ndarray:
        """Return when the lawsuits `of` are decided, for the duration in quantile table `row`."""
        length, q = chunk.rng.random(len(of)), chunk.quantiles
        if not self.on_tape:
            return self.t[of] + (q(row, length) + self.queue[of]) * self.slowness[of]
        paths = self.paths[of]
        elapsed = chunk.of_loan("elapsed_probability", paths)
        months = q(row, elapsed + length * (1.0 - elapsed))
        months = np.maximum(months - chunk.of_loan("stage_elapsed", paths), 0.0)
        return self.t[of] + months * self.slowness[of]


def _file(chunk: Chunk, paths: np.ndarray, on_tape: bool, advanced: np.ndarray) -> _Lawsuit:
    """File lawsuits, or take over those that were pending on the tape."""
    terms = chunk.terms
    after_order = not on_tape and terms["route"] == Route.PAYMENT_ORDER
    t = chunk.t[paths]
    slowness = chunk.order_slowness if after_order else chunk.slowness(paths, t)
    claim = chunk.claim.take(paths)
    claim.accrue(t)
    chunk.claim.put(paths, claim)
    claimed = claim.owed
    suit_fee, queue = np.zeros(len(paths)), np.zeros(len(paths))
    if not on_tape:
        suit_fee = _lawsuit_fee(chunk, claimed)
        chunk.accumulator.post(paths, Kind.COURT_FEE, month_of(t), -suit_fee)
        queue = chunk.of_loan("court_queue", paths)
    lawyers = np.full(len(paths), 0.0 if on_tape else float(terms["lawyer_fixed_fee"]))
    return _Lawsuit(
        paths, on_tape, t, slowness, queue, claimed, suit_fee, advanced + suit_fee, lawyers
    )


def _sue(chunk: Chunk, paths: np.ndarray, on_tape: bool, advanced: np.ndarray) -> None:
    """Simulate lawsuits: default judgment, mediation, or judgment with appeal."""
    terms, rng = chunk.terms, chunk.rng
    suit = _file(chunk, paths, on_tape, advanced)
    absent = np.zeros(len(paths), dtype=bool)
    if terms["default_judgment_probability"] > 0.0:
        absent = rng.random(len(paths)) < terms["default_judgment_probability"]
    mediated = ~absent & (rng.random(len(paths)) < terms["mediation_probability"])
    a = np.flatnonzero(absent)
    if len(a):
        won = rng.random(len(a)) < terms["default_judgment_win_probability"]
        decided = suit.decided_at(chunk, terms["default_judgment_duration"], a)
        _decide(chunk, paths[a], decided, won, suit.advanced[a], suit.lawyers[a])
    _mediate(chunk, suit, np.flatnonzero(mediated))
    _judge(chunk, suit, np.flatnonzero(~absent & ~mediated))


def _mediate(chunk: Chunk, suit: _Lawsuit, m: np.ndarray) -> None:
    """Settle the lawsuits `m` in mediation."""
    terms, paths = chunk.terms, suit.paths
    duration = chunk.quantiles(terms["mediation_duration"], chunk.rng.random(len(m)))
    agreed = suit.t[m] + (duration + suit.queue[m]) * suit.slowness[m]
    in_time = month_of(agreed) <= chunk.end_of(paths[m])
    chunk.stay(paths[m[~in_time]])
    m, agreed = m[in_time], agreed[in_time]
    claim = chunk.claim.take(paths[m])
    claim.accrue(agreed)
    # A fee that was halved already is not halved again.
    court = fee(chunk.package.fees[FeeRow.COURT], suit.claimed[m])
    back = np.maximum(suit.fee[m] - terms["mediation_fee_factor"] * court, 0.0)
    chunk.accumulator.post(paths[m], Kind.COURT_FEE, month_of(agreed), back)
    claim.scale(1.0 - terms["mediation_discount"])
    claim.interest_and_fees += terms["cost_shifting"] * (suit.advanced[m] - back)
    chunk.claim.put(paths[m], claim)
    chunk.leave(paths[m], Stage.LITIGATION, Stage.JUDGED, agreed)


def _judge(chunk: Chunk, suit: _Lawsuit, j: np.ndarray) -> None:
    """Decide the lawsuits `j`, in the second instance if a party appeals."""
    terms, rng, accumulator = chunk.terms, chunk.rng, chunk.accumulator
    final = suit.decided_at(chunk, terms["lawsuit_duration"], j)
    paths, claimed, advanced, lawyers, slowness = (
        x[j] for x in (suit.paths, suit.claimed, suit.advanced, suit.lawyers, suit.slowness)
    )
    won = rng.random(len(j)) < terms["lawsuit_win_probability"]
    a = np.flatnonzero(rng.random(len(j)) < terms["appeal_probability"])
    heard = a[month_of(final[a]) <= chunk.end_of(paths[a])]
    if terms["lawyer_appeal_fee"] > 0.0:
        cost = np.full(len(heard), float(terms["lawyer_appeal_fee"]))
        accumulator.post(paths[heard], Kind.LAWYER, month_of(final[heard]), -cost)
        lawyers[heard] += cost
    paying = heard[~won[heard]]
    second = fee(chunk.package.fees[FeeRow.COURT], claimed[paying])
    accumulator.post(paths[paying], Kind.COURT_FEE, month_of(final[paying]), -second)
    advanced[paying] += second
    duration = chunk.quantiles(terms["appeal_duration"], rng.random(len(a)))
    final[a] += duration * slowness[a]
    won[a] ^= rng.random(len(a)) < terms["reversal_probability"]
    _decide(chunk, paths, final, won, advanced, lawyers)
