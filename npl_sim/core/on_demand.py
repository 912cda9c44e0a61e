"""Fields of specifications whose model is imported when a value is given."""

from __future__ import annotations

import functools
import importlib
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True)
class OnDemand:
    """Annotation of a field: its model, by name.

    ``Annotated[Any, OnDemand("package.module", "Model")]`` validates, serializes and describes
    itself as ``Model`` does. The module is imported with the first value that is not None.
    """

    module: str
    """Dotted name of the module."""
    name: str
    """Name of the model in it."""

    @functools.cached_property
    def model(self) -> type[BaseModel]:
        """The model."""
        found: type[BaseModel] = getattr(importlib.import_module(self.module), self.name)
        return found

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._validated)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(self.model.__pydantic_core_schema__)

    def _validated(self, value: Any) -> BaseModel:
        return self.model.model_validate(value)


def model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model that an annotation is or names; None for other types."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for note in getattr(annotation, "__metadata__", ()):
        if isinstance(note, OnDemand):
            return note.model
    return None
