"""Expected results of court auctions in closed form, and terms fitted to published counts.

Values stay constant, no prior liens exist and congestion is 1. Given the component that all
valuations of an item share, auctions are independent. Each round then has a probability of a sale
in closed form. The component and the error of the court's appraisal are integrated by
Gauss-Hermite quadrature. docs/model.md section 4.6, step 1.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

from npl_sim.policy.enforcement import AuctionRound, CollateralTerms

NODES = 40
"""Nodes of a quadrature."""
NOTICE = 1.0
"""Time from the announcement of a first auction to its start. [months]"""
DAYS = 365.25 / 12.0


@dataclass(frozen=True)
class AuctionOutcomes:
    """Expected results of the auctions of many items.

    Attributes
    ----------
    sold
        Items sold in the end, per item put up. [share of 1]
    accepted
        Items accepted against the debt, per item put up, if all are accepted that may be.
        [share of 1]
    auctions
        Auctions per item, those that were withdrawn included.
    by_round
        Shares of the sales in the first, second and any later round, shape (3,).
    price
        Price over the court's appraisal, mean of the sales.
    auctions_to_sale
        Auctions until the sale, withdrawn ones included, mean of the sales.
    days
        Days from the announcement of the first auction to the sale, mean of the sales.
    """

    sold: float
    accepted: float
    auctions: float
    by_round: np.ndarray
    price: float
    auctions_to_sale: float
    days: float

    @property
    def sold_per_auction(self) -> float:
        """Sales per auction, withdrawn ones included. [share of 1]"""
        return self.sold / self.auctions


def _normal_nodes(active: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes and weights of a standard normal; one node where it does not matter."""
    if not active:
        return np.zeros(1), np.ones(1)
    x, weight = np.polynomial.hermite_e.hermegauss(NODES)
    return x, weight / weight.sum()


