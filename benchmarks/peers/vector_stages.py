"""Stages of the vectorised peer up to the judgment: each walks an array of paths at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.peers.vector_books import Books, Claim, Quantiles, fee, month_of
from npl_sim.core.layout import FeeRow, Kind, Route, Stage
from npl_sim.kernels.context import Package

__all__ = ["Chunk", "Luck", "await_performance", "litigate", "repay"]

FILED, OFFERED, CURED, ON_TAPE = 0, 1, 2, 3
"""How a path came into its stage."""


@dataclass(frozen=True)
class Luck:
    """What several loans share in a tile: uniforms or normals by the row of a key and by scenario."""

    borrower: np.ndarray  # row of each loan's borrower; -1: not collected
    borrower_words: np.ndarray  # (4, borrowers, scenarios)
    group: np.ndarray  # row of each loan's group of connected borrowers; -1: none
    group_normal: np.ndarray  # (groups, scenarios)
    region: np.ndarray
    region_normal: np.ndarray
    guarantor: np.ndarray  # row of each GUARANTOR record's guarantor
    guarantor_words: np.ndarray  # (3, guarantors, scenarios)

    @classmethod
    def draw(cls, package: Package, scenarios: int, rng: np.random.Generator) -> Luck:
        """Draw a tile's."""
        loans = package.loans
        collected = loans["stage"] == Stage.COLLECTION
        grouped = collected & (loans["group_key"] != 0)
        borrower, borrowers = _rows(loans["borrower"], collected)
        group, groups = _rows(loans["group_key"], grouped)
        region, regions = _rows(loans["region_key"], collected)
        guarantor, guarantors = _rows(
            package.guarantors["key"], np.ones(len(package.guarantors), dtype=bool)
        )
        return cls(
            borrower,
            rng.random((4, borrowers, scenarios)),
            group,
            rng.standard_normal((groups, scenarios)),
            region,
            rng.standard_normal((regions, scenarios)),
            guarantor,
            rng.random((3, guarantors, scenarios)),
        )


