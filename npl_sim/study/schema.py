"""JSON Schema of a study, the models of its optional sections included."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from npl_sim.core.on_demand import model_in
from npl_sim.study.loader import SECTIONS
from npl_sim.study.model import Study
from npl_sim.study.spec_reader import draft_2020_12


def study_schema() -> dict[str, Any]:
    """Return the JSON Schema of a study with its deal and channel as definitions.

    `Study.model_json_schema` describes these sections in place, for their models are imported on
    demand.
    """
    sections: dict[str, type[BaseModel]] = {}
    for name in ("deal", "channel"):
        models = map(model_in, get_args(Study.model_fields[name].annotation))
        sections[name] = next(model for model in models if model is not None)
    every: list[type[BaseModel]] = [Study, *sections.values()]
    inputs: list[tuple[type[BaseModel], JsonSchemaMode]] = [(m, "validation") for m in every]
    _, whole = models_json_schema(inputs)
    definitions: dict[str, Any] = whole["$defs"]
    study: dict[str, Any] = definitions.pop("Study")
    for name, model in sections.items():
        field = study["properties"][name]
        del field["title"]
        field["anyOf"][0] = {"$ref": f"#/$defs/{model.__name__}"}
    return {"$defs": definitions, **study}


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a study file, for editors."""
    from npl_sim.study.deal_file import allow_files

    result = study_schema()
    allow_files(result["$defs"]["Deal"], result["$defs"])
    result["properties"]["base"] = {
        "type": "string",
        "description": "Base of the study: the name of one that ships, or a YAML file",
    }
    result["anyOf"] = [{"required": ["base"]}, {"required": result.pop("required")}]
    result["$defs"]["Policy"]["properties"]["remove"] = {
        "type": "boolean",
        "description": "True removes the policy of this name that the base has",
    }
    for section in SECTIONS:
        inner = result["properties"][section]
        annotations = {k: inner.pop(k) for k in ("description", "title", "default") if k in inner}
        other = {"type": "string", "description": "Name of a YAML file with this section"}
        result["properties"][section] = {**annotations, "anyOf": [inner, other]}
    return draft_2020_12(result)
