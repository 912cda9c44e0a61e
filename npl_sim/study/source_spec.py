"""Sources of the figures of a study: a published figure, or an assumption with its reason."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from npl_sim.core.fields import Spec, Text
from npl_sim.resources.published_facts import Conversion

Pattern = Annotated[str, Field(min_length=1, max_length=300, json_schema_extra={"unit": "text"})]
FactId = Annotated[str, Field(min_length=1, max_length=120, json_schema_extra={"unit": "text"})]


class FigureSource(Spec):
    """Origin of some figures of a study."""

    keys: Annotated[tuple[Pattern, ...], Field(min_length=1, max_length=200)]
    """Dotted keys of figures, or patterns in which * stands for any text. A policy, an index or an
    asset may be named by its position or by its name."""
    facts: Annotated[tuple[FactId, ...], Field(max_length=20)] = ()
    """Published figures that ship with the program, by id; without any, the figures
    are an assumption."""
    conversion: Conversion = "value"
    """How the published figures become the figures of the keys."""
    assumption: Text = ""
    """Why no published figure stands behind the figures; required without `facts`."""

    @model_validator(mode="after")
    def one_origin(self) -> FigureSource:
        if bool(self.facts) == bool(self.assumption):
            raise ValueError(
                "expected either facts, or an assumption that says why there is no published "
                "figure"
            )
        return self
