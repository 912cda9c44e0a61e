"""Every number of the decision page, recomputed from the files of a run folder.

The buyer's cash is that of the plain reference implementation (`naive_buyer`). It starts from the
receipts and costs by scenario and month in ``cash.npz``. Rates of return are found by bisection.
"""

from __future__ import annotations

import json
import math
import zipfile
from io import BytesIO

import numpy as np
import pytest

from npl_sim.runs.bid import bid, save_bid
from npl_sim.runs.folder import SaveOptions, open_run
from npl_sim.runs.place import RunPlace
from npl_sim.runs.simulation import simulate
from npl_sim.stats.risk import probability
from tests.builders.bid_books import SECTIONS
from tests.builders.packages import package
from tests.reports.test_printed_book import Parsed
from tests.valuation.naive_buyer import own_cash

BUYER = {
    **SECTIONS["buyer"],
    "fixed_cost": 2000.0,
    "onboarding_months": 1,
    "overhead_rate": 0.002,
    "limit_level": 0.4,
}
SELLER = {"discount_rate": 0.07, "coverage": {"default": 0.5}}
LEVELS = {"opening": 0.85, "target": 0.6, "limit": 0.4}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """One run folder with its cash, and the study that made it."""
    folder = tmp_path_factory.mktemp("decision")
    case = package(folder, scenarios=80, buyer=BUYER, seller=SELLER)
    place = RunPlace(folder / "run")
    save_bid(bid(simulate(case)), place, SaveOptions(figures=False, cash=True))
    return case.study, folder / "run"


@pytest.fixture(scope="module")
def table(run):
    found = open_run(run[1])
    return lambda name: found.table(name)


@pytest.fixture(scope="module")
def cash(run):
    """Receipts and net cash by scenario and month, and the weights, as numpy reads them."""
    with zipfile.ZipFile(run[1] / "cash.npz") as file:
        header = json.loads(file.read("header.json"))
        assert header["kinds"] == ["received", "costs"]

        def read(name):
            return np.load(BytesIO(file.read(name)))

        blocks = [n for n in file.namelist() if n.endswith("/amounts.npy")]
        amounts = np.concatenate([read(n) for n in sorted(blocks)])
        weights = read("weights.npy")
    by_side = amounts.sum(axis=3)
    return by_side[:, :, 0], by_side.sum(axis=2), weights


def rate_of(own: np.ndarray) -> float:
    """Return the highest effective annual rate at which cash is worth nothing, by bisection.

    Cash that is worth less than nothing at every rate counts as a loss of all money, -1.
    """
    months = np.arange(len(own))

    def worth(rate: float) -> float:
        return float(own @ (1.0 + rate) ** (-months / 12.0))

    falling = np.exp(np.linspace(math.log(50.0), math.log(1e-3), 400)) - 1.0
    low = next((rate for rate in falling if worth(rate) > 0.0), None)
    if low is None:
        return -1.0
    high = falling[list(falling).index(low) - 1]
    for _ in range(100):
        middle = (low + high) / 2.0
        low, high = (middle, high) if worth(middle) > 0.0 else (low, middle)
    return float(low)


def quantile(values: np.ndarray, weights: np.ndarray, level: float) -> float:
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(share, level - 1e-9)])


def figures(run, cash, price: float) -> dict[str, float]:
    """Return the figures of one price, from the cash and the terms of the study alone."""
    study = run[0]
    received, net, weights = cash
    expected = weights @ received
    terms = (study.buyer, study.pricing)
    total = open_run(run[1]).table("bid_bases").set_index("base")["amount"]["gbv"]
    own = np.array(
        [
            own_cash(n, r, *terms, total, price, list(expected))
            for n, r in zip(net, received, strict=True)
        ]
    )
    plain = study.buyer.model_copy(update={"tax": None, "debt": None, "capital": None})
    free = np.array(
        [
            own_cash(n, r, plain, study.pricing, total, price, list(expected))
            for n, r in zip(net, received, strict=True)
        ]
    )
    rates, unlevered = (np.array([rate_of(row) for row in x]) for x in (own, free))
    mean = weights @ own
    to_date = np.cumsum(mean)
    lost = own.sum(axis=1) < -1e-6
    return {
        "own_irr": float(weights @ rates),
        "own_irr_5": quantile(rates, weights, 0.05),
        "own_irr_95": quantile(rates, weights, 0.95),
        "unlevered_irr": float(weights @ unlevered),
        "multiple": mean[mean > 0.0].sum() / -mean[mean < 0.0].sum(),
        "put_in": -mean[mean < 0.0].sum(),
        "payback": float(np.flatnonzero(to_date < 0.0)[-1] + 1)
        if to_date[-1] >= 0.0
        else math.nan,
        "loss": float(weights @ lost),
        "below_target": float(weights @ (rates < study.buyer.target_irr - 1e-9)),
        "of_gbv": price / total,
    }


