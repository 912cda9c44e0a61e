"""Assumptions of a study that matter: key, plain name, value and unit of each."""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from npl_sim.core.language import gettext as _
from npl_sim.reports.policy_text import DISTRIBUTIONS, unit_of
from npl_sim.study.figure_sources import sourced_figures
from npl_sim.study.inputs.keys import name_in
from npl_sim.study.model import Study


@dataclass(frozen=True)
class Term:
    """One assumption."""

    key: str
    """Dotted key in the study, with names in place of positions."""
    section: str
    """Part of the study, such as a policy or a kind of collateral."""
    name: str
    """What it is, in plain words."""
    value: float | str
    """Its value."""
    unit: str
    """Its unit; empty for text."""
    origin: str
    """Its origin, as far as the study states it."""

    @property
    def is_share(self) -> bool:
        """Whether the value is shown as a percentage."""
        rates = ("per year", "probability", "per square-root year")
        return self.unit.startswith("share") or self.unit in rates


def _names() -> dict[str, str]:
    """Return the plain name of each key, by pattern, in the order of the sheet."""
    return {
        "pricing.required_return": _("Required return of the price"),
        "pricing.servicing_rate": _("Servicing fee, share of receipts"),
        "pricing.purchase_cost": _("Cost of the purchase, share of the price"),
        "buyer.target_irr": _("Target IRR of the buyer"),
        "buyer.level": _("Level at which the target must be earned"),
        "buyer.information_discount": _("Discount for undisclosed information"),
        "buyer.fixed_cost": _("Fixed cost of due diligence and transfer"),
        "buyer.overhead_rate": _("Overheads a year, share of GBV"),
        "buyer.onboarding_months": _("Months until files are handed over"),
        "buyer.turnover_tax": _("Turnover tax, share of receipts"),
        "buyer.tax.rate": _("Tax rate on profit"),
        "buyer.debt.loan_to_price": _("Borrowed share of the price"),
        "buyer.debt.rate": _("Interest rate of that debt"),
        "seller.discount_rate": _("Discount rate of the seller"),
        "seller.servicing_rate": _("Work-out cost of the seller, share of receipts"),
        "seller.overhead_rate": _("Overheads of the seller a year, share of GBV"),
        "seller.sale_cost": _("Cost of the sale, share of the price"),
        "seller.tax_rate": _("Tax rate of the seller"),
        "market.indices.*.drift": _("Growth of collateral prices a year"),
        "collateral.*.forced_sale_discount": _("Discount of a forced sale"),
        "collateral.*.rounds.*.reserve": _("Reserve price of auction round {part}"),
        "collateral.*.rounds.*.bidders": _("Mean number of bidders in round {part}"),
        "collateral.*.no_bidder_probability": _("Probability that an item finds no bidder"),
        "collateral.*.seizure_duration*": _("Months from seizure to auction"),
        "collateral.*.acceptance_against_debt_probability": _(
            "Probability that an unsold item is accepted against debt"
        ),
        "collateral.*.resale_discount": _("Discount when an accepted item is sold"),
        "collateral.*.resale_duration*": _("Months until an accepted item is sold"),
        "collateral.*.cost": _("Cost of the auction, share of proceeds"),
        "collateral.*.tax": _("Tax of the sale, share of proceeds"),
        "collateral.*.appraisal_error": _("Error of appraisals"),
        "policies.*.collection.agencies.*.commission": _("Commission of agency {part}"),
        "policies.*.collection.settlement_discount.shares.*": _(
            "Discount of a settlement, age band {part}"
        ),
        "policies.*.collection.payer_share": _("Share of borrowers who may pay"),
        "policies.*.restructuring.acceptance_probability": _(
            "Probability that a plan is accepted"
        ),
        "policies.*.restructuring.haircut": _("Haircut of a repayment plan"),
        "policies.*.litigation.after_months": _("Months before a suit"),
        "policies.*.litigation.lawsuit.duration*": _("Months from suit to judgment"),
        "policies.*.litigation.lawsuit.win_probability": _("Probability that a suit is won"),
        "policies.*.litigation.arbitration.duration*": _("Months of an arbitration"),
        "policies.*.litigation.payment_order.duration*": _("Months of a payment order"),
        "policies.*.litigation.lawyer_fixed_fee": _("Fixed fee of the lawyer"),
        "policies.*.litigation.lawyer_contingency_share": _(
            "Contingency fee of the lawyer, share of receipts"
        ),
        "policies.*.enforcement.performance_probability": _(
            "Probability that a judgment is performed"
        ),
        "policies.*.enforcement.search_duration*": _("Months of the search for assets"),
        "policies.*.enforcement.assets.*.ownership_probability": _(
            "Probability that the debtor owns {part}"
        ),
        "policies.*.enforcement.assets.*.coverage*": _("Worth of {part}, share of the claim"),
        "policies.*.enforcement.garnishment_probability": _("Probability of garnishment"),
        "policies.*.enforcement.guarantor_payment_probability": _(
            "Probability that a guarantor pays"
        ),
        "policies.*.enforcement.guarantor_share*": _("Share that a guarantor pays"),
        "policies.*.enforcement.resumption_probability": _(
            "Probability that paused enforcement resumes"
        ),
        "policies.*.insolvency.hazard": _("Insolvencies a year"),
        "policies.*.insolvency.duration*": _("Months of a liquidation"),
        "policies.*.insolvency.reorganization_probability": _("Probability of a reorganization"),
        "policies.*.insolvency.no_distribution_probability": _(
            "Probability that a liquidation distributes nothing"
        ),
        "policies.*.insolvency.estate_sale_discount": _("Discount of sales by the estate"),
        "policies.*.insolvency.free_assets*": _("Free assets, share of claims"),
        "policies.*.sale.month": _("Month of the final sale"),
        "policies.*.sale.unsecured_price": _("Price of unsecured loans at the final sale"),
        "policies.*.sale.secured_price": _("Price of secured loans at the final sale"),
    }


