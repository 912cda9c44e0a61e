"""Collateral of a loan in words: value, rank, and how it is sold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.analysis.cash_routes import surely_too_late
from npl_sim.analysis.explain.enforcement_steps import reaches_title
from npl_sim.analysis.explain.steps import money, percent
from npl_sim.core.language import gettext as _
from npl_sim.core.layout import Stage
from npl_sim.engine.compile_model import Model
from npl_sim.tape.id_keys import order_column

if TYPE_CHECKING:
    from npl_sim.policy.policy import Policy
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable


def _rank(item: np.void) -> Iterator[str]:
    """Yield who else has a claim on an item, and whose court sells it."""
    if item["waitlisted"]:
        yield _("    another court seized it first and sells it, unless it hands it to ours")
    if item["claims_ahead"] > 0.0:
        amount = money(float(item["claims_ahead"]))
        yield _("    creditors who seized it before us claim {amount} and are paid first").format(
            amount=amount
        )
    if item["claims_beside"] > 0.0:
        amount = money(float(item["claims_beside"]))
        yield _("    other creditors claim {amount} and share it with us by their claims").format(
            amount=amount
        )


def collateral(study: Study, table: LoanTable, policy: Policy, model: Model) -> Iterator[str]:
    """Yield the collateral, and how it is sold where enforcement may reach it."""
    items = model.package.items
    if len(items) == 0:
        yield _("Collateral: none")
        return
    sold = reaches_title(policy, model) and not bool(surely_too_late(model)[0])
    sold &= policy.enforcement is not None or model.package.loans[0]["stage"] == Stage.ENFORCEMENT
    yield (
        _("Collateral, in the order in which it is sold")
        if sold
        else _("Collateral, which the estate sells")
        if model.package.loans[0]["stage"] == Stage.INSOLVENCY
        else _("Collateral, which no enforcement sells")
    )
    order = ["lien_rank", order_column(table.collateral, "collateral_id")]
    rows = table.collateral.sort_values(order).set_index("collateral_id")
    for item, (name, row) in zip(items, rows.iterrows(), strict=True):
        index = study.market.indices[int(item["index"])]
        yield (
            _(
                "  {name}: {kind} in {region}, appraised {text}, prior liens {liens}; "
                "follows {index} (drift {drift}, volatility {volatility} a year)"
            ).format(
                name=name,
                kind=row["kind"],
                region=row["region"],
                text=money(float(item["value"])),
                liens=money(float(item["liens"])),
                index=index.name,
                drift=percent(index.drift),
                volatility=percent(index.volatility),
            )
        )
        yield from _rank(item)
        if sold:
            auction = model.package.auctions[item["terms"]]
            shares = auction["reserve"][: auction["rounds"]]
            reserves = ", ".join(money(float(item["value"] * r)) for r in shares)
            yield _("    reserves by round at today's value: {reserves}").format(reserves=reserves)
