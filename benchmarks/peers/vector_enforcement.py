"""Enforcement and exit of the vectorised peer: collateral, guarantors, other assets, income, sale."""

from __future__ import annotations

import numpy as np

from benchmarks.peers.vector_books import Claim, fee, month_of
from benchmarks.peers.vector_stages import Chunk
from npl_sim.layout import FeeRow, Kind, Stage

__all__ = ["enforce", "exit_at_end", "lay_out_items"]


def lay_out_items(chunk: Chunk) -> None:
    """Give every path of a loan with collateral its items' normals; the k-th items stand together."""
    loans, s = chunk.loans, chunk.scenarios
    count = loans["item_end"] - loans["item_begin"]
    chunk.most_items = int(count.max(initial=0))
    chunk.errors, chunk.drifts, chunk.unsold, chunk.item_at = [], [], [], []
    for k in range(chunk.most_items):
        owners = np.flatnonzero(count > k)
        at = np.full(len(loans), -1)
        at[owners] = np.arange(len(owners))
        chunk.item_at.append(at)
        chunk.errors.append(chunk.rng.standard_normal(len(owners) * s))
        chunk.drifts.append(chunk.rng.standard_normal(len(owners) * s))
        chunk.unsold.append(np.ones(len(owners) * s, dtype=bool))


