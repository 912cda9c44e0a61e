"""Assumptions of a study as text: policies, contracts, collateral, law and market.

Every setting of the study appears with its unit; settings at their defaults are left out.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from datetime import date
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from npl_sim.core.issues import KeyPath
from npl_sim.core.language import gettext as _

if TYPE_CHECKING:
    from npl_sim.study.model import Study


DISTRIBUTIONS = frozenset(
    (
        "fixed",
        "uniform",
        "triangular",
        "lognormal",
        "gamma",
        "exponential",
        "weibull",
        "beta",
        "discrete",
        "empirical",
    )
)

SHORT = 100
"""Longest line of settings. [characters]"""


def _number(value: float, unit: str) -> str:
    if unit.startswith("share") or unit == "probability":
        whole = (
            ""
            if unit in ("share of 1", "probability")
            else _(" of {text}").format(text=unit.removeprefix("share of "))
        )
        return f"{100 * value:.6g} %{whole}"
    plain = f"{value:,.2f}" if unit == "package currency" else f"{value:,.6g}"
    return (
        plain if not unit or unit in ("package currency", "count", "text") else f"{plain} {unit}"
    )


@functools.cache
def _unit_of_field(kind: type[BaseModel], name: str) -> str:
    field = kind.model_fields[name]
    return next(_units(Annotated[field.annotation, field, *field.metadata]), "")


def _units(annotation: Any) -> Iterator[str]:
    """Yield the units that a type carries, those of its alternatives and of its items too."""
    for note in getattr(annotation, "__metadata__", ()):
        extra = getattr(note, "json_schema_extra", None)
        if isinstance(extra, dict) and "unit" in extra:
            yield str(extra["unit"])
    inner, origin = get_args(annotation), get_origin(annotation)
    if origin is Annotated:
        yield from _units(inner[0])
    elif origin in (Union, UnionType):
        for one in inner:
            yield from _units(one)
    elif origin is tuple and inner[-1] is Ellipsis:
        yield from _units(inner[0])


def unit_of(model: BaseModel, name: str) -> str:
    """Return the unit that the type of a field carries; the first of several types with one."""
    return _unit_of_field(type(model), name)


def value_text(value: Any, unit: str = "") -> str:
    """Return one value as text.

    Parameters
    ----------
    value
        A number, text, flag, date, distribution, or a list of these.
    unit
        Unit of its numbers (see `unit_of`).
    """
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and unit == "integer":
        return str(value)  # a seed has more digits than a float
    if isinstance(value, int | float):
        return _number(float(value), unit)
    if isinstance(value, tuple | list):
        return ", ".join(value_text(v, unit) for v in value)
    if isinstance(value, BaseModel):
        terms = value.model_dump(exclude={"kind"})
        kind = getattr(value, "kind", "")
        if kind == "fixed":
            return _number(terms["value"], unit)
        inside = ", ".join(f"{k} {value_text(v)}" for k, v in terms.items())
        return f"{kind} ({inside})"
    return value.isoformat() if isinstance(value, date) else str(value)


def _is_distribution(value: Any) -> bool:
    return isinstance(value, BaseModel) and getattr(value, "kind", None) in DISTRIBUTIONS


def is_group(value: Any) -> bool:
    """Return whether a value is a group of settings, shown one by one."""
    if isinstance(value, dict):
        return True
    if isinstance(value, tuple):
        return any(isinstance(v, BaseModel) and not _is_distribution(v) for v in value)
    return isinstance(value, BaseModel) and not _is_distribution(value)


def spec_lines(model: BaseModel, depth: int = 0) -> Iterator[str]:
    """Yield the settings of a specification that differ from their defaults, groups indented.

    Parameters
    ----------
    model
        A specification.
    depth
        Depth of indentation.
    """
    pad = "  " * depth
    plain: list[str] = []
    groups: list[tuple[str, Any]] = []
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if name not in model.model_fields_set and value == field.get_default(
            call_default_factory=True
        ):
            continue
        label = name.replace("_", " ")
        if is_group(value):
            groups.append((label, value))
        else:
            unit = unit_of(model, name)
            if (
                unit in ("months", "contacts per month")
                and unit.split(" ")[0].rstrip("s") in label
            ):
                unit = ""  # the label has it
            plain.append(f"{label} {value_text(value, unit)}")
    line = ""
    for part in plain:
        if line and len(line) + len(part) > SHORT:
            yield f"{pad}{line};"
            line = ""
        line = f"{line}; {part}" if line else part
    if line:
        yield f"{pad}{line}"
    for label, value in groups:
        yield from _group_lines(label, value, depth)


def _group_lines(label: str, value: Any, depth: int) -> Iterator[str]:
    pad = "  " * depth
    if isinstance(value, BaseModel):
        lines = list(spec_lines(value, depth + 1))
        yield f"{pad}{label}:" + ("" if lines else _(" at its defaults"))
        yield from lines
        return
    entries = value.items() if isinstance(value, dict) else enumerate(value, 1)
    for key, entry in entries:
        if isinstance(entry, BaseModel):
            yield from _group_lines(f"{label} {key}", entry, depth)
        else:
            yield f"{pad}{label} {key}: {value_text(entry)}"


def assumptions_text(study: Study, origins: Mapping[KeyPath, str] | None = None) -> str:
    """Return the assumptions of a study as plain text.

    Parameters
    ----------
    study
        The study.
    origins
        Layer that each value comes from; edited cells and overrides are listed.
    """
    lines = [
        _("Assumptions of {study!r}, valued at {valuation_date} in {currency}.").format(
            study=study.name, valuation_date=study.valuation_date, currency=study.currency
        ),
        _("Settings that are not shown have their defaults (npl-sim schema lists them)."),
    ]
    sections: list[tuple[str, Any]] = [
        *((_("Policy {p!r}").format(p=p.name), p) for p in study.policies),
        *((_("Contract {c!r}").format(c=c.name), c) for c in study.contracts),
        *(
            (_("Collateral {name}").format(name=name), terms)
            for name, terms in study.collateral.items()
        ),
        (_("Law: {legal}").format(legal=study.legal.name), study.legal),
        ("Market", study.market),
    ]
    for title, model in sections:
        lines += ["", title, *(list(spec_lines(model, 1)) or [_("  at its defaults")])]
    lines += _set_above(study, origins or {})
    return "\n".join(lines) + "\n"


WORKING = {("simulation", key) for key in ("threads", "memory_limit_gib", "time_limit_hours")}
"""Settings that shape no result."""


def _set_above(study: Study, origins: Mapping[KeyPath, str]) -> list[str]:
    """Return the values that replace those of the files of a study, with cell or option."""
    paths = [path for path, layer in origins.items() if _is_above(layer)]
    inner = {path[:n] for path in paths for n in range(1, len(path))}
    leaves = [p for p in paths if p not in inner and p[0] != "sources" and p not in WORKING]
    if not leaves:
        return []
    keys = [(".".join(map(str, path)), origins[path]) for path in leaves]
    head = _("Values set above the files of the study")
    return ["", head, *(f"  {key}: {layer}" for key, layer in keys)]


def _is_above(layer: str) -> bool:
    """Return whether a layer is a cell of the workbook of inputs, or an override."""
    return layer.startswith("--set") or ", sheet " in layer.partition(";")[0]
