"""Reading the cash of a package for a deal: a table of flows, or a recipe that makes one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from pydantic import ValidationError

from npl_sim.core.errors import StudyError
from npl_sim.securitization.cash_table import read_flows
from npl_sim.securitization.collections import DatedFlows
from npl_sim.securitization.pool_flows import FlowRecipe, pool_flows
from npl_sim.study.messages import kind_of, messages
from npl_sim.study.yaml_source import Source, read

__all__ = ["load_flows", "load_recipe"]


def load_recipe(path: str | Path) -> FlowRecipe:
    """Read a recipe of pool flows (`deal.poolflows`) from YAML.

    Raises
    ------
    StudyError
        With every fault found, each naming file, line, column and key.
    """
    path = Path(path)
    source = Source()
    data = read(path, (), source, whole="recipe of flows")
    if not isinstance(data, dict):
        raise StudyError(
            [
                f"{path}:1:1: got a {kind_of(data)}; expected a mapping of keys such as name, expected_total, curve"
            ]
        )
    try:
        return FlowRecipe.model_validate(data)
    except ValidationError as error:
        raise StudyError(messages(error, data, source.place, FlowRecipe)) from None


def load_flows(
    path: str | Path,
    month_zero: date | None = None,
    scenarios: int | None = None,
    seed: int | None = None,
    cutoff: date | None = None,
    currency: str = "",
) -> DatedFlows:
    """Read the cash of a package: a table (text, workbook or Parquet), or a recipe (.yaml) that is carried out.

    Parameters
    ----------
    path
        File.
    month_zero
        Date of month 0, for tables that have months; a recipe has its own.
    scenarios, seed
        For recipes: instead of their own.
    cutoff
        Date of month 0 of a table where `month_zero` is none.
    currency
        Currency of the deal, with which a mark beside an amount of a table must agree; empty: any.

    Raises
    ------
    StudyError
        If the recipe or an option is wrong.
    DealError
        If the table cannot be read, or says something that cannot be.
    """
    path = Path(path)
    if path.suffix.lower() not in (".yaml", ".yml"):
        for name, value in (("scenarios", scenarios), ("seed", seed)):
            if value is not None:
                raise StudyError(
                    [
                        f"{path}: a table has its {name} in it; expected --{name} only with a recipe (.yaml)"
                    ]
                )
        return read_flows(path, month_zero or cutoff, currency)
    if month_zero is not None:
        raise StudyError(
            [
                f"{path}: a recipe has its month_zero in it; expected --month-zero only with a table of months"
            ]
        )
    recipe = load_recipe(path)
    changes = {k: v for k, v in (("scenarios", scenarios), ("seed", seed)) if v is not None}
    try:
        return pool_flows(FlowRecipe.model_validate({**recipe.model_dump(), **changes}))
    except ValidationError:
        raise StudyError(
            [
                f"{path}: got {', '.join(f'--{k} {v}' for k, v in changes.items())}; expected 1 to 1,000,000 scenarios and a seed of at least 0"
            ]
        ) from None
