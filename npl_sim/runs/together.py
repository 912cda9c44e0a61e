"""Value many packages on the same scenarios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.core.errors import NplSimError
from npl_sim.core.progress import Silent
from npl_sim.runs.contents import Contents
from npl_sim.runs.folder import PLAIN, Run, SaveOptions, write_folder
from npl_sim.runs.simulation import Clock

if TYPE_CHECKING:
    import pandas as pd

    from npl_sim.core.progress import Listener
    from npl_sim.runs.place import RunPlace
    from npl_sim.runs.study_session import StudySession
    from npl_sim.study.model import Study
    from npl_sim.valuation.together import PackageValues, Together

FEWEST = 2
"""Fewest packages of a sum."""

SAME = (
    ("valuation_date",),
    ("simulation", "seed"),
    ("simulation", "scenarios"),
    ("pricing", "shortfall_level"),
    ("pricing", "confidence"),
    ("pricing", "quantiles"),
)
"""Keys that all studies must share."""


@dataclass(frozen=True)
class TogetherResult:
    """Packages and their sum, with the studies that they come from."""

    studies: Mapping[str, StudySession]
    """Study and tape by name."""
    together: Together
    """Figures of packages and sum."""
    clock: Clock
    """Seconds by phase."""


def check_together(
    studies: Mapping[str, StudySession], currency: str | None, rates: Mapping[str, float]
) -> str:
    """Refuse packages that cannot be summed, and return the reporting currency.

    Parameters
    ----------
    studies
        Studies by name.
    currency
        Reporting currency; defaults to the currency of all packages.
    rates
        Reporting currency per unit of each other currency.

    Raises
    ------
    NplSimError
        If the scenarios, factors or levels differ, or a rate is missing.
    """
    names = list(studies)
    if len(names) < FEWEST:
        raise NplSimError(f"--together: got {len(names)} study; expected at least {FEWEST}")
    first = studies[names[0]].study
    for name, session in studies.items():
        if session.study.simulation.precision is not None:
            raise NplSimError(
                f"{name}: simulation.precision decides the number of scenarios; expected "
                "simulation.scenarios alone, the same for all packages"
            )
        for path in SAME:
            own, other = _of(first, path), _of(session.study, path)
            if own != other:
                raise NplSimError(
                    f"--together: {'.'.join(path)} is {own} in {names[0]} and {other} in {name}; "
                    "expected the same for all packages"
                )
    _check_factors(studies)
    found = {session.study.currency for session in studies.values()}
    if currency is None:
        if len(found) > 1:
            raise NplSimError(
                f"--together: the packages are in {', '.join(sorted(found))}; expected "
                "--currency, and --rate for every other currency"
            )
        currency = first.currency
    for other in sorted(found - {currency}):
        if other not in rates:
            raise NplSimError(
                f"--rate: none for {other}; expected --rate {other}=R, with R {currency} for one "
                f"{other}"
            )
    if currency in rates:
        raise NplSimError(
            f"--rate {currency}: the reports are in {currency}, whose rate is 1; expected rates "
            "of other currencies alone"
        )
    for other in sorted(set(rates) - found):
        raise NplSimError(
            f"--rate {other}: no package is in {other}; expected one of "
            f"{', '.join(sorted(found - {currency})) or 'none'}"
        )
    return currency


def _of(study: Study, path: Sequence[str]) -> Any:
    value: Any = study
    for key in path:
        value = getattr(value, key)
    return value


def _check_factors(studies: Mapping[str, StudySession]) -> None:
    """Refuse markets in which a factor of one name differs between any two packages."""
    from npl_sim.market.factors import FactorModel
    from npl_sim.market.shared_factors import check_shared

    known: list[tuple[str, Any, FactorModel]] = []
    for name, session in studies.items():
        study = session.study
        size = study.simulation
        model = FactorModel(study.market, study.stress, size.horizon_months, size.seed)
        own = (name, study.market, model)
        for other in known:
            check_shared(other, own)
        known.append(own)


def value_together(
    studies: Mapping[str, StudySession],
    currency: str | None = None,
    rates: Mapping[str, float] | None = None,
    listener: Listener | None = None,
) -> TogetherResult:
    """Value many packages on the same scenarios, one after the other.

    Parameters
    ----------
    studies
        Studies by name.
    currency, rates
        As for `check_together`.
    listener
        Receives a message for each package; defaults to a silent one.

    Raises
    ------
    NplSimError
        As for `check_together`.
    """
    from npl_sim.valuation.together import RiskTerms, together

    listener, clock, rates = listener or Silent(), Clock(), rates or {}
    currency = check_together(studies, currency, rates)
    packages = []
    with clock.phase("simulate"):
        for name, session in studies.items():
            listener.message(f"simulating {name}")
            packages.append(_values(name, session))
    pricing = next(iter(studies.values())).study.pricing
    terms = RiskTerms(pricing.quantiles, pricing.shortfall_level, pricing.confidence)
    with clock.phase("value"):
        found = together(packages, currency, rates, terms)
    return TogetherResult(studies, found, clock)


def _values(name: str, session: StudySession) -> PackageValues:
    """Simulate a package and return its values; its cash by loan and kind is not kept."""
    from npl_sim.analysis.sensitivity import resized
    from npl_sim.engine.simulate import simulate
    from npl_sim.stats.discount import present_value
    from npl_sim.tape.id_keys import keys_in
    from npl_sim.valuation.together import PackageValues

    study, table = session.study, session.table
    cash = simulate(resized(study, study.simulation.scenarios), table)
    columns = ["loan_id", "borrower_id", "segment", "product", "region", "gbv"]
    loans = cash.loans[columns].assign(
        value=cash.loans["pv_mean"],
        loan_key=keys_in(table.loans, "loan_id"),
        borrower_key=keys_in(table.loans, "borrower_id"),
    )
    rate, timing = study.pricing.required_return, study.pricing.cash_timing
    return PackageValues(
        name,
        study.currency,
        cash.gbv,
        rate,
        present_value(cash.net, rate, timing),
        cash.net,
        cash.sample,
        loans,
    )


def save_together(result: TogetherResult, place: RunPlace, options: SaveOptions = PLAIN) -> Run:
    """Write the run folder of many packages; parameters as in `price.save_price`."""
    from npl_sim.reports.together import together_summary, together_tables
    from npl_sim.study.fingerprint import study_hash

    tables: Mapping[str, pd.DataFrame] = together_tables(result.together)
    summary = together_summary(result.together)
    facts = {
        "studies": [
            {"name": name, "study_sha256": study_hash(session.study)}
            for name, session in result.studies.items()
        ],
        "command": list(options.command),
    }

    def fill(draft: Path) -> list[str]:
        return Contents(tables, summary, {}).write(draft, options)

    with result.clock.phase("write"):
        return write_folder(place, fill, facts, result.clock.seconds)