def _sections() -> dict[str, str]:
    return {
        "pricing": _("Price"),
        "buyer": _("Buyer"),
        "seller": _("Seller"),
        "market": _("Market: {name}"),
        "collateral": _("Collateral: {name}"),
        "policies": _("Policy: {name}"),
    }


def terms(
    study: Study, policies: Collection[str] | None = None, kinds: Collection[str] | None = None
) -> list[Term]:
    """Return the assumptions of a study that matter, in the order of their sections.

    Parameters
    ----------
    study
        The study.
    policies, kinds
        Names of the policies, and keys of the collateral terms, that apply to the package;
        defaults to all.
    """
    names, sections = _names(), _sections()
    origins = {s.figure.name: s.origin for s in sourced_figures(study)}
    order = list(names)
    found: list[tuple[int, int, Term]] = []
    for section, title in sections.items():
        chosen = policies if section == "policies" else kinds if section == "collateral" else None
        for parts, value, unit in _leaves(getattr(study, section), (section,), ""):
            key = ".".join(parts)
            pattern = next((p for p in order if fnmatch.fnmatchcase(key, p)), None)
            if pattern is None or (chosen is not None and parts[1] not in chosen):
                continue
            term = Term(
                key,
                title.format(name=parts[2 if section == "market" else 1]),
                names[pattern].format(part=_part(pattern, parts)),
                value,
                unit,
                origins.get(key, ""),
            )
            found.append((list(sections).index(section), order.index(pattern), term))
    grouped = {(s, t.section): i for i, (s, _order, t) in reversed(list(enumerate(found)))}
    return [t for s, o, t in sorted(found, key=lambda f: (grouped[f[0], f[2].section], f[1]))]


def _part(pattern: str, parts: Sequence[str]) -> str:
    """Return what the second wildcard of a pattern stands for: a name, or a position from 1."""
    wild = [i for i, part in enumerate(pattern.split(".")) if part == "*"]
    part = parts[wild[1]] if len(wild) > 1 else ""
    return str(int(part) + 1) if part.isdecimal() else part


def _leaves(
    value: Any, path: tuple[str, ...], unit: str
) -> Iterator[tuple[tuple[str, ...], float | str, str]]:
    """Yield path, value and unit of every number below a value; names stand for positions."""
    if isinstance(value, BaseModel):
        if getattr(value, "kind", None) in DISTRIBUTIONS:
            at = getattr(value, "value", None), getattr(value, "mean", None)
            if at[0] is not None:
                yield path, float(at[0]), unit
            elif at[1] is not None:
                yield (*path, "mean"), float(at[1]), unit
            return
        for name in type(value).model_fields:
            yield from _leaves(getattr(value, name), (*path, name), unit_of(value, name))
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from _leaves(entry, (*path, str(key)), unit)
    elif isinstance(value, list | tuple):
        for i, entry in enumerate(value):
            yield from _leaves(entry, (*path, name_in(entry) or str(i)), unit)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, float(value), unit
