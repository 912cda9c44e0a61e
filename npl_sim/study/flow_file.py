"""Cash of a package for a deal: a table of cash flows, or a recipe that generates one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from pydantic import ValidationError

from npl_sim.core.caller import argument
from npl_sim.core.errors import StudyError
from npl_sim.resources.shipped import opened
from npl_sim.securitization.cash_table import read_flows
from npl_sim.securitization.collections import DatedFlows
from npl_sim.securitization.pool_flows import FlowRecipe, pool_flows
from npl_sim.study.spec_reader import FileKind, read_spec

RECIPE = FileKind(FlowRecipe, "recipe of flows", "name, expected_total, curve")


def load_recipe(path: str | Path) -> FlowRecipe:
    """Read a recipe of pool cash flows from YAML.

    Raises
    ------
    StudyError
        With every error found, each naming file, line, column and key.
    """
    return read_spec(path, RECIPE)


def load_flows(
    path: str | Path,
    month_zero: date | None = None,
    scenarios: int | None = None,
    seed: int | None = None,
    cutoff: date | None = None,
    currency: str = "",
) -> DatedFlows:
    """Read the cash of a package from a table, or generate it from a recipe (.yaml).

    Parameters
    ----------
    path
        File.
    month_zero
        Date of month 0, for tables with months; a recipe states its own.
    scenarios, seed
        Values that replace those of a recipe.
    cutoff
        Date of month 0 of a table without `month_zero`.
    currency
        Currency of the deal, with which currency marks in a table must agree; empty: any.

    Raises
    ------
    StudyError
        If the recipe or an option is invalid.
    DealError
        If the table cannot be read, or has invalid values.
    """
    path = opened(path)
    changes = {k: v for k, v in (("scenarios", scenarios), ("seed", seed)) if v is not None}
    if path.suffix.lower() not in (".yaml", ".yml"):
        if changes:
            name = next(iter(changes))
            raise StudyError(
                [
                    f"{path}: a table has its own {name}; expected {argument(name)} "
                    "only with a recipe (.yaml)"
                ]
            )
        return read_flows(path, month_zero or cutoff, currency)
    if month_zero is not None:
        raise StudyError(
            [
                f"{path}: a recipe has its own month_zero; "
                f"expected {argument('month_zero')} only with a table of months"
            ]
        )
    recipe = load_recipe(path)
    try:
        return pool_flows(FlowRecipe.model_validate({**recipe.model_dump(), **changes}))
    except ValidationError:
        options = ", ".join(f"{argument(name)} {value}" for name, value in changes.items())
        raise StudyError(
            [f"{path}: got {options}; expected 1 to 1,000,000 scenarios and a seed of at least 0"]
        ) from None
