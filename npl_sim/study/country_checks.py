"""Warnings on a study whose parts belong to different countries or currencies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from npl_sim.core.countries import country_named, currency_of
from npl_sim.core.fields import Spec
from npl_sim.core.issues import Issue, warning_at
from npl_sim.legal.regime import LegalRegime
from npl_sim.market.spec import Market
from npl_sim.study.model import Study

Where = tuple[str | int, ...]

MOST_KEYS = 6
"""Most keys that a warning lists; it counts the others."""


@dataclass(frozen=True)
class _Part:
    """One part of a study, and the country or currency that it states."""

    where: Where
    """Path of keys to the statement, or to the part where it states nothing."""
    code: str | None
    """What it states; None if nothing."""

    @property
    def section(self) -> str:
        """Section of the study to which the part belongs."""
        return str(self.where[0])


def _parts(study: Study, attribute: str) -> Iterator[tuple[Where, Spec]]:
    """Yield every stated part of a study that has a field for country or currency."""
    if study.legal != LegalRegime():
        yield ("legal",), study.legal
    if study.market != Market():
        yield ("market",), study.market
    for kind, terms in study.collateral.items():
        yield ("collateral", kind), terms
    for i, policy in enumerate(study.policies):
        if policy.model_fields_set - {"name", "applies_to"}:
            yield ("policies", i), policy
    if attribute == "currency":
        for i, contract in enumerate(study.contracts):
            yield ("contracts", i), contract


def _statements(study: Study, attribute: str) -> tuple[list[_Part], list[_Part]]:
    """Return the parts that state a country or a currency, and those that state none."""
    stated, silent = [], []
    for where, spec in _parts(study, attribute):
        code = getattr(spec, attribute)
        named = (
            country_named(study.legal.name)
            if where == ("legal",) and attribute == "jurisdiction"
            else None
        )
        if code is not None:
            stated.append(_Part((*where, attribute), code))
        if named is not None and named != code:
            stated.append(_Part((*where, "name"), named))
        if code is None and named is None:
            silent.append(_Part(where, None))
    return stated, silent


def _jurisdictions(study: Study) -> Iterator[Issue]:
    """Warn of parts of several countries in one study."""
    stated, silent = _statements(study, "jurisdiction")
    if study.jurisdiction is not None:
        reference = _Part(("jurisdiction",), study.jurisdiction)
    elif stated:
        law = next((p for p in stated if p.section == "legal"), None)
        most = Counter(p.code for p in stated).most_common(1)[0][0]
        reference = law or next(p for p in stated if p.code == most)
    else:
        return
    yield from _mixtures(
        stated,
        reference,
        "the figures of one country would price loans that are worked out in another",
    )
    if silent:
        yield _unstated("jurisdiction", silent, reference)
    yield from _tender(study, reference)


def _tender(study: Study, reference: _Part) -> Iterator[Issue]:
    """Warn of a study in another currency than its country's."""
    expected = currency_of(reference.code or "")
    if expected is not None and expected != study.currency:
        got = "" if "currency" in study.model_fields_set else ", the default,"
        yield warning_at(
            ("currency",),
            f"got {study.currency!r}{got} for loans in {reference.code} "
            f"({_key(reference.where)}); expected {expected!r}, or "
            "amounts of the law, the policies and the tape that were all converted",
        )


def _currencies(study: Study) -> Iterator[Issue]:
    """Warn of amounts in several currencies in one study."""
    stated, silent = _statements(study, "currency")
    reference = _Part(("currency",), study.currency)
    yield from _mixtures(
        stated, reference, "nothing is converted, so the amounts would count one for one"
    )
    needed = [p for p in silent if _holds_money(study, p.where)]
    if stated and needed:
        yield _unstated("currency", needed, reference)


def _mixtures(stated: list[_Part], reference: _Part, why: str) -> Iterator[Issue]:
    """Yield one warning for each section and code that differ from the reference."""
    groups: dict[tuple[str, str | None], list[_Part]] = {}
    for part in stated:
        if part.code != reference.code and part.where != reference.where:
            groups.setdefault((part.section, part.code), []).append(part)
    for (_, code), parts in groups.items():
        yield warning_at(
            parts[0].where,
            f"got {code!r} in {_keys(parts)}; expected {reference.code!r}, as "
            f"{_key(reference.where)} says: {why}",
        )


def _unstated(attribute: str, silent: list[_Part], reference: _Part) -> Issue:
    """Return the warning on parts that state nothing where others do."""
    return warning_at(
        silent[0].where,
        f"no {attribute} is stated in {_keys(silent)}; expected {attribute}: {reference.code} "
        "in each, as "
        f"{_key(reference.where)} says, or the figures of another place may be in use unnoticed",
    )


def _key(where: Where) -> str:
    return f"the study's {where[0]}" if len(where) == 1 else ".".join(str(w) for w in where)


def _keys(parts: list[_Part]) -> str:
    keys = [".".join(str(w) for w in p.where) for p in parts[:MOST_KEYS]]
    more = f" and {len(parts) - MOST_KEYS} more" if len(parts) > MOST_KEYS else ""
    return ", ".join(keys) + more


def _holds_money(study: Study, where: Where) -> bool:
    """Return whether a part of a study states an amount of money."""
    part: object = study
    for key in where:
        inside = isinstance(part, dict | tuple)
        part = part[key] if inside else getattr(part, str(key))  # type: ignore[index]
    return isinstance(part, Spec) and _amounts(part)


def _amounts(spec: Spec) -> bool:
    """Return whether a specification holds a nonzero amount in package currency."""
    for name, info in type(spec).model_fields.items():
        value = getattr(spec, name)
        inside = value if isinstance(value, tuple) else (value,)
        if any(isinstance(v, Spec) and _amounts(v) for v in inside):
            return True
        if value and _is_money(info.annotation, info.json_schema_extra, info.metadata):
            return True
    return False


def _is_money(annotation: object, extra: object, metadata: list[object]) -> bool:
    """Return whether a field is an amount, by the unit of the field or of its type."""
    return "package currency" in f"{annotation}{extra}{metadata}"


PLACES: tuple[Callable[[Study], Iterator[Issue]], ...] = (_jurisdictions, _currencies)
"""The checks of countries and currencies, in the order in which they are reported."""
