"""Small bid books for tests of workbook, report and terminal: real runs on tapes of a few
loans."""

from __future__ import annotations

import functools
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd

from npl_sim.analysis.committee import BidBook, bid_book
from npl_sim.analysis.covered import LeftOut
from npl_sim.stats.risk import Estimate
from npl_sim.study.model import Study
from npl_sim.tape.table import LoanTable
from tests.builders.studies import loan, study

INJECTIONS = ('=HYPERLINK("x")', "+1", "-1+2", "@SUM(A1)", "'=1", "信用卡 ü")
SCRIPT = "<script>alert(1)</script>"

POLICY = {
    "collection": {
        "months": 24,
        "contact_methods": [
            {
                "method": "call",
                "contacts_per_month": 4,
                "cost_per_contact": 1.0,
                "settle_per_contact": 0.02,
                "pay_per_contact": 0.01,
                "reach_per_contact": 0.2,
            }
        ],
        "payer_share": 0.6,
    }
}

MARKET = {
    "as_of": "2026-06-01",
    "sources": ["a house view"],
    "cooperation": {"volatility": 0.3, "persistence": 0.9},
    "stresses": [
        {
            "name": "hard & <b>bold</b> times",
            "description": "Payments fall.",
            "overlays": [{"factor": "cooperation", "multiplier": 0.6}],
        }
    ],
}

SECTIONS: dict[str, Any] = {
    "market": MARKET,
    "legal": {"name": "none", "as_of": "2026-01-01"},
    "simulation": {"scenarios": 60, "horizon_months": 36, "seed": 5},
    "pricing": {"required_return": 0.1, "servicing_rate": 0.02, "purchase_cost": 0.01},
    "buyer": {
        "target_irr": 0.14,
        "measure": "probability",
        "level": 0.6,
        "information_discount": 0.02,
        "tax": {"rate": 0.25},
        "debt": {"loan_to_price": 0.5, "rate": 0.05, "fee": 0.01},
        "payments": [{"month": 0, "share": 0.8}, {"month": 12, "share": 0.2}],
    },
    "seller": {"discount_rate": 0.06, "coverage": {"default": 0.5}},
    "prudence": {
        "margins": [
            {"kind": "add_on", "source": "titles", "share": 0.02},
            {"kind": "second_method"},
        ]
    },
}


@dataclass(frozen=True)
class Case:
    """What the writers are given."""

    study: Study
    table: LoanTable
    book: BidBook

    @property
    def all(self) -> tuple[Study, LoanTable, BidBook]:
        return self.study, self.table, self.book


def run(loans: list[dict[str, Any]], **sections: Any) -> Case:
    """Price a small tape and return its bid book."""
    with tempfile.TemporaryDirectory() as folder:
        case = study(Path(folder), loans, POLICY, **{**SECTIONS, **sections})
        return Case(case.study, case.table, bid_book(case.study, case.table, case.price()))


def six(**columns: Any) -> list[dict[str, Any]]:
    """Return six loans whose ids a spreadsheet might run, in two segments of which a browser might
    run one."""
    return [
        loan(
            i,
            loan_id=name,
            segment=SCRIPT if i % 2 else "card",
            principal=100_000 * (i + 1),
            **columns,
        )
        for i, name in enumerate(INJECTIONS)
    ]


@functools.cache
def book(name: str) -> Case:
    """Return one of the bid books by name; each is computed once."""
    if name == "plain":
        quiet = {k: v for k, v in MARKET.items() if k != "stresses"}
        return run([loan(1, principal=50_000)], market=quiet, buyer={}, seller={}, prudence={})
    if name == "negative":
        return run(six(), buyer={"fixed_cost": 5_000_000}, pricing={"purchase_cost": 0.01})
    if name == "zone":
        return run(six(), seller={"discount_rate": 0.9, "coverage": {"default": 0.9}})
    assert name == "rich"
    return run(six(last_interruption_date="2020-01-31"))


NOTHING_LEFT_OUT = LeftOut(0, 0.0, 0.0, 0.0, 0.0)
"""What a second method leaves out that covers all loans."""


def without_second(case: Case) -> Case:
    """Return the case as if the second method had not been run."""
    return replace(case, book=replace(case.book, second=None))


def with_second(case: Case, flagged: bool, left_out: LeftOut = NOTHING_LEFT_OUT) -> Case:
    """Return the case with an invented second opinion."""
    mean = case.book.result.mean.value
    value = mean * (0.8 if flagged else 0.99)
    gap = value - mean
    frame = pd.DataFrame(
        {
            "segment": [SCRIPT],
            "loans": [6],
            "gbv": [case.book.result.gbv],
            "simulated": [mean],
            "se": [1.0],
            "second": [value],
            "difference": [gap],
            "z": [gap / 10.0],
            "share": [gap / mean],
            "verdict": ["differ" if flagged else "agree"],
            "flagged": [flagged],
        }
    )
    second = SimpleNamespace(
        value=value,
        left_out=left_out,
        difference=Estimate(gap, 10.0, gap - 20.0, gap + 20.0, 0.95),
        share=gap / mean,
        z=gap / 10.0,
        critical=4.0,
        bound=0.01,
        flagged=flagged,
        differs=("package",) if flagged else (),
        unknown=(),
        by_segment=frame,
        by_kind=frame.drop(columns="loans").rename(columns={"segment": "kind"}),
        worst=frame.head(0),
        limits=("courts do not slow each other",),
    )
    names = list(BidBook.__dataclass_fields__)
    fields = {n: getattr(case.book, n) for n in names} | {"second": second}
    return replace(case, book=SimpleNamespace(**fields))  # type: ignore[arg-type]
