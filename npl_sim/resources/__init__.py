"""Data that ships with the package: reference figures, rules and calendars with their sources."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from npl_sim.core.errors import NplSimError
from npl_sim.core.quick_yaml import UnsureError, compose, data_of

__all__ = ["read_resource", "read_toml", "validated"]

Model = TypeVar("Model", bound=BaseModel)


def read_resource(name: str) -> Any:
    """Return the data of a YAML file that ships with the package."""
    text = files(__name__).joinpath(name).read_text(encoding="utf-8")
    try:
        return data_of(compose(text, dates=True))
    except UnsureError:
        from ruamel.yaml import YAML

        return YAML(typ="safe").load(text)


def read_toml(name: str) -> dict[str, Any]:
    """Return the data of a TOML file that ships with the package, which loads faster than YAML."""
    return tomllib.loads(files(__name__).joinpath(name).read_text(encoding="utf-8"))


def validated(model: type[Model], content: Any, name: str) -> Model:
    """Validate plain data as a model.

    Parameters
    ----------
    model
        The model.
    content
        Data of the file.
    name
        Name of the file in messages.

    Raises
    ------
    NplSimError
        With every error of the data, each with its key.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        errors = [f"{name}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise NplSimError("\n".join(errors)) from None