def _places(chunk: Chunk, k: int, paths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the paths whose loan has a k-th item, and where its normals stand."""
    row = chunk.item_at[k].take(paths // chunk.scenarios)
    has = row >= 0
    paths = paths[has]
    return paths, row[has] * chunk.scenarios + paths % chunk.scenarios


class _Values:
    """Values in time of the k-th items of some paths."""

    def __init__(self, chunk: Chunk, k: int, paths: np.ndarray, at: np.ndarray) -> None:
        self.chunk = chunk
        self.scenario = paths % chunk.scenarios
        items = chunk.package.items[chunk.of_loan("item_begin", paths) + k]
        self.liens, self.cap = items["liens"], items["cap"]
        self.index, self.terms, self.gone = items["index"], items["terms"], items["elapsed_probability"]
        a, self.s = items["appraisal_error"], items["drift_volatility"]
        self.start = items["value"] * np.exp(a * (chunk.errors[k][at] - 0.5 * a))
        self.drift = self.s * chunk.drifts[k][at]

    def __call__(self, t: np.ndarray, of: np.ndarray) -> np.ndarray:
        """Return the values at `t` of the rows `of`."""
        month = np.minimum(month_of(t), self.chunk.books.months)
        level = self.chunk.index[self.index[of], self.scenario[of], month]
        move = np.sqrt(t) * self.drift[of] - 0.5 * self.s[of] ** 2 * t
        return self.start[of] * level * np.exp(move)


def _sell(chunk: Chunk, k: int, paths: np.ndarray, latest: np.ndarray, applied: np.ndarray) -> None:
    """Auction the k-th items of `paths`; `latest` and `applied` are columns over all paths."""
    paths, at = _places(chunk, k, paths)
    values = _Values(chunk, k, paths, at)
    for row in np.unique(values.terms):
        of = np.flatnonzero(values.terms == row)
        _sell_alike(chunk, k, paths[of], at[of], values, of, chunk.package.auctions[row], latest, applied)


def _sell_alike(chunk, k, paths, at, values, of, auction, latest, applied) -> None:
    rng, q, books = chunk.rng, chunk.quantiles, chunk.books
    end = np.broadcast_to(chunk.end_of(paths), len(paths))
    contingent = float(chunk.terms["lawyer_contingent"])
    slowness = chunk.slowness(paths, applied[paths])
    on_tape = chunk.of_loan("stage", paths) == Stage.ENFORCEMENT
    gone = np.where(on_tape, values.gone[of], 0.0)
    wait = q(auction["q_seizure"], gone + rng.random(len(paths)) * (1.0 - gone))
    wait = np.maximum(wait - np.where(on_tape, chunk.of_loan("stage_elapsed", paths), 0.0), 0.0)
    t = applied[paths] + wait * slowness
    appraisal = values(t, of)
    noise = float(auction["bid_volatility"])
    open_ = np.arange(len(paths))
    for r in range(int(auction["rounds"])):
        t[open_] += auction["gap"][r] * slowness[open_]
        open_ = open_[month_of(t[open_]) <= end[open_]]
        now = t[open_]
        bid = values(now, of[open_]) * (1.0 - auction["forced_discount"])
        if noise > 0.0:
            bid *= np.exp(noise * rng.standard_normal(len(open_)) - 0.5 * noise * noise)
        liens = values.liens[of[open_]]
        sold = (bid >= auction["reserve"][r] * appraisal[open_]) & (bid > liens)
        s = open_[sold]
        if len(s):
            here, cap, price = paths[s], values.cap[of[s]], bid[sold]
            claim = chunk.claim.take(here)
            claim.accrue(t[s])
            proceeds = price - liens[sold]
            court = fee(
                chunk.package.fees[FeeRow.ENFORCEMENT], np.minimum(np.minimum(proceeds, claim.owed), cap)
            )
            costs = {
                Kind.AUCTION: auction["cost"] * price,
                Kind.TAX: auction["tax"] * price,
                Kind.COURT_FEE: court,
            }
            books.distribute(here, claim, Kind.COLLATERAL, month_of(t[s]), proceeds, costs, cap, contingent)
            chunk.claim.put(here, claim)
            chunk.unsold[k][at[s]] = False
            latest[here] = np.maximum(latest[here], t[s])
        open_ = open_[~sold]
    _take_in_kind(
        chunk, k, paths[open_], at[open_], values, of[open_], auction, appraisal[open_], t[open_], latest
    )


def _take_in_kind(chunk, k, paths, at, values, of, auction, appraisal, t, latest) -> None:
    books, end = chunk.books, chunk.end_of(paths)
    claim = chunk.claim.take(paths)
    claim.accrue(t)
    chunk.claim.put(paths, claim)
    price = auction["reserve"][auction["rounds"] - 1] * appraisal - values.liens[of]
    wanted = chunk.rng.random(len(paths)) < auction["p_in_kind"]
    taken = np.flatnonzero(wanted & (price > 0.0) & (price <= np.minimum(claim.owed, values.cap[of])))
    if len(taken) == 0:
        return
    end = np.broadcast_to(end, len(wanted))[taken]
    paths, of, price, t, claim = paths[taken], of[taken], price[taken], t[taken], claim.take(taken)
    books.post(paths, Kind.TAX, month_of(t), -auction["tax"] * (price + values.liens[of]))
    claim.pay(price)
    chunk.claim.put(paths, claim)
    chunk.unsold[k][at[taken]] = False
    latest[paths] = np.maximum(latest[paths], t)
    sold = t + chunk.quantiles(auction["q_resale"], chunk.rng.random(len(paths)))
    sold = np.where(month_of(sold) > end, np.maximum(t, end), sold)
    value = values(sold, of)
    amount = np.maximum(value * (1.0 - auction["resale_discount"]) - values.liens[of], 0.0)
    month = month_of(sold)
    books.receive(paths, Kind.IN_KIND, month, amount, float(chunk.terms["lawyer_contingent"]))
    books.post(paths, Kind.HOLDING, month, -auction["holding"] * value * (sold - t))


def _garnish(chunk: Chunk, paths: np.ndarray, base: np.ndarray, searched: np.ndarray) -> np.ndarray:
    """Take a share of income month by month; return the last month that paid."""
    terms, end = chunk.terms, np.broadcast_to(chunk.end_of(paths), len(paths))
    month = month_of(searched)
    claim = chunk.claim.take(paths)
    claim.accrue(searched)
    amount = terms["garnish_share"] * base
    open_ = np.arange(len(paths))
    for _ in range(int(terms["garnish_months"])):
        rows = claim.take(open_)
        going = (month[open_] < end[open_]) & ~rows.is_paid
        open_ = open_[going]
        if len(open_) == 0:
            break
        rows = claim.take(open_)
        month[open_] += 1
        rows.accrue(month[open_].astype(float))
        due = np.minimum(amount[open_], rows.owed)
        contingent = float(terms["lawyer_contingent"])
        chunk.books.receive(paths[open_], Kind.GARNISHMENT, month[open_], due, contingent)
        rows.pay(due)
        claim.put(open_, rows)
    chunk.claim.put(paths, claim)
    return month


def _either(chance: float, debtors: np.ndarray) -> np.ndarray:
    """Return the chance that at least one of the joint debtors meets it."""
    return np.where(debtors > 1, 1.0 - (1.0 - chance) ** debtors, chance)


def _call_guarantors(chunk: Chunk, k: int, paths: np.ndarray, applied, latest) -> None:
    """Call the k-th guarantors of `paths`."""
    terms, q = chunk.terms, chunk.quantiles
    row = chunk.of_loan("guarantor_begin", paths) + k
    has = np.flatnonzero((row < chunk.of_loan("guarantor_end", paths)) & chunk.bound[paths])
    paths, row = paths[has], row[has]
    guarantors, luck = chunk.package.guarantors, chunk.luck
    pays, share, delay = (w[luck.guarantor[row], paths % chunk.scenarios] for w in luck.guarantor_words)
    t = applied[paths] + q(terms["q_guarantor_delay"], delay)
    chance = terms["p_guarantor"] * guarantors["factor"][row]
    g = np.flatnonzero((pays < chance) & (month_of(t) <= chunk.end_of(paths)))
    paths, row, t = paths[g], row[g], t[g]
    claim = chunk.claim.take(paths)
    claim.accrue(t)
    amount = np.minimum(q(terms["q_guarantor_share"], share[g]) * claim.owed, guarantors["cap"][row])
    _collect_from(chunk, paths, claim, Kind.GUARANTOR, t, amount, latest)


def _take_assets(chunk: Chunk, asset: np.void, paths: np.ndarray, base, applied, latest) -> np.ndarray:
    """Turn the assets of one class into cash; return the paths on which there was something."""
    rng, q = chunk.rng, chunk.quantiles
    p = paths[rng.random(len(paths)) < _either(asset["p_present"], chunk.of_loan("debtors", paths))]
    t = applied[p]
    asked = (chunk.preserved_at[p] >= 0.0) & (asset["p_find_preserved"] > 0.0)
    frozen = asked & (rng.random(len(p)) < asset["p_find_preserved"])
    found = np.flatnonzero(frozen | (rng.random(len(p)) < asset["p_find"]))
    p, t, frozen = p[found], t[found], frozen[found]
    secured, exposed = t.copy(), t.copy()
    f = np.flatnonzero(frozen)
    since = np.minimum(t[f], chunk.preserved_at[p[f]])
    again = float(asset["p_renewal"])
    kept = np.full(len(f), np.inf if again >= 1.0 else 1.0)
    if 0.0 < again < 1.0:
        kept += np.floor(rng.standard_exponential(len(f)) / -np.log(again))
    until = since + asset["freeze_months"] * kept
    exposed[f] = since + np.maximum(t[f] - until, 0.0)
    # A freeze that ran out has lost its rank.
    secured[f] = np.where(until >= t[f], since, t[f])
    worth = q(asset["q_coverage"], rng.random(len(p))) * base[p] * np.exp(-asset["dissipation"] * exposed)
    if asset["rivals"] > 0.0:
        behind = rng.standard_exponential(len(p)) < asset["rivals"] * secured
        worth = np.where(behind, worth * asset["rank_share"], worth)
    some = worth > 0.0
    p, worth, t = p[some], worth[some], t[some]
    at = t + q(asset["q_search"], rng.random(len(p))) * chunk.slowness(p, t)
    in_time = month_of(at) <= chunk.end_of(p)
    c, at, worth = p[in_time], at[in_time], worth[in_time]
    claim = chunk.claim.take(c)
    claim.accrue(at)
    costs = {Kind.COURT_FEE: fee(chunk.package.fees[FeeRow.ENFORCEMENT], np.minimum(worth, claim.owed))}
    contingent = float(chunk.terms["lawyer_contingent"])
    chunk.books.distribute(c, claim, Kind.DEFICIENCY, month_of(at), worth, costs, np.inf, contingent)
    chunk.claim.put(c, claim)
    latest[c] = np.maximum(latest[c], at)
    return p


def enforce(chunk: Chunk) -> None:
    """Walk paths through enforcement."""
    paths = chunk.standing(Stage.ENFORCEMENT)
    if len(paths) == 0:
        return
    terms, rng, q = chunk.terms, chunk.rng, chunk.quantiles
    applied = chunk.t.copy()
    latest = chunk.t.copy()
    if terms["lawyer_enforcement"] > 0.0:
        p = paths[chunk.of_loan("stage", paths) != Stage.ENFORCEMENT]
        cost = np.full(len(p), float(terms["lawyer_enforcement"]))
        chunk.books.post(p, Kind.LAWYER, month_of(applied[p]), -cost)
    claim = chunk.claim.take(paths)
    claim.accrue(applied[paths])
    chunk.claim.put(paths, claim)
    base = np.zeros(len(chunk.t))
    base[paths] = claim.owed
    for k in range(chunk.most_items):
        _sell(chunk, k, paths, latest, applied)
        paths = _close_paid(chunk, paths, latest)
    backed = chunk.loans["guarantor_end"] - chunk.loans["guarantor_begin"]
    for k in range(int(backed.max(initial=0)) if terms["p_guarantor"] > 0.0 else 0):
        _call_guarantors(chunk, k, paths, applied, latest)
        paths = _close_paid(chunk, paths, latest)
    found = np.zeros(len(chunk.t), dtype=bool)
    for asset in chunk.package.assets[terms["asset_begin"] : terms["asset_end"]]:
        found[_take_assets(chunk, asset, paths, base, applied, latest)] = True
        paths = _close_paid(chunk, paths, latest)

    t = applied[paths]
    searched = t + q(terms["q_search"], rng.random(len(paths))) * chunk.slowness(paths, t)
    late = month_of(searched) > chunk.end_of(paths)
    chunk.stay(paths[late])
    paths, searched = paths[~late], searched[~late]
    latest[paths] = np.maximum(latest[paths], searched)

    garnished = np.zeros(len(paths), dtype=bool)
    if terms["garnish_share"] > 0.0:
        chance = _either(terms["p_garnish"], chunk.of_loan("debtors", paths))
        garnished = rng.random(len(paths)) < chance
    g = np.flatnonzero(garnished)
    last = _garnish(chunk, paths[g], base[paths[g]], searched[g])
    latest[paths[g]] = np.maximum(latest[paths[g]], last)
    r = np.flatnonzero(~garnished & ~found[paths])
    r = r[rng.random(len(r)) < terms["p_revival"]]
    t = searched[r] + q(terms["q_revival_delay"], rng.random(len(r)))
    in_time = month_of(t) <= chunk.end_of(paths[r])
    p, t = paths[r[in_time]], t[in_time]
    claim = chunk.claim.take(p)
    claim.accrue(t)
    share = q(terms["q_revival_share"], rng.random(len(p)))
    _collect_from(chunk, p, claim, Kind.DEFICIENCY, t, share * claim.owed, latest)
    paid = chunk.claim.take(paths).is_paid
    stage = np.where(paid, Stage.CLOSED, Stage.DORMANT)
    chunk.leave(paths, Stage.ENFORCEMENT, stage, latest[paths])


def _collect_from(chunk, paths, claim: Claim, kind, t, amount, latest) -> None:
    contingent = float(chunk.terms["lawyer_contingent"])
    chunk.books.receive(paths, kind, month_of(t), amount, contingent)
    claim.pay(amount)
    chunk.claim.put(paths, claim)
    latest[paths] = np.maximum(latest[paths], t)


def _close_paid(chunk: Chunk, paths: np.ndarray, latest: np.ndarray) -> np.ndarray:
    """Close the paths that are paid; return the others."""
    paid = chunk.claim.take(paths).is_paid
    p = paths[paid]
    chunk.leave(p, Stage.ENFORCEMENT, Stage.CLOSED, latest[p])
    return paths[~paid]


def exit_at_end(chunk: Chunk) -> None:
    """Sell what is unresolved at the end, or value it at the horizon."""
    paths = np.flatnonzero(chunk.stage != Stage.CLOSED)
    sold = chunk.sold.take(paths % chunk.scenarios)
    _hold(chunk, paths[~sold])
    _sell_loans(chunk, paths[sold])


def _hold(chunk: Chunk, paths: np.ndarray) -> None:
    end = np.broadcast_to(chunk.end_of(paths), len(paths))
    claim = chunk.claim.take(paths)
    claim.accrue(end.astype(float))
    worth = chunk.plan_value[paths]
    kept = (chunk.stage[paths] == Stage.PLAN) & (worth >= 0.0)
    left = np.where(kept, worth, chunk.terms["residual_share"] * claim.owed)
    some = np.flatnonzero(left > 0.0)
    chunk.books.receive(paths[some], Kind.RESIDUAL, end[some], left[some], 0.0)


def _sell_loans(chunk: Chunk, paths: np.ndarray) -> None:
    terms = chunk.terms
    end = np.broadcast_to(chunk.end_of(paths), len(paths))
    claim = chunk.claim.take(paths)
    claim.accrue(end.astype(float))
    owed = claim.owed
    secured = np.zeros(len(chunk.t))
    for k in range(chunk.most_items):
        p, at = _places(chunk, k, paths)
        keep = chunk.unsold[k][at]
        p, at = p[keep], at[keep]
        values = _Values(chunk, k, p, at)
        when = np.broadcast_to(chunk.end_of(p), len(p)).astype(float)
        value = values(when, np.arange(len(p)))
        secured[p] += np.maximum(np.minimum(value - values.liens, values.cap), 0.0)
    secured = np.minimum(owed, secured[paths])
    old = chunk.stage[paths]
    decay = np.exp(-terms["sale_decay"] * (chunk.of_loan("age", paths) + end))
    price = terms["sale_unsecured"][old] * decay * (owed - secured) + terms["sale_secured"][old] * secured
    worth = chunk.plan_value[paths]
    price = np.where((old == Stage.PLAN) & (worth >= 0.0), worth, price)
    price *= (1.0 - terms["sale_bulk_discount"]) * chunk.sale_up[paths % chunk.scenarios]
    chunk.books.receive(paths, Kind.SALE, end, price, 0.0)
    for stage in range(Stage.CLOSED):
        mine = old == stage
        chunk.leave(paths[mine], Stage(stage), Stage.CLOSED, end[mine].astype(float))