def round_outcome(
    terms: CollateralTerms, step: AuctionRound, shared: np.ndarray, reserve: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the probability of a sale in a round that has bidders, and its expected price.

    Parameters
    ----------
    terms, step
        Terms of the collateral and of the round.
    shared
        Normal that all valuations of an item share.
    reserve
        Reserve over value, of the same shape.

    Returns
    -------
    tuple of np.ndarray
        Probability, and expected price over value times that probability.

    Notes
    -----
    ``b`` is the mean number of bidders, and ``Q`` the tail of a valuation. The best is below ``x``
    with probability ``exp(-b Q(x))``. The second-best is with ``exp(-b Q(x)) (1 + b Q(x))``. The
    expected price is the reserve times the probability of a sale, plus the integral of the
    probability that the second-best is above ``x``.
    """
    sd = terms.bid_volatility
    common, own = (
        sd * math.sqrt(terms.bid_correlation),
        sd * math.sqrt(1.0 - terms.bid_correlation),
    )
    middle = math.log1p(-terms.forced_sale_discount) + common * shared - 0.5 * sd * sd

    def tail(x: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            far = np.log(x) - middle
        if own < 1e-9:
            return (far <= 1e-12).astype(np.float64)
        return special.ndtr(-far / own)

    def above(mass: np.ndarray, second: bool) -> np.ndarray:
        if step.bidders is None:
            return mass
        mean = step.bidders * mass
        return -np.expm1(-mean) - (mean * np.exp(-mean) if second else 0.0)

    sells = above(tail(reserve), False)
    if step.window > 0.0:
        return sells, sells * reserve
    x, weight = np.polynomial.legendre.leggauss(NODES)
    top = np.maximum(np.exp(middle + 9.0 * own), reserve)
    width = 0.5 * (top - reserve)[..., None]
    prices = reserve[..., None] + width * (x + 1.0)
    middle = middle[..., None]
    over = (width * weight * above(tail(prices), True)).sum(axis=-1)
    return sells, sells * reserve + over


def auction_outcomes(terms: CollateralTerms) -> AuctionOutcomes:
    """Return the expected results of the auctions of many items under the same terms.

    Parameters
    ----------
    terms
        Terms of the collateral.

    Returns
    -------
    AuctionOutcomes
        Results over all items, those that never find a bidder included.
    """
    lots = _Lots(terms)
    for cycle in range(terms.reauctions + 1):
        if cycle > 0:
            lots.appraise_again()
        for r in range(len(terms.rounds)):
            lots.hold(cycle, r)
    sold = max(lots.sold, 1e-300)
    return AuctionOutcomes(
        sold=lots.sold,
        accepted=lots.accepted,
        auctions=lots.auctions,
        by_round=lots.by_round / sold,
        price=lots.price / sold,
        auctions_to_sale=lots.auctions_to_sale / sold,
        days=(lots.months / sold + NOTICE - terms.rounds[0].months) * DAYS,
    )


MASS, TIMED, COUNTED = range(3)
"""Rows of a state: items, and items times their months and their auctions so far."""


class _Lots:
    """Items up for auction, by shared normal and by the error of the court's appraisal.

    The first axis of the state is 0 before any winner has defaulted, and 1 afterwards. The first
    row of the shared normal holds the items that never find a bidder.
    """

    def __init__(self, terms: CollateralTerms) -> None:
        self.terms = terms
        shared, weight = _normal_nodes(terms.bid_volatility * terms.bid_correlation > 0.0)
        error, self.chance = _normal_nodes(terms.court_appraisal_error > 0.0)
        k, nobody = terms.court_appraisal_error, terms.no_bidder_probability
        self.shared, self.ratio = shared, np.exp(k * error - 0.5 * k * k)
        mass = np.concatenate([[nobody], (1.0 - nobody) * weight])
        self.state = np.zeros((2, 3, len(mass), len(error)))
        self.state[0, MASS] = mass[:, None] * self.chance
        self.by_round = np.zeros(3)
        self.sold = self.accepted = self.auctions = 0.0
        self.price = self.auctions_to_sale = self.months = 0.0

    def appraise_again(self) -> None:
        """Begin another cycle: the error of the appraisal is drawn afresh."""
        self.state[:, TIMED] += self.terms.reappraisal_months * self.state[:, MASS]
        self.state = self.state.sum(axis=-1, keepdims=True) * self.chance

    def _chances(self, step: AuctionRound) -> tuple[np.ndarray, np.ndarray]:
        """Return the probability of a sale, and the expected price over appraisal times it."""
        sells, price = np.zeros(self.state.shape[2:]), np.zeros(self.state.shape[2:])
        for n, ratio in enumerate(self.ratio):
            reserve = np.full(len(self.shared), step.reserve * ratio)
            sells[1:, n], price[1:, n] = round_outcome(self.terms, step, self.shared, reserve)
            price[1:, n] /= ratio
        return sells, price

    def hold(self, cycle: int, r: int) -> None:
        """Hold a round, with what withdrawals and the default of a winner add to it."""
        terms, step = self.terms, self.terms.rounds[r]
        sells, price = self._chances(step)
        announced = 1.0 / max(1.0 - terms.withdrawal_probability, 1e-9)
        for defaulted, pays in ((0, 1.0 - terms.winner_default_probability), (1, 1.0)):
            lots = self.state[defaulted]
            self.auctions += announced * float(lots[MASS].sum())
            lots[TIMED] += announced * step.months * lots[MASS]
            lots[COUNTED] += announced * lots[MASS]
            self.price += pays * float((lots[MASS] * price).sum())
            won = lots * sells
            won[TIMED] += 0.5 * step.window * won[MASS]
            lots *= 1.0 - sells
            lots[TIMED] += step.window * lots[MASS]
            if defaulted == 0:
                self.state[1] += (1.0 - pays) * won
            sold = pays * float(won[MASS].sum())
            self.sold += sold
            self.by_round[2 if cycle else min(r, 2)] += sold
            self.months += pays * float(won[TIMED].sum())
            self.auctions_to_sale += pays * float(won[COUNTED].sum())
        accepts = terms.acceptance[r]
        self.accepted += accepts * float(self.state[:, MASS].sum())
        self.state *= 1.0 - accepts


MEASURES: dict[str, Callable[[AuctionOutcomes], float]] = {
    "first_round": lambda found: float(found.by_round[0]),
    "second_round": lambda found: float(found.by_round[1]),
    "later_rounds": lambda found: float(found.by_round[2]),
    "sold": lambda found: found.sold,
    "sold_per_auction": lambda found: found.sold_per_auction,
    "price": lambda found: found.price,
    "auctions_to_sale": lambda found: found.auctions_to_sale,
    "days": lambda found: found.days,
}
"""Measures that published counts give, by name."""

FREE = ("no_bidder_probability", "forced_sale_discount", "first_bidders", "later_bidders")
"""Quantities that `fit_auctions` may change: two keys, and the bidders of the first and of all
later rounds.
"""


def fit_auctions(
    terms: CollateralTerms, targets: Mapping[str, float], free: Sequence[str] = FREE
) -> CollateralTerms:
    """Return terms whose expected results equal published counts.

    Parameters
    ----------
    terms
        Terms to begin with. Where the bidders of a round are not free, they stay as they are.
    targets
        Values of some measures of `MEASURES`, as many as there are free quantities.
    free
        Some names of `FREE`.

    Returns
    -------
    CollateralTerms
        Terms with other values of the free quantities.

    Raises
    ------
    ValueError
        If no terms give these counts.
    """
    if len(targets) != len(free):
        raise ValueError(
            f"got {len(targets)} targets for {len(free)} quantities; expected as many"
        )

    def gaps(x: np.ndarray) -> np.ndarray:
        found = auction_outcomes(_changed(terms, dict(zip(free, x, strict=True))))
        return np.array([MEASURES[name](found) - value for name, value in targets.items()])

    start = [
        {"forced_sale_discount": special.logit(0.2), "later_bidders": 0.7}.get(n, 0.0)
        for n in free
    ]
    solution = optimize.least_squares(gaps, start, bounds=(-9.0, 9.0), xtol=1e-12, ftol=1e-12)
    if np.abs(solution.fun).max() > 1e-5:
        raise ValueError(
            f"no terms give these counts: the gaps are {np.round(solution.fun, 4).tolist()}; "
            "expected other counts, reserves or volatilities"
        )
    return _changed(terms, dict(zip(free, solution.x, strict=True)))


def _changed(terms: CollateralTerms, values: Mapping[str, float]) -> CollateralTerms:
    """Return terms with some free quantities, as logits of shares and logs of bidders."""
    update: dict[str, object] = {
        name: float(special.expit(x)) for name, x in values.items() if not name.endswith("bidders")
    }
    bidders = [values.get("first_bidders"), *[values.get("later_bidders")] * len(terms.rounds)]
    update["rounds"] = tuple(
        step if log is None else step.model_copy(update={"bidders": float(np.exp(log))})
        for step, log in zip(terms.rounds, bidders, strict=False)
    )
    return terms.model_copy(update=update)
