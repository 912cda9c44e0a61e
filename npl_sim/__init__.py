"""npl_sim: value packages of non-performing loans by simulation.

Each step reads the results of earlier steps only:

| input                | output              | content                    | package               |
| -------------------- | ------------------- | -------------------------- | --------------------- |
| tape, study          | LoanTable, Study    | read and validated         | tape/, study/         |
| study and tape       | Model               | read-only records          | engine/               |
| market factors       | [scenario, month]   | with stresses              | market/               |
| one loan             | cash by kind, month | compiled stages            | kernels/              |
| package              | PackageCash         | and moments by loan        | cashflows/            |
| cash                 | PriceDistribution   | value, bid, seller, IRR    | valuation/            |
| cash                 | DealOutcome         | tranches, triggers, sizes  | securitization/       |
| cash                 | ChannelResult       | risk that the seller keeps | channels/             |
| facts of a transfer  | verdict, capital    | IFRS 9, CAS 23, Basel      | accounting/, capital/ |
| several runs         | BidBook             | second method in dcf/      | analysis/             |
| cash that came       | Tracking            | against plan, forecast     | analysis/track/       |
| results              | run folder, tables  | text, figures, documents   | runs/, reports/       |

Read, simulate, inspect and save:

>>> import npl_sim as npl
>>> study = npl.read_study("study.yaml")  # doctest: +SKIP
>>> simulation = npl.simulate(study)  # doctest: +SKIP
>>> npl.price(simulation).summary()  # doctest: +SKIP

`docs/api.md` lists every public name.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from typing import TYPE_CHECKING, Any

__version__ = "0.4.0"

_HOMES = {
    "Bid": "api.bids",
    "DealResult": "api.deals",
    "DealSizing": "api.deals",
    "FinishedRun": "api.finished",
    "Flows": "api.deal_inputs",
    "NplSimError": "core.errors",
    "Price": "api.prices",
    "Result": "api.result",
    "RetainedRisk": "api.contracts",
    "RunComparison": "api.finished",
    "Sale": "api.sales",
    "Simulation": "api.simulations",
    "Study": "api.studies",
    "StudyComparison": "api.finished",
    "Summary": "api.result",
    "TrackedCash": "api.tracks",
    "bid": "api.bids",
    "channel": "api.contracts",
    "compare": "api.finished",
    "explain": "api.studies",
    "open_run": "api.finished",
    "price": "api.prices",
    "read_contract": "api.contracts",
    "read_deal": "api.deal_inputs",
    "read_flows": "api.deal_inputs",
    "read_study": "api.studies",
    "sell": "api.sales",
    "simulate": "api.simulations",
    "track": "api.tracks",
}
"""Module of each public name, imported on first use, so that `import npl_sim` is fast."""

_NAMESPACES = ("accounting", "calibration", "capital", "deal")

__all__ = [
    "Bid",
    "DealResult",
    "DealSizing",
    "FinishedRun",
    "Flows",
    "NplSimError",
    "Price",
    "Result",
    "RetainedRisk",
    "RunComparison",
    "Sale",
    "Simulation",
    "Study",
    "StudyComparison",
    "Summary",
    "TrackedCash",
    "accounting",
    "bid",
    "calibration",
    "capital",
    "channel",
    "compare",
    "deal",
    "explain",
    "open_run",
    "price",
    "read_contract",
    "read_deal",
    "read_flows",
    "read_study",
    "sell",
    "simulate",
    "track",
    "__version__",
]

if sys.platform == "win32":
    warnings.warn(
        "Windows is not supported by npl_sim; expected Linux or macOS, "
        "or the Windows Subsystem for Linux (WSL)",
        RuntimeWarning,
        stacklevel=2,
    )

if TYPE_CHECKING:
    from npl_sim import accounting, calibration, capital, deal
    from npl_sim.api.bids import Bid, bid
    from npl_sim.api.contracts import RetainedRisk, channel, read_contract
    from npl_sim.api.deal_inputs import Flows, read_deal, read_flows
    from npl_sim.api.deals import DealResult, DealSizing
    from npl_sim.api.finished import (
        FinishedRun,
        RunComparison,
        StudyComparison,
        compare,
        open_run,
    )
    from npl_sim.api.prices import Price, price
    from npl_sim.api.result import Result, Summary
    from npl_sim.api.sales import Sale, sell
    from npl_sim.api.simulations import Simulation, simulate
    from npl_sim.api.studies import Study, explain, read_study
    from npl_sim.api.tracks import TrackedCash, track
    from npl_sim.core.errors import NplSimError
    from npl_sim.runs.study_session import StudySession


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"npl_sim.{_HOMES[name]}"), name)
    if name in _NAMESPACES:
        return importlib.import_module(f"npl_sim.{name}")
    raise AttributeError(f"module 'npl_sim' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def load_study(*arguments: Any, **options: Any) -> StudySession:
    """Read a study; deprecated since 0.2, removed in 0.6: use `read_study`."""
    from npl_sim.runs.study_session import load_study as load

    warnings.warn(
        "npl_sim.load_study is deprecated; "
        "use npl_sim.read_study, npl_sim.simulate and npl_sim.price",
        DeprecationWarning,
        stacklevel=2,
    )
    return load(*arguments, **options)
