"""Stages of the vectorised peer up to the judgment: each walks an array of paths at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.peers.vector_books import Books, Claim, Quantiles, fee, month_of
from npl_sim.kernels.books import Package
from npl_sim.layout import FeeRow, Kind, Route, Stage

__all__ = ["Chunk", "await_performance", "litigate", "repay"]

FILED, OFFERED, CURED, ON_TAPE = 0, 1, 2, 3
"""How a path came into its stage."""


@dataclass
class Chunk:
    """Paths of some loans of one policy over a tile's scenarios; path = loan * scenarios + scenario."""

    loans: np.ndarray  # LOAN records
    terms: np.void  # the policy's TERMS record
    package: Package
    quantiles: Quantiles
    books: Books
    rng: np.random.Generator
    scenarios: int
    end: int
    index: np.ndarray  # (indices, scenarios, months + 1)
    congestion: np.ndarray  # (scenarios, months + 1)
    down: np.ndarray  # (scenarios, months + 1)
    sale_up: np.ndarray  # (scenarios,)

    def __post_init__(self) -> None:
        s = self.scenarios
        gbv = self.loans["principal"] + self.loans["other"]
        self.claim = Claim(
            *(np.repeat(c, s) for c in (self.loans["principal"], self.loans["other"])),
            np.zeros(len(gbv) * s),
            np.repeat(gbv, s),
            np.repeat(self.loans["accrual"], s),
        )
        self.stage = np.repeat(self.loans["stage"], s)
        self.t = np.zeros(len(gbv) * s)
        self.entry = np.full(len(gbv) * s, ON_TAPE, dtype=np.int8)
        self.barred = np.zeros(len(gbv) * s, dtype=bool)
        self.bound = np.ones(len(gbv) * s, dtype=bool)
        self.preserved_at = np.full(len(gbv) * s, -1.0)
        self.frozen_until = np.full(len(gbv) * s, -1.0)

    def of_loan(self, field: str, paths: np.ndarray) -> np.ndarray:
        """Return a field of the loan of each path."""
        return self.loans[field].take(paths // self.scenarios)

    def standing(self, stage: Stage) -> np.ndarray:
        """Return the paths that are to be walked through `stage`."""
        return np.flatnonzero((self.stage == stage) & (self.t < self.end))

    def leave(self, paths: np.ndarray, old: Stage, stage: np.ndarray | int, t: np.ndarray) -> None:
        """Send paths on; an outcome after the end leaves them where they are, at the end."""
        stage = np.broadcast_to(stage, paths.shape)
        self.stage[paths] = stage
        self.t[paths] = t
        gone = np.flatnonzero(stage != old)
        self.books.move(paths[gone], old, stage[gone], month_of(t[gone]))

    def slowness(self, paths: np.ndarray, t: np.ndarray) -> np.ndarray:
        """Return the multiplier of legal durations that start at `t`."""
        return self.congestion[paths % self.scenarios, np.maximum(month_of(t), 1)]


def _power_balance(level, balloon, rate, term, paid):
    if rate == 0.0:
        return level * (1.0 - paid / term) + balloon
    grown = (1.0 + rate) ** term
    return level * (grown - (1.0 + rate) ** paid) / (grown - 1.0) + balloon


def repay(chunk: Chunk) -> None:
    """Walk paths through their plans."""
    paths = chunk.standing(Stage.PLAN)
    entry = chunk.entry[paths]
    cured = (entry == CURED) | ((entry != OFFERED) & (chunk.terms["offer_month"] < 0))
    for is_cure in (False, True):
        for on_tape in (False, True):
            some = paths[(cured == is_cure) & ((entry == ON_TAPE) == on_tape)]
            if len(some):
                _repay(chunk, some, is_cure, on_tape)


def _repay(chunk: Chunk, paths: np.ndarray, cured: bool, on_tape: bool) -> None:
    terms, end = chunk.terms, chunk.end
    claim = chunk.claim.take(paths)
    claim.accrue(chunk.t[paths])
    start = month_of(chunk.t[paths])
    rate = float(terms["cure_rate"] if cured else terms["plan_rate"])
    hazard = float(terms["cure_redefault"] if cured else terms["plan_redefault"])
    term = np.full(len(paths), terms["cure_term"] if cured else terms["plan_term"], dtype=np.int64)
    grace = 0 if cured or on_tape else int(terms["plan_grace"])
    balloon_share = 0.0 if cured else float(terms["plan_balloon"])
    haircut = 0.0 if cured or on_tape else float(terms["haircut"])
    if on_tape:
        term = np.maximum(term - np.floor(chunk.of_loan("stage_elapsed", paths)).astype(np.int64), 1)
    balance = claim.owed * (1.0 - haircut)
    level, balloon = balance * (1.0 - balloon_share), balance * balloon_share
    if rate == 0.0:
        instalment = level / term
    else:
        instalment = level * rate / (1.0 - (1.0 + rate) ** -term.astype(float)) + balloon * rate
    first, last = start + grace + 1, start + grace + term

    broken = np.zeros(len(paths), dtype=np.int64)
    until = np.minimum(last, end)
    if hazard > 0.0:
        scenario = paths % chunk.scenarios
        threshold = chunk.rng.standard_exponential(len(paths)) / hazard
        goal = threshold + chunk.down[scenario, start]
        hit = np.flatnonzero(chunk.down[scenario, until] >= goal)
        low, high = start[hit] + 1, until[hit].copy()
        while (low < high).any():
            middle = (low + high) // 2
            over = chunk.down[scenario[hit], middle] >= goal[hit]
            high = np.where(over, middle, high)
            low = np.where(over, low, middle + 1)
        broken[hit] = low
    kept = broken == 0
    until = np.where(kept, until, broken - 1)
    paid = np.maximum(until - first + 1, 0)
    chunk.books.receive_monthly(paths, Kind.INSTALMENT, first, until, instalment)
    done = kept & (last <= end)
    if balloon_share > 0.0:
        chunk.books.receive(paths[done], Kind.INSTALMENT, last[done], balloon[done], 0.0)

    revoked = cured or terms["haircut_revoked"] != 0
    anew = kept | (not revoked)
    after = _power_balance(level, balloon, rate, term, paid)
    claim.accrue(np.where(anew, 0.0, broken))
    claim.pay(np.where(anew, 0.0, np.minimum(claim.owed, instalment * paid)))
    claim.principal = np.where(anew, after, claim.principal)
    claim.other = np.where(anew, 0.0, claim.other)
    claim.since = np.where(anew, np.where(kept, end, broken), claim.since)
    chunk.claim.put(paths, claim)
    sues = (terms["litigate"] != 0) & (claim.whole >= terms["litigate_minimum"])
    stage = np.where(claim.is_paid, Stage.CLOSED, np.where(sues, Stage.LITIGATION, Stage.DORMANT))
    stage = np.where(kept, np.where(done, Stage.CLOSED, Stage.PLAN), stage)
    chunk.entry[paths] = FILED
    chunk.leave(paths, Stage.PLAN, stage, np.where(kept, np.where(done, last, end), broken).astype(float))


def litigate(chunk: Chunk) -> None:
    """Walk paths from filing to a title, or to the loss of the claim."""
    paths = chunk.standing(Stage.LITIGATION)
    pending = chunk.entry[paths] == ON_TAPE
    if pending.any():
        _sue(chunk, paths[pending], True, 0.0)
    paths = paths[~pending]
    if len(paths) == 0:
        return
    terms, fees, books = chunk.terms, chunk.package.fees, chunk.books
    month = month_of(chunk.t[paths])
    claim = chunk.claim.take(paths)
    claim.accrue(chunk.t[paths])
    chunk.claim.put(paths, claim)
    owed = claim.owed
    if terms["lawyer_fixed"] > 0.0:
        books.post(paths, Kind.LAWYER, month, np.full(len(paths), -terms["lawyer_fixed"]))
    advanced = _preserve(chunk, paths, owed, month) if terms["preserve"] else np.zeros(len(paths))
    arbitrated = (terms["route"] == Route.ARBITRATION) & (chunk.of_loan("arbitration_clause", paths) != 0)

    barred = np.flatnonzero(chunk.barred[paths])
    barred = barred[chunk.rng.random(len(barred)) < terms["p_defence"]]
    if len(barred):
        cost = _lawsuit_fee(chunk, owed[barred])
        by_arbiter = fee(fees[FeeRow.ARBITRATION], owed[barred])
        cost = np.where(arbitrated[barred], by_arbiter, cost)
        books.post(paths[barred], Kind.COURT_FEE, month[barred], -cost)
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
    summary = amount <= chunk.terms["summary_maximum"]
    return np.where(summary, court * chunk.terms["summary_fee_factor"], court)


def _preserve(chunk: Chunk, paths: np.ndarray, owed: np.ndarray, month: np.ndarray) -> np.ndarray:
    terms = chunk.terms
    court = fee(chunk.package.fees[FeeRow.PRESERVATION], owed)
    chunk.books.post(paths, Kind.PRESERVATION, month, -(court + terms["security_rate"] * owed))
    found = paths[chunk.rng.random(len(paths)) < terms["p_find_preserved"]]
    again = float(terms["p_renewal"])
    kept = np.full(len(found), np.inf)
    if again < 1.0:
        kept[:] = 1.0
        if again > 0.0:
            kept += np.floor(chunk.rng.standard_exponential(len(found)) / -np.log(again))
    chunk.preserved_at[found] = chunk.t[found]
    chunk.frozen_until[found] = chunk.t[found] + terms["freeze_months"] * kept
    return court


def _award(chunk: Chunk, paths: np.ndarray, claim: Claim, t: np.ndarray, advanced: np.ndarray) -> None:
    claim.accrue(t)
    claim.scale(chunk.quantiles(chunk.terms["q_award"], chunk.rng.random(len(paths))))
    claim.other += advanced
    chunk.claim.put(paths, claim)
    chunk.leave(paths, Stage.LITIGATION, Stage.JUDGED, t)


def _stay(chunk: Chunk, paths: np.ndarray) -> None:
    chunk.leave(paths, Stage.LITIGATION, Stage.LITIGATION, np.full(len(paths), float(chunk.end)))


def _arbitrate(chunk, paths, owed, month, advanced) -> None:
    terms, rng = chunk.terms, chunk.rng
    cost = fee(chunk.package.fees[FeeRow.ARBITRATION], owed)
    chunk.books.post(paths, Kind.COURT_FEE, month, -cost)
    length = chunk.quantiles(terms["q_arbitration"], rng.random(len(paths)))
    final = chunk.t[paths] + length * chunk.slowness(paths, chunk.t[paths])
    late = month_of(final) > chunk.end
    won = rng.random(len(paths)) < terms["p_arbitration_win"]
    _stay(chunk, paths[late])
    lost = ~late & ~won
    chunk.leave(paths[lost], Stage.LITIGATION, Stage.CLOSED, final[lost])
    won &= ~late
    _award(chunk, paths[won], chunk.claim.take(paths[won]), final[won], (advanced + cost)[won])


def _order(chunk, paths, owed, month, advanced) -> tuple[np.ndarray, np.ndarray]:
    """Apply for payment orders; return the paths whose debtor objects, and their fees."""
    terms, rng = chunk.terms, chunk.rng
    cost = terms["order_fee_factor"] * fee(chunk.package.fees[FeeRow.COURT], owed)
    chunk.books.post(paths, Kind.COURT_FEE, month, -cost)
    length = chunk.quantiles(terms["q_order"], rng.random(len(paths)))
    t = chunk.t[paths] + length * chunk.slowness(paths, chunk.t[paths])
    advanced = advanced + cost
    late = month_of(t) > chunk.end
    objected = rng.random(len(paths)) < terms["p_objection"]
    _stay(chunk, paths[late])
    final = np.flatnonzero(~late & ~objected)
    claim = chunk.claim.take(paths[final])
    claim.accrue(t[final])
    claim.other += advanced[final]
    chunk.claim.put(paths[final], claim)
    chunk.bound[paths[final]] = False
    chunk.leave(paths[final], Stage.LITIGATION, Stage.JUDGED, t[final])
    sued = np.flatnonzero(~late & objected)
    # A suit after an order keeps the congestion of the order's filing.
    chunk.order_slowness = chunk.slowness(paths[sued], chunk.t[paths[sued]])
    chunk.t[paths[sued]] = t[sued]
    return paths[sued], advanced[sued]


def _sue(chunk: Chunk, paths: np.ndarray, on_tape: bool, advanced: np.ndarray | float) -> None:
    terms, books, rng, q, end = chunk.terms, chunk.books, chunk.rng, chunk.quantiles, chunk.end
    after_order = not on_tape and terms["route"] == Route.PAYMENT_ORDER
    t = chunk.t[paths]
    slowness = chunk.order_slowness if after_order else chunk.slowness(paths, t)
    claim = chunk.claim.take(paths)
    claim.accrue(t)
    claimed = claim.owed
    suit_fee = np.zeros(len(paths))
    if not on_tape:
        suit_fee = _lawsuit_fee(chunk, claimed)
        books.post(paths, Kind.COURT_FEE, month_of(t), -suit_fee)
    advanced = advanced + suit_fee
    mediated = rng.random(len(paths)) < terms["p_mediation"]

    m = np.flatnonzero(mediated)
    agreed = t[m] + q(terms["q_mediation"], rng.random(len(m))) * slowness[m]
    in_time = month_of(agreed) <= end
    _stay(chunk, paths[m[~in_time]])
    m, agreed = m[in_time], agreed[in_time]
    settled = claim.take(m)
    settled.accrue(agreed)
    back = suit_fee[m] * (1.0 - terms["mediation_fee_factor"])
    books.post(paths[m], Kind.COURT_FEE, month_of(agreed), back)
    settled.scale(1.0 - terms["mediation_discount"])
    settled.other += advanced[m] - back
    chunk.claim.put(paths[m], settled)
    chunk.leave(paths[m], Stage.LITIGATION, Stage.JUDGED, agreed)

    j = np.flatnonzero(~mediated)
    paths, claim, claimed, advanced, t, slowness = (
        paths[j], claim.take(j), claimed[j], advanced[j], t[j], slowness[j]
    )  # fmt: skip
    length = rng.random(len(j))
    if on_tape:
        gone = chunk.of_loan("elapsed_probability", paths)
        length = gone + length * (1.0 - gone)
    months = q(terms["q_first"], length)
    if on_tape:
        months = np.maximum(months - chunk.of_loan("stage_elapsed", paths), 0.0)
    final = t + months * slowness
    won = rng.random(len(j)) < terms["p_win"]
    a = np.flatnonzero(rng.random(len(j)) < terms["p_appeal"])
    paying = a[~won[a] & (month_of(final[a]) <= end)]
    second = fee(chunk.package.fees[FeeRow.COURT], claimed[paying])
    books.post(paths[paying], Kind.COURT_FEE, month_of(final[paying]), -second)
    advanced[paying] += second
    final[a] += q(terms["q_appeal"], rng.random(len(a))) * slowness[a]
    won[a] ^= rng.random(len(a)) < terms["p_reversal"]
    in_time = month_of(final) <= end
    chunk.claim.put(paths, claim)
    _stay(chunk, paths[~in_time])
    lost = in_time & ~won
    chunk.leave(paths[lost], Stage.LITIGATION, Stage.CLOSED, final[lost])
    w = np.flatnonzero(in_time & won)
    _award(chunk, paths[w], claim.take(w), final[w], advanced[w])


def await_performance(chunk: Chunk) -> None:
    """Wait for debtors to perform their judgments; apply for enforcement if they do not."""
    paths = chunk.standing(Stage.JUDGED)
    terms, rng, end = chunk.terms, chunk.rng, chunk.end
    performs = rng.random(len(paths)) < terms["p_perform"]
    p = paths[performs]
    t = chunk.t[p] + chunk.quantiles(terms["q_perform"], rng.random(len(p)))
    in_time = month_of(t) <= end
    late = p[~in_time]
    chunk.leave(late, Stage.JUDGED, Stage.JUDGED, np.full(len(late), float(end)))
    p, t = p[in_time], t[in_time]
    claim = chunk.claim.take(p)
    claim.accrue(t)
    contingent = float(terms["lawyer_contingent"])
    chunk.books.receive(p, Kind.PERFORMANCE, month_of(t), claim.owed, contingent)
    chunk.leave(p, Stage.JUDGED, Stage.CLOSED, t)

    p = paths[~performs]
    t = chunk.t[p]
    if not terms["enforce"]:
        chunk.leave(p, Stage.JUDGED, Stage.DORMANT, t)
        return
    on_tape = chunk.loans["stage"].take(p // chunk.scenarios) == Stage.JUDGED
    wait = np.full(len(p), terms["perform_window"] + terms["apply_delay"])
    wait = np.where(on_tape, np.maximum(wait - chunk.of_loan("stage_elapsed", p), 0.0), wait)
    too_late = (terms["apply_delay"] > terms["window_months"]) | (
        on_tape & (wait > chunk.of_loan("window_left", p))
    )
    refused = np.flatnonzero(too_late)
    refused = refused[rng.random(len(refused)) < terms["p_defence"]]
    stage = np.where(month_of(t + wait) > end, Stage.JUDGED, Stage.ENFORCEMENT)
    t = np.where(stage == Stage.JUDGED, end, t + wait)
    stage[refused] = Stage.DORMANT
    t[refused] = chunk.t[p[refused]]
    chunk.leave(p, Stage.JUDGED, stage, t)
