"""Base model and number types with units, shared by all specifications.

These types write the unit and bounds of a field into the JSON Schema, so that editors and error
messages can state what is expected.
"""

from __future__ import annotations

import ast
import functools
import inspect
import itertools
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from npl_sim.core.countries import (
    CURRENCY_ALIASES,
    JURISDICTION_ALIASES,
    JURISDICTIONS,
    country_named,
)
from npl_sim.core.errors import of_kind, quoted


class Spec(BaseModel):
    """Frozen pydantic model that refuses unknown keys; the base of every specification."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def numbers_are_not_booleans(cls, data: Any) -> Any:
        """Turn true and false into text in fields of numbers; pydantic accepts them as 1 and 0."""
        if not isinstance(data, dict):
            return data
        return {
            key: str(value).lower() if isinstance(value, bool) and _is_number(cls, key) else value
            for key, value in data.items()
        }

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        schema = handler(core_schema)
        properties = handler.resolve_ref_schema(schema)["properties"]
        for name, text in descriptions(cls).items():
            properties[name]["description"] = text
        return schema


@functools.cache
def descriptions(model: type[BaseModel]) -> Mapping[str, str]:
    """Return the description of each field of a specification: the string below it in the source.

    Descriptions are read on demand: pydantic would read them at import, a tenth of the start-up.
    """
    texts = {}
    for kind in reversed(model.__mro__):
        if issubclass(kind, Spec) and kind is not Spec:
            (body,) = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
            body = of_kind(body, ast.ClassDef, "body")
            for field, below in itertools.pairwise(body.body):
                match field, below:
                    case (
                        ast.AnnAssign(target=ast.Name(id=name)),
                        ast.Expr(value=ast.Constant(value=str(text))),
                    ):
                        texts[name] = inspect.cleandoc(text)
    return texts


def _is_number(model: type[BaseModel], key: str) -> bool:
    info = model.model_fields.get(key)
    wanted = str(info.annotation) if info is not None else "bool"
    return ("float" in wanted or "int" in wanted) and "bool" not in wanted


def _unit(unit: str) -> dict[str, Any]:
    return {"unit": unit}


Share = Annotated[float, Field(ge=0.0, le=1.0, json_schema_extra=_unit("share of 1"))]
"""A probability or a share of an amount. [share of 1]"""

Confidence = Annotated[float, Field(ge=0.5, le=0.9999, json_schema_extra=_unit("probability"))]
"""Confidence of intervals. Outside the bounds, an interval carries no information.

Unit: probability.
"""

Rate = Annotated[float, Field(ge=-1.0, le=1.0, json_schema_extra=_unit("per year"))]
"""An interest, drift or cost rate. [per year]"""

PerYear = Annotated[float, Field(ge=0.0, le=1000.0, json_schema_extra=_unit("events per year"))]
"""Intensity of events. [events per year]"""

Hazard = Annotated[float, Field(ge=0.0, le=100.0, json_schema_extra=_unit("per month"))]
"""Intensity of an event. [per month]"""

Volatility = Annotated[
    float, Field(ge=0.0, le=5.0, json_schema_extra=_unit("per square-root year"))
]
"""Standard deviation of the log over one year. [per square-root year]"""

Loading = Annotated[
    float, Field(ge=-10.0, le=10.0, json_schema_extra=_unit("log per unit of factor"))
]
"""Sensitivity of a log intensity to a factor. [log per unit of factor]"""

Months = Annotated[float, Field(ge=0.0, le=1200.0, json_schema_extra=_unit("months"))]
"""A duration. [months]"""

WholeMonths = Annotated[int, Field(ge=0, le=1200, json_schema_extra=_unit("months"))]
"""A duration on the monthly grid. [months]"""

Money = Annotated[float, Field(ge=0.0, le=1e15, json_schema_extra=_unit("package currency"))]
"""An amount. [package currency]"""

Text = Annotated[str, Field(max_length=2000, json_schema_extra=_unit("text"))]
"""A name or a sentence. [text]"""


def ids_must_differ(ids: Iterable[str]) -> None:
    """Refuse ids of which one is used twice.

    Parameters
    ----------
    ids
        Names of entries of a list.

    Raises
    ------
    ValueError
        If two entries have the same id; the message names the first in order.
    """
    again = sorted(name for name, count in Counter(ids).items() if count > 1)
    if again:
        raise ValueError(f"id {again[0]!r} is used twice; expected different ids")


def must_rise(values: Iterable[Any], text: str, or_stay: bool = False) -> None:
    """Refuse values of which one is not above the one before.

    Parameters
    ----------
    values
        Numbers or dates.
    text
        Message of the error.
    or_stay
        Whether a value may be as high as the one before.

    Raises
    ------
    ValueError
        If they do not rise.
    """
    if any(b < a or (b == a and not or_stay) for a, b in itertools.pairwise(values)):
        raise ValueError(text)


def _known_place(code: str) -> str:
    """Refuse an unknown country code."""
    if code in JURISDICTIONS:
        return code
    right = JURISDICTION_ALIASES.get(code.upper()) or (
        code.upper() if code.upper() in JURISDICTIONS else None
    )
    right = right or country_named(code)
    hint = f"; write {right}" if right else ""
    raise ValueError(
        f"got {quoted(code)}; expected an ISO 3166 code of two letters, such as CN or IT{hint}"
    )


def _no_alias(code: str) -> str:
    """Refuse a common currency code outside ISO 4217."""
    right = CURRENCY_ALIASES.get(code)
    if right:
        raise ValueError(f"got {quoted(code)}; expected an ISO 4217 code; write {right}")
    return code


Jurisdiction = Annotated[
    str, AfterValidator(_known_place), Field(json_schema_extra=_unit("ISO 3166-1 alpha-2"))
]
"""Country whose law and market apply. [ISO 3166-1 alpha-2]"""

Currency = Annotated[
    str,
    Field(pattern="^[A-Z]{3}$", json_schema_extra=_unit("ISO 4217")),
    AfterValidator(_no_alias),
]
"""Currency of amounts. [ISO 4217]"""

DAYS_PER_MONTH = 365.25 / 12.0
"""Average length of a month. [days]"""
