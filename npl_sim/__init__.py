"""npl_sim: what packages of non-performing loans are worth, by simulation.

Data flows one way::

    loan tape + study.yaml
      -> LoanTable, Study            read and checked, all faults together      tape/, study.py, studyfile.py
      -> Model                       read-only records                          engine/compile_model.py
      -> factors[scenario, month]    systematic paths, stress laid on           market/
      -> stages of one loan          compiled, randomness addressed             kernels/
      -> Cash                [scenario, month, kind, group] + per loan  engine/ -> flows/
      -> PriceDistribution           PV, bid, seller, IRR, risk                 valuation/
       | DealOutcome                 tranches, triggers, sizes                  deal/
       | ChannelResult               what stays with the seller, verdict        channel/
      -> BidBook                     what takes more than one run               analysis/ (second method: dcf/)
      -> tables, figures, documents  a run folder                               reports/, cli/

`load_study(path)` is the way in; ``load_study(path).price()`` does all of it.
"""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"
__all__ = ["Case", "NplSimError", "__version__", "load_study"]

if sys.platform == "win32":
    warnings.warn(
        "Windows is not supported by npl_sim; expected Linux or macOS, or the Windows Subsystem for Linux (WSL)",
        RuntimeWarning,
        stacklevel=2,
    )

if TYPE_CHECKING:
    from npl_sim.core.errors import NplSimError
    from npl_sim.runs.case import Case, load_study


def __getattr__(name: str) -> Any:
    # Loaded when asked for, so that `import npl_sim` and the command line's help stay light.
    if name in ("Case", "load_study"):
        from npl_sim.runs import case as api

        return getattr(api, name)
    if name == "NplSimError":
        from npl_sim.core.errors import NplSimError

        return NplSimError
    raise AttributeError(f"module 'npl_sim' has no attribute {name!r}")
