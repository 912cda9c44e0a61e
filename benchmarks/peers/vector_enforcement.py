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
        self.index, self.terms = items["index"], items["terms"]
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
    rng, q, books, end = chunk.rng, chunk.quantiles, chunk.books, chunk.end
    contingent = float(chunk.terms["lawyer_contingent"])
    slowness = chunk.slowness(paths, applied[paths])
    wait = q(auction["q_seizure"], rng.random(len(paths)))
    on_tape = chunk.of_loan("stage", paths) == Stage.ENFORCEMENT
    wait = np.where(on_tape, np.maximum(wait - chunk.of_loan("stage_elapsed", paths), 0.0), wait)
    t = applied[paths] + wait * slowness
    appraisal = values(t, of)
    noise = float(auction["bid_volatility"])
    open_ = np.arange(len(paths))
    for r in range(int(auction["rounds"])):
        t[open_] += auction["gap"][r] * slowness[open_]
        open_ = open_[month_of(t[open_]) <= end]
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
    books, end = chunk.books, chunk.end
    claim = chunk.claim.take(paths)
    claim.accrue(t)
    chunk.claim.put(paths, claim)
    price = auction["reserve"][auction["rounds"] - 1] * appraisal - values.liens[of]
    wanted = chunk.rng.random(len(paths)) < auction["p_in_kind"]
    taken = np.flatnonzero(wanted & (price > 0.0) & (price <= np.minimum(claim.owed, values.cap[of])))
    if len(taken) == 0:
        return
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


def _garnish(chunk: Chunk, paths: np.ndarray, base: np.ndarray, month: np.ndarray) -> np.ndarray:
    """Take a share of income month by month; return the last month that paid."""
    terms, end = chunk.terms, chunk.end
    month = month.copy()
    claim = chunk.claim.take(paths)
    claim.accrue(month)
    amount = terms["garnish_share"] * base
    open_ = np.arange(len(paths))
    for _ in range(int(terms["garnish_months"])):
        rows = claim.take(open_)
        going = (month[open_] < end) & ~rows.is_paid
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


def enforce(chunk: Chunk) -> None:
    """Walk paths through enforcement."""
    paths = chunk.standing(Stage.ENFORCEMENT)
    if len(paths) == 0:
        return
    terms, rng, q, books, end = chunk.terms, chunk.rng, chunk.quantiles, chunk.books, chunk.end
    contingent = float(terms["lawyer_contingent"])
    claim = chunk.claim.take(paths)
    claim.accrue(chunk.t[paths])
    chunk.claim.put(paths, claim)
    applied = chunk.t.copy()
    latest = chunk.t.copy()
    base = np.zeros(len(chunk.t))
    base[paths] = claim.owed
    for k in range(chunk.most_items):
        _sell(chunk, k, paths, latest, applied)
        paths = _close_paid(chunk, paths, latest)

    guaranteed = (chunk.of_loan("guaranteed", paths) != 0) & chunk.bound[paths]
    g = paths[np.flatnonzero(guaranteed)]
    g = g[rng.random(len(g)) < terms["p_guarantor"]]
    t = applied[g] + q(terms["q_guarantor_delay"], rng.random(len(g)))
    in_time = month_of(t) <= end
    g, t = g[in_time], t[in_time]
    if len(g):
        claim = chunk.claim.take(g)
        claim.accrue(t)
        share = q(terms["q_guarantor_share"], rng.random(len(g)))
        amount = np.minimum(share * claim.owed, chunk.of_loan("guarantee_cap", g))
        _collect_from(chunk, g, claim, Kind.GUARANTOR, t, amount, latest)
        paths = _close_paid(chunk, paths, latest)

    searched = applied[paths] + q(terms["q_search"], rng.random(len(paths))) * chunk.slowness(
        paths, applied[paths]
    )
    month = month_of(searched)
    late = month > end
    chunk.leave(paths[late], Stage.ENFORCEMENT, Stage.ENFORCEMENT, np.full(late.sum(), float(end)))
    paths, searched, month = paths[~late], searched[~late], month[~late]
    latest[paths] = np.maximum(latest[paths], searched)

    frozen = chunk.preserved_at[paths] >= 0.0
    found = np.flatnonzero(frozen | (rng.random(len(paths)) < terms["p_find"]))
    f = paths[found]
    exposed = applied[f]
    held = chunk.preserved_at[f] + np.maximum(exposed - chunk.frozen_until[f], 0.0)
    exposed = np.where(frozen[found], held, exposed)
    assets = np.zeros(len(paths))
    coverage = q(terms["q_coverage"], rng.random(len(f)))
    assets[found] = coverage * base[f] * np.exp(-terms["dissipation"] * exposed)
    some = np.flatnonzero(assets > 0.0)
    if len(some):
        p = paths[some]
        claim = chunk.claim.take(p)
        claim.accrue(searched[some])
        court = fee(chunk.package.fees[FeeRow.ENFORCEMENT], np.minimum(assets[some], claim.owed))
        costs = {Kind.COURT_FEE: court}
        books.distribute(p, claim, Kind.DEFICIENCY, month[some], assets[some], costs, np.inf, contingent)
        chunk.claim.put(p, claim)
        paid = chunk.claim.take(paths).is_paid
        _close_paid(chunk, paths, latest)
        paths, searched, month, assets = (x[~paid] for x in (paths, searched, month, assets))

    garnished = rng.random(len(paths)) < (terms["p_garnish"] if terms["garnish_share"] > 0.0 else 0.0)
    g = np.flatnonzero(garnished)
    last = _garnish(chunk, paths[g], base[paths[g]], month[g])
    latest[paths[g]] = np.maximum(latest[paths[g]], last)
    r = np.flatnonzero(~garnished & (assets == 0.0))
    r = r[rng.random(len(r)) < terms["p_revival"]]
    t = searched[r] + q(terms["q_revival_delay"], rng.random(len(r)))
    in_time = month_of(t) <= end
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
    terms, end = chunk.terms, chunk.end
    sells = terms["sale_month"] >= 0 and terms["sale_month"] == end
    if not sells and terms["residual_share"] == 0.0:
        return
    paths = np.flatnonzero(chunk.stage != Stage.CLOSED)
    claim = chunk.claim.take(paths)
    claim.accrue(float(end))
    owed = claim.owed
    if not sells:
        chunk.books.receive(paths, Kind.RESIDUAL, end, terms["residual_share"] * owed, 0.0)
        return
    secured = np.zeros(len(chunk.t))
    for k in range(chunk.most_items):
        p, at = _places(chunk, k, paths)
        keep = chunk.unsold[k][at]
        p, at = p[keep], at[keep]
        values = _Values(chunk, k, p, at)
        value = values(np.full(len(p), float(end)), np.arange(len(p)))
        secured[p] += np.maximum(np.minimum(value - values.liens, values.cap), 0.0)
    secured = np.minimum(owed, secured[paths])
    decay = np.exp(-terms["sale_decay"] * (chunk.of_loan("age", paths) + end))
    price = terms["sale_unsecured"] * decay * (owed - secured) + terms["sale_secured"] * secured
    price *= (1.0 - terms["sale_bulk_discount"]) * chunk.sale_up[paths % chunk.scenarios]
    chunk.books.receive(paths, Kind.SALE, end, price, 0.0)
    old = chunk.stage[paths]
    for stage in range(Stage.CLOSED):
        p = paths[old == stage]
        chunk.leave(p, Stage(stage), Stage.CLOSED, np.full(len(p), float(end)))