def _rows(keys: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, int]:
    """Return the row of each chosen key among the distinct ones (-1 for the others), and their number."""
    names, rows = np.unique(keys[chosen], return_inverse=True)
    row = np.full(len(keys), -1)
    row[chosen] = rows
    return row, len(names)


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
    end: np.ndarray  # (scenarios,): last month of the walk
    sold: np.ndarray  # (scenarios,): whether what is unresolved then is sold
    index: np.ndarray  # (indices, scenarios, months + 1)
    congestion: np.ndarray  # (scenarios, months + 1)
    down: np.ndarray  # (scenarios, months + 1)
    sale_up: np.ndarray  # (scenarios,)
    luck: Luck

    def __post_init__(self) -> None:
        s = self.scenarios
        gbv = self.loans["principal"] + self.loans["interest_and_fees"]
        paths = len(gbv) * s
        self.stage = np.repeat(self.loans["stage"], s)
        self.claim = Claim(
            *(np.repeat(c, s) for c in (self.loans["principal"], self.loans["interest_and_fees"])),
            np.zeros(paths),
            np.zeros(paths),
            np.repeat(gbv, s),
            np.repeat(self.loans["accrual"], s),
            np.where(self.stage == Stage.ENFORCEMENT, 0.0, np.inf),
            float(self.terms["judgment_delay_rate"]),
        )
        self.t = np.zeros(paths)
        self.entry = np.full(paths, ON_TAPE, dtype=np.int8)
        self.barred = np.zeros(paths, dtype=bool)
        self.bound = np.ones(paths, dtype=bool)
        self.preserved_at = np.full(paths, -1.0)
        self.deposit = np.zeros(paths)
        self.plan_value = np.full(paths, -1.0)
        self.ends = np.unique(self.end)

    def end_of(self, paths: np.ndarray) -> np.ndarray | int:
        """Return the last month of each path; one number where all scenarios share it."""
        return int(self.ends[0]) if len(self.ends) == 1 else self.end.take(paths % self.scenarios)

    def stay(self, paths: np.ndarray) -> None:
        """Leave paths in their stages until the end: the outcome falls after it."""
        self.t[paths] = self.end_of(paths)

    def of_loan(self, field: str, paths: np.ndarray) -> np.ndarray:
        """Return a field of the loan of each path."""
        return self.loans[field].take(paths // self.scenarios)

    def standing(self, stage: Stage) -> np.ndarray:
        """Return the paths that are to be walked through `stage`."""
        paths = np.flatnonzero(self.stage == stage)
        return paths[self.t[paths] < self.end_of(paths)]

    def leave(self, paths: np.ndarray, old: Stage, stage: np.ndarray | int, t: np.ndarray) -> None:
        """Send paths on to another stage."""
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
    """Walk paths through their plans, one plan of a borrower after the other."""
    most = max(1, int(chunk.terms["restructuring_plans"]))
    for number in range(1, most + 1):
        paths = chunk.standing(Stage.PLAN)
        entry = chunk.entry[paths]
        cured = (entry == CURED) | ((entry != OFFERED) & (chunk.terms["offer_month"] < 0))
        for is_cure in (False, True):
            for on_tape in (False, True):
                some = paths[(cured == is_cure) & ((entry == ON_TAPE) == on_tape)]
                if len(some):
                    _repay(chunk, some, is_cure, on_tape, not is_cure and number < most)


def _repay(chunk: Chunk, paths: np.ndarray, cured: bool, on_tape: bool, another: bool) -> None:
    terms, end = chunk.terms, chunk.end_of(paths)
    claim = chunk.claim.take(paths)
    claim.accrue(chunk.t[paths])
    start = month_of(chunk.t[paths])
    rate = float(terms["cure_rate"] if cured else terms["restructuring_rate"])
    hazard = float(
        terms["cure_redefault_hazard"] if cured else terms["restructuring_redefault_hazard"]
    )
    term = np.full(
        len(paths), terms["cure_term"] if cured else terms["restructuring_term"], dtype=np.int64
    )
    grace = 0 if cured or on_tape else int(terms["restructuring_grace"])
    balloon_share = 0.0 if cured else float(terms["restructuring_balloon"])
    haircut = 0.0 if cured or on_tape else float(terms["haircut"])
    if on_tape:
        term = np.maximum(
            term - np.floor(chunk.of_loan("stage_elapsed", paths)).astype(np.int64), 1
        )
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
    k = np.flatnonzero(kept & ~done)
    rest, wait = (term - paid)[k], np.maximum(first - 1 - end, 0)[k]
    factor = float(terms["plan_discount_factor"]) * np.exp(-hazard)
    annuity = rest if factor == 1.0 else factor * (1.0 - factor**rest) / (1.0 - factor)
    chunk.plan_value[paths[k]] = factor**wait * (
        instalment[k] * annuity + balloon[k] * factor**rest
    )
    sues = (terms["litigate"] != 0) & (claim.whole >= terms["litigation_minimum_claim"])
    stage = np.where(claim.is_paid, Stage.CLOSED, np.where(sues, Stage.LITIGATION, Stage.DORMANT))
    chunk.entry[paths] = FILED
    if another:
        asked = np.flatnonzero(~kept & ~claim.is_paid)
        again = asked[chunk.rng.random(len(asked)) < terms["restructuring_accept"]]
        stage[again] = Stage.PLAN
        chunk.entry[paths[again]] = OFFERED
    stage = np.where(kept, np.where(done, Stage.CLOSED, Stage.PLAN), stage)
    chunk.leave(
        paths, Stage.PLAN, stage, np.where(kept, np.where(done, last, end), broken).astype(float)
    )


def litigate(chunk: Chunk) -> None:
    """Walk paths from filing to a title, or to the loss of the claim."""
    paths = chunk.standing(Stage.LITIGATION)
    _follow_cases(chunk, paths)
    lodged = paths[chunk.deposit[paths] > 0.0]
    if len(lodged):
        month = np.minimum(month_of(chunk.t[lodged]), chunk.end_of(lodged))
        chunk.books.post(lodged, Kind.PRESERVATION, month, chunk.deposit[lodged])


def _follow_cases(chunk: Chunk, paths: np.ndarray) -> None:
    pending = chunk.entry[paths] == ON_TAPE
    if pending.any():
        _sue(chunk, paths[pending], True, np.zeros(pending.sum()))
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
    arbitrated = (terms["route"] == Route.ARBITRATION) & (
        chunk.of_loan("arbitration_clause", paths) != 0
    )

    barred = np.flatnonzero(chunk.barred[paths])
    barred = barred[chunk.rng.random(len(barred)) < terms["defence_raised"]]
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
    return np.where(summary, court * chunk.terms["summary_factor"], court)


def _preserve(chunk: Chunk, paths: np.ndarray, owed: np.ndarray, month: np.ndarray) -> np.ndarray:
    terms = chunk.terms
    court = fee(chunk.package.fees[FeeRow.PRESERVATION], owed)
    deposit = terms["security_deposit"] * owed
    chunk.books.post(
        paths, Kind.PRESERVATION, month, -(court + terms["security_cost"] * owed + deposit)
    )
    chunk.deposit[paths] = deposit
    chunk.preserved_at[paths] = chunk.t[paths] + terms["preservation_delay"]
    return court


def _decide(chunk: Chunk, paths, t, won, advanced, lawyers) -> None:
    """Hand down final decisions at `t`: the share awarded, and the costs that the loser owes."""
    terms = chunk.terms
    in_time = month_of(t) <= chunk.end_of(paths)
    chunk.stay(paths[~in_time])
    lost = in_time & ~won
    chunk.leave(paths[lost], Stage.LITIGATION, Stage.CLOSED, t[lost])
    w = np.flatnonzero(in_time & won)
    claim = chunk.claim.take(paths[w])
    claim.accrue(t[w])
    claim.scale(chunk.quantiles(terms["award"], chunk.rng.random(len(w))))
    claim.other += terms["cost_shifting"] * advanced[w] + terms["lawyer_shifting"] * lawyers[w]
    chunk.claim.put(paths[w], claim)
    chunk.leave(paths[w], Stage.LITIGATION, Stage.JUDGED, t[w])


def _arbitrate(chunk, paths, owed, month, advanced) -> None:
    terms, rng = chunk.terms, chunk.rng
    cost = fee(chunk.package.fees[FeeRow.ARBITRATION], owed)
    chunk.books.post(paths, Kind.COURT_FEE, month, -cost)
    length = chunk.quantiles(terms["arbitration_duration"], rng.random(len(paths)))
    final = chunk.t[paths] + length * chunk.slowness(paths, chunk.t[paths])
    won = rng.random(len(paths)) < terms["arbitration_win"]
    _decide(
        chunk,
        paths,
        final,
        won,
        advanced + cost,
        np.full(len(paths), float(terms["lawyer_fixed"])),
    )


def _order(chunk, paths, owed, month, advanced) -> tuple[np.ndarray, np.ndarray]:
    """Apply for payment orders; return the paths whose debtor objects, and their fees."""
    terms, rng = chunk.terms, chunk.rng
    cost = terms["payment_order_factor"] * fee(chunk.package.fees[FeeRow.COURT], owed)
    chunk.books.post(paths, Kind.COURT_FEE, month, -cost)
    length = chunk.quantiles(
        terms["payment_order_duration"], rng.random(len(paths))
    ) + chunk.of_loan("court_queue", paths)
    t = chunk.t[paths] + length * chunk.slowness(paths, chunk.t[paths])
    advanced = advanced + cost
    late = month_of(t) > chunk.end_of(paths)
    objected = rng.random(len(paths)) < terms["payment_order_objection"]
    chunk.stay(paths[late])
    final = np.flatnonzero(~late & ~objected)
    claim = chunk.claim.take(paths[final])
    claim.accrue(t[final])
    claim.other += (
        terms["cost_shifting"] * advanced[final] + terms["lawyer_shifting"] * terms["lawyer_fixed"]
    )
    chunk.claim.put(paths[final], claim)
    chunk.bound[paths[final]] = False
    chunk.leave(paths[final], Stage.LITIGATION, Stage.JUDGED, t[final])
    sued = np.flatnonzero(~late & objected)
    # A suit after an order keeps the congestion of the order's filing.
    chunk.order_slowness = chunk.slowness(paths[sued], chunk.t[paths[sued]])
    chunk.t[paths[sued]] = t[sued]
    return paths[sued], advanced[sued]


def _sue(chunk: Chunk, paths: np.ndarray, on_tape: bool, advanced: np.ndarray) -> None:
    terms, books, rng, q = chunk.terms, chunk.books, chunk.rng, chunk.quantiles
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
        books.post(paths, Kind.COURT_FEE, month_of(t), -suit_fee)
        queue = chunk.of_loan("court_queue", paths)
    advanced = advanced + suit_fee
    lawyers = np.full(len(paths), 0.0 if on_tape else float(terms["lawyer_fixed"]))

    def decided(row: int, of: np.ndarray) -> np.ndarray:
        """Return when the cases `of` are decided, by the duration in `row`; some have begun already."""
        length = rng.random(len(of))
        if not on_tape:
            return t[of] + (q(row, length) + queue[of]) * slowness[of]
        gone = chunk.of_loan("elapsed_probability", paths[of])
        months = q(row, gone + length * (1.0 - gone)) - chunk.of_loan("stage_elapsed", paths[of])
        return t[of] + np.maximum(months, 0.0) * slowness[of]

    absent = (
        rng.random(len(paths)) < terms["default_judgment"]
        if terms["default_judgment"] > 0.0
        else np.False_
    )
    mediated = ~absent & (rng.random(len(paths)) < terms["lawsuit_mediation"])
    a = np.flatnonzero(absent & np.ones(len(paths), dtype=bool))
    if len(a):
        won = rng.random(len(a)) < terms["default_win"]
        _decide(
            chunk, paths[a], decided(terms["default_duration"], a), won, advanced[a], lawyers[a]
        )

    m = np.flatnonzero(mediated)
    agreed = t[m] + (q(terms["mediation_duration"], rng.random(len(m))) + queue[m]) * slowness[m]
    in_time = month_of(agreed) <= chunk.end_of(paths[m])
    chunk.stay(paths[m[~in_time]])
    m, agreed = m[in_time], agreed[in_time]
    settled = claim.take(m)
    settled.accrue(agreed)
    # A fee that was halved already is not halved again.
    kept = terms["mediation_factor"] * fee(chunk.package.fees[FeeRow.COURT], claimed[m])
    back = np.maximum(suit_fee[m] - kept, 0.0)
    books.post(paths[m], Kind.COURT_FEE, month_of(agreed), back)
    settled.scale(1.0 - terms["mediation_discount"])
    settled.other += terms["cost_shifting"] * (advanced[m] - back)
    chunk.claim.put(paths[m], settled)
    chunk.leave(paths[m], Stage.LITIGATION, Stage.JUDGED, agreed)

    j = np.flatnonzero(~absent & ~mediated)
    final = decided(terms["lawsuit_duration"], j)
    paths, claimed, advanced, lawyers, slowness = (
        x[j] for x in (paths, claimed, advanced, lawyers, slowness)
    )
    won = rng.random(len(j)) < terms["lawsuit_win"]
    a = np.flatnonzero(rng.random(len(j)) < terms["lawsuit_appeal"])
    heard = a[month_of(final[a]) <= chunk.end_of(paths[a])]
    if terms["lawyer_appeal"] > 0.0:
        cost = np.full(len(heard), float(terms["lawyer_appeal"]))
        books.post(paths[heard], Kind.LAWYER, month_of(final[heard]), -cost)
        lawyers[heard] += cost
    paying = heard[~won[heard]]
    second = fee(chunk.package.fees[FeeRow.COURT], claimed[paying])
    books.post(paths[paying], Kind.COURT_FEE, month_of(final[paying]), -second)
    advanced[paying] += second
    final[a] += q(terms["appeal_duration"], rng.random(len(a))) * slowness[a]
    won[a] ^= rng.random(len(a)) < terms["lawsuit_reversal"]
    _decide(chunk, paths, final, won, advanced, lawyers)


def await_performance(chunk: Chunk) -> None:
    """Wait for debtors to perform their judgments; apply for enforcement if they do not."""
    paths = chunk.standing(Stage.JUDGED)
    terms, rng = chunk.terms, chunk.rng
    on_tape = chunk.of_loan("stage", paths) == Stage.JUDGED
    gone = np.where(on_tape, chunk.of_loan("elapsed_probability", paths), 0.0)
    spent = np.where(on_tape, chunk.of_loan("stage_elapsed", paths), 0.0)
    chance = (
        terms["enforcement_perform"] * (1.0 - gone) / (1.0 - gone * terms["enforcement_perform"])
    )
    chunk.claim.late_from[paths] = chunk.t[paths] + np.maximum(
        terms["performance_window"] - spent, 0.0
    )

    performs = rng.random(len(paths)) < chance
    w = np.flatnonzero(performs)
    p = paths[w]
    delay = chunk.quantiles(terms["perform_delay"], gone[w] + rng.random(len(p)) * (1.0 - gone[w]))
    t = chunk.t[p] + np.maximum(delay - spent[w], 0.0)
    in_time = month_of(t) <= chunk.end_of(p)
    chunk.stay(p[~in_time])
    p, t = p[in_time], t[in_time]
    claim = chunk.claim.take(p)
    claim.accrue(t)
    contingent = float(terms["lawyer_contingent"])
    chunk.books.receive(p, Kind.PERFORMANCE, month_of(t), claim.owed, contingent)
    chunk.leave(p, Stage.JUDGED, Stage.CLOSED, t)

    w = np.flatnonzero(~performs)
    p = paths[w]
    t = chunk.t[p]
    if not terms["enforce"]:
        chunk.leave(p, Stage.JUDGED, Stage.DORMANT, t)
        return
    wait = np.maximum(terms["performance_window"] + terms["apply_delay"] - spent[w], 0.0)
    too_late = (terms["apply_delay"] > terms["enforcement_window_months"]) | (
        on_tape[w] & (wait > chunk.of_loan("window_left", p))
    )
    refused = np.flatnonzero(too_late)
    refused = refused[rng.random(len(refused)) < terms["defence_raised"]]
    end = chunk.end_of(p)
    stage = np.where(month_of(t + wait) > end, Stage.JUDGED, Stage.ENFORCEMENT)
    t = np.where(stage == Stage.JUDGED, end, t + wait)
    stage[refused] = Stage.DORMANT
    t[refused] = chunk.t[p[refused]]
    chunk.leave(p, Stage.JUDGED, stage, t)