def test_prices_are_quantiles_of_the_written_break_even_prices(run, table):
    frame = table("bid_break_even")
    offers = table("bid_offers").set_index("offer")
    kept = 1.0 - run[0].buyer.information_discount
    for name, level in LEVELS.items():
        found = quantile(frame["buyer"].to_numpy(), frame["weight"].to_numpy(), 1.0 - level)
        factor = 1.0 if name == "limit" else kept
        assert offers.loc[name, "price"] == pytest.approx(found * factor), name
    prices = [offers.loc[name, "price"] for name in LEVELS]
    assert prices == sorted(prices) and len(set(prices)) == 3


@pytest.mark.parametrize("name", LEVELS)
def test_what_each_price_earns_and_risks_follows_from_the_written_cash(run, table, cash, name):
    row = table("bid_offers").set_index("offer").loc[name]
    found = figures(run, cash, float(row["price"]))
    for key, value in found.items():
        assert row[key] == pytest.approx(value, rel=1e-6, abs=1e-9, nan_ok=True), key


def test_bases_are_sums_of_the_written_loans_and_items(run, table):
    bases = table("bid_bases").set_index("base")["amount"]
    loans = table("bid_loans")
    assert bases["gbv"] == pytest.approx(loans["gbv"].sum())
    steps = table("bid_bridge")
    assert bases["reservation"] == pytest.approx(steps["value"].iloc[0])


def test_the_page_shows_these_numbers(run, table):
    text = Parsed((run[1] / "report.html").read_text(encoding="utf-8")).text
    unit = 1e6 if "CNY million unless said" in text else 1e3
    assert unit == 1e6 or "CNY thousand unless said" in text
    first = text.split("Page 1 of")[0]
    offers, bases = table("bid_offers"), table("bid_bases").set_index("base")["amount"]
    price = offers["price"].to_numpy()
    target = price[1] / unit
    decimals = 1 if target >= 10.0 else 2 if target >= 1.0 else 3

    def amounts(values, sign=""):
        return [f"{v / unit:{sign},.{decimals}f}".replace("-", "−") for v in values]

    def shares(values):
        return [f"{100.0 * v:.1f}".replace("-", "−") for v in values]

    rows = {
        "Price, CNY": amounts(price),
        "% of gross book value": shares(price / bases["gbv"]),
        "% of principal": shares(price / bases["principal"]),
        "% of free collateral": shares(price / bases["free_collateral"]),
        "Own IRR, mean, % a year": shares(offers["own_irr"]),
        "90% of cases lie in": [
            f"{low}–{high}"
            for low, high in zip(
                shares(offers["own_irr_5"]), shares(offers["own_irr_95"]), strict=True
            )
        ],
        "Unlevered IRR before tax, %": shares(offers["unlevered_irr"]),
        "Multiple of own money": [f"{v:.2f}" for v in offers["multiple"]],
        "Payback, months": ["–" if math.isnan(v) else f"{v:.0f}" for v in offers["payback"]],
        "Own money put in": amounts(offers["put_in"]),
        "Chance of less than 14%, %": shares(offers["below_target"]),
        "Against the bank's floor": amounts(price - bases["reservation"], "+"),
    }
    columns = "Opening Target Walk-away" + first.split("Opening Target Walk-away", 1)[1]
    for name, cells in rows.items():
        after = columns.split(name, 1)[1].removeprefix(" thousand").removeprefix(" million")
        assert " ".join(after.split()[:3]) == " ".join(cells), name
    losses = columns.split("Chance of losing money, %", 1)[1]
    none = 100.0 * probability(np.zeros(80, dtype=bool)).high
    upper = f"<\u2009{math.ceil(10.0 * none) / 10.0:.1f}"
    shown = [upper if v == 0.0 else f"{100.0 * v:.1f}" for v in offers["loss"]]
    assert losses.strip().startswith(" ".join(" ".join(shown).split()))


def test_the_five_risks_are_those_of_the_written_sensitivities(run, table):
    text = Parsed((run[1] / "report.html").read_text(encoding="utf-8")).text.split("Page 1 of")[0]
    offers = table("bid_offers").set_index("offer")
    target = offers.loc["target"]
    moves = table("bid_tornado")
    moves = moves.assign(change=moves["bid"] - target["price"])
    worst = moves[moves["change"] < 0.0].sort_values("change").drop_duplicates("lever")
    others = table("unsourced")
    rows = [
        *zip(worst["change"], worst["own_irr_change"], strict=True),
        *zip(others["bid_change"], others["own_irr_change"], strict=True),
    ]
    five = sorted(row for row in rows if row[0] < 0.0)[:5]
    assert len(five) == 5
    for _change, rate in five:
        assert f"{100.0 * (target['own_irr'] + rate):.1f}" in text


def test_the_receipts_of_the_cash_page_are_those_of_the_written_cash(run, table, cash):
    received, net, weights = cash
    rows = table("bid_cash_by_period")
    assert rows["receipts"].iloc[-1] == pytest.approx(float(weights @ received.sum(axis=1)))
    assert rows["net"].iloc[:-1].sum() == pytest.approx(rows["net"].iloc[-1])
    assert float(weights @ net.sum(axis=1)) > rows["net"].iloc[-1]
