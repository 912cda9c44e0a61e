"""The random deals draw every term of the deal language; a new term that they do not draw fails
here."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from pydantic import BaseModel

from npl_sim.securitization.terms.deal import Deal
from tests.builders.random_deals import deals

REPORTED_NOT_USED = {"TermSource.assumption"}
"""Words that no rule of the waterfall reads."""


def language() -> set[str]:
    """Return every model, every choice and both values of every flag of the waterfall.

    What a deal says of its own structuring (`structure`) is not the waterfall's.
    """
    deal_terms: set[str] = set()
    schema = Deal.model_json_schema()
    del schema["properties"]["structure"]
    for model, terms_of in {**_used_models(schema, schema["$defs"]), "Deal": schema}.items():
        for field, rule in terms_of.get("properties", {}).items():
            if field == "kind":
                deal_terms.add(model)
            for part in (rule, *rule.get("anyOf", ())):
                choices = (False, True) if part.get("type") == "boolean" else part.get("enum", ())
                deal_terms |= {
                    f"{model}.{field}={c}"
                    for c in choices
                    if f"{model}.{field}" not in REPORTED_NOT_USED
                }
    return deal_terms


def _used_models(schema: dict[str, Any], models: dict[str, Any]) -> dict[str, Any]:
    """Return the models to which a schema refers, directly or not."""
    found: dict[str, Any] = {}
    waiting: list[Any] = [schema["properties"]]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            name = str(item.get("$ref", "")).rpartition("/")[2]
            if name and name not in found:
                found[name] = models[name]
                waiting.append(models[name])
        waiting.extend(
            item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
        )
    return found


def terms_in(value: Any) -> set[str]:
    """Return the words that a deal is written with."""
    if isinstance(value, tuple):
        return set().union(*(terms_in(item) for item in value))
    if not isinstance(value, BaseModel):
        return set()
    found = {type(value).__name__}
    for field in type(value).model_fields:
        item = getattr(value, field)
        found |= terms_in(item)
        if isinstance(item, str | bool):
            found.add(f"{type(value).__name__}.{field}={item}")
    return found


def test_every_word_is_drawn():
    """Fixed draws (hypothesis' derandomized ones): no chance of failing for another reason than
    the language."""
    drawn: set[str] = set()

    @settings(
        max_examples=200,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(deals())
    def collect(deal: Deal) -> None:
        drawn.update(terms_in(deal))

    collect()
    assert sorted(language() - drawn) == []
