"""Tables of a bid book for export, and its summary as plain data."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from npl_sim.analysis.key_assumptions import key_assumptions
from npl_sim.reports.writers.parquet import plain_data, scenario_columns
from npl_sim.valuation.offers import returns_row

if TYPE_CHECKING:
    from npl_sim.analysis.committee import BidBook
    from npl_sim.analysis.independence import SecondOpinion
    from npl_sim.analysis.package.tables import PackageTables
    from npl_sim.reports.heading import Heading
    from npl_sim.study.model import Study


def book_tables(book: BidBook) -> dict[str, pd.DataFrame]:
    """Return every table of a bid book by name.

    Returns
    -------
    dict
        Tables by name. [package currency]

        - ``bid_loans``: bid and contributions of each loan; ``bid_segments``
        - ``bid_bridge``, ``bid_levers``: steps between the prices, and changes that close the gap
        - ``bid_buyer_cash``: by month and item, weighted mean over scenarios
        - ``bid_break_even``: by scenario and draw
        - ``bid_tornado``, ``bid_heat_map``, ``bid_stresses``, ``bid_reverse_stress``
        - ``bid_factors``, ``bid_concentration``, ``bid_flags``, ``bid_margins``
        - ``bid_comparables``
        - ``bid_offers``: opening, target and walk-away price with what each earns and risks;
          ``bid_prices``: the same for further prices
        - ``bid_cash_by_period``, ``bid_cash_to_date``: cash by quarter and year, and to date
        - ``bid_two_way``, ``bid_downside``: bid and return at our bid by collateral prices and
          delay, and in downside cases
        - ``bid_bases``: bases of the percentages of the offers, and the seller's price
        - ``bid_second_by_segment``, ``bid_second_by_kind``, ``bid_second_by_loan`` (the largest
          differences): where the second method was run
    """
    grid, items = book.grid, book.bid.ledger.items
    loans = book.parts.loans.assign(bid=book.parts.loans["bid_cents"] / 100.0)
    returns, horizons = np.meshgrid(grid.returns, grid.horizons, indexing="ij")
    frames = {
        "bid_loans": loans,
        "bid_segments": book.by_segment,
        "bid_bridge": book.deal.price_steps,
        "bid_levers": pd.DataFrame(
            [asdict(change) for change in book.deal.closing_changes],
            columns=["name", "unit", "now", "needed", "side"],
        ),
        "bid_buyer_cash": pd.DataFrame({"month": np.arange(len(items["price"])), **items}),
        "bid_break_even": pd.DataFrame(
            scenario_columns(book.result.sample, book.bid.break_even)
            | {"buyer": book.bid.break_even.ravel(), "seller": book.keep.prices.ravel()}
        ),
        "bid_tornado": book.tornado,
        "bid_heat_map": pd.DataFrame(
            {
                "required_return": returns.ravel(),
                "horizon": horizons.ravel(),
                "price": grid.price.ravel(),
                "se": grid.se.ravel(),
            }
        ),
        "bid_stresses": book.stresses,
        "bid_reverse_stress": book.reverse,
        "bid_factors": book.factors,
        "bid_concentration": book.concentration,
        "bid_flags": pd.DataFrame(
            [asdict(flag) for flag in book.flags],
            columns=["name", "detail", "count", "of", "effect", "se"],
        ),
        "bid_margins": book.prudent.margins,
    }
    frames |= _page_tables(book)
    if book.second is not None:
        frames["bid_second_by_segment"] = book.second.by_segment
        frames["bid_second_by_kind"] = book.second.by_kind
        frames["bid_second_by_loan"] = book.second.worst
    return frames


def _page_tables(book: BidBook) -> dict[str, pd.DataFrame]:
    """Return the tables of the printed pages by name."""
    return {
        "bid_comparables": book.published.table,
        "bid_offers": offers_table(book),
        "bid_prices": book.prices,
        "bid_cash_by_period": book.cash.table,
        "bid_cash_to_date": book.cash.to_date,
        "bid_two_way": book.two_way,
        "bid_downside": book.downside,
        "bid_bases": pd.DataFrame(
            {
                "base": ["gbv", "principal", "free_collateral", "reservation"],
                "amount": [
                    book.result.gbv,
                    book.principal,
                    book.free_collateral,
                    book.deal.reservation.value,
                ],
            }
        ),
    }


def package_frames(package: PackageTables) -> dict[str, pd.DataFrame]:
    """Return the tables behind the pages on the package by name.

    Parameters
    ----------
    package
        Tables of the package.

    Returns
    -------
    dict
        Tables by name; their columns are described where they are made. [package currency]

        - ``bid_strata`` (`strata.strata`), ``bid_collateral`` (`collateral.collateral_table`)
        - ``bid_borrowers`` (`borrowers.largest_borrowers`)
        - ``bid_data_findings`` (`data_findings.data_findings`)
        - ``bid_loan_facts`` (`facts.loan_facts`): the loans that they sum
    """
    return {
        "bid_strata": package.strata,
        "bid_collateral": package.collateral,
        "bid_borrowers": package.borrowers,
        "bid_data_findings": package.findings,
        "bid_loan_facts": package.loans,
    }


def offers_table(book: BidBook) -> pd.DataFrame:
    """Return the three prices with what each earns and risks (`offers.returns_row`)."""
    rows = [
        {
            "offer": offer.name,
            "level": math.nan if offer.level is None else offer.level,
            "capped": offer.capped,
            "price_se": offer.price.se,
            **returns_row(offer.returns, book.result.gbv),
        }
        for offer in book.offers
    ]
    return pd.DataFrame(rows)


def key_assumptions_of(study: Study, book: BidBook, heading: Heading) -> pd.DataFrame:
    """Return the assumptions that matter (`analysis.key_assumptions`)."""
    evidence = heading.evidence
    unsourced = None if evidence is None else evidence.unsourced
    return key_assumptions(study, book.tornado, book.bid.price.value, unsourced)


def _second_method(second: SecondOpinion) -> dict[str, Any]:
    return {
        "value": second.value,
        "difference": second.difference,
        "share": second.share,
        "left_out": asdict(second.left_out),
        "z": second.z,
        "critical_z": second.critical,
        "bound": second.bound,
        "flagged": second.flagged,
        "differs": list(second.differs),
        "not_determined": list(second.unknown),
        "limits": list(second.limits),
    }


def book_summary(book: BidBook) -> dict[str, Any]:
    """Return the figures of a bid book as plain data for JSON; undefined values are None."""
    bid, keep, deal, prudent = book.bid, book.keep, book.deal, book.prudent
    block: dict[str, Any] = {
        "buyer": {
            "bid": bid.price,
            "of_gbv": book.result.of_gbv(bid.price.value),
            "of_principal": bid.price.value / book.principal if book.principal > 0.0 else None,
            "measure": bid.measure,
            "target": bid.target,
            "package_effect": book.parts.package_effect / 100.0,
            "before_information": bid.before_information,
            "value_at_bid": bid.value,
            "irr_mean": None if bid.irr is None else bid.irr.mean,
            "irr_of_mean": bid.irr_of_mean,
            "multiple_of_mean_cash": bid.multiple,
            "irr_below_target": None if bid.irr is None else bid.irr.below_target,
            "lender_loss": bid.lender_loss,
            "lender_hit": bid.lender_hit,
        },
        "seller": {
            "reservation": keep.reservation,
            "value_of_keeping": keep.value,
            "parts": keep.parts,
            "book_value": keep.book_value,
            "provisions": keep.provisions,
            "day_one": asdict(book.day_one),
        },
        "zone": deal.zone,
        "prudent": {
            "best": prudent.best,
            "data": prudent.data,
            "margins": prudent.combined,
            "cap": prudent.cap,
            "value": prudent.value,
        },
        "second_method": None if book.second is None else _second_method(book.second),
        "offers": offers_table(book).to_dict(orient="records"),
        "published": {
            "place": book.published.place,
            "compared": book.published.compared,
            "inside": book.published.inside,
            "no_comparable": list(book.published.missing),
        },
        "flags": [asdict(flag) for flag in book.flags],
    }
    return plain_data(block)
