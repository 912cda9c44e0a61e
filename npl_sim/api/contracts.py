"""Channel contracts: what a sale leaves with the seller, from cash."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.api.result import Result
from npl_sim.api.simulations import Simulation

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from npl_sim.channels.result import ChannelResult
    from npl_sim.channels.terms.contract import ChannelContract
    from npl_sim.core.issues import Issue
    from npl_sim.runs.channel import RetainedRisk as UseCaseResult
    from npl_sim.runs.folder import Run, SaveOptions
    from npl_sim.runs.place import RunPlace

__all__ = ["RetainedRisk", "channel", "read_contract"]


class RetainedRisk(Result):
    """Risk that a seller keeps under a contract: cash by party, shares, verdict, capital.

    Make one with `npl_sim.channel`.

    Attributes
    ----------
    risk : npl_sim.runs.channel.RetainedRisk
        The measured contract as the commands use it.
    """

    def __init__(self, risk: UseCaseResult) -> None:
        self.risk = risk

    @property
    def measured(self) -> ChannelResult:
        """Every version of the contract, measured in the same scenarios."""
        return self.risk.result

    @property
    def verdict(self) -> dict[str, Any]:
        """Verdict on derecognition, with steps, figures and paragraphs, as plain data.

        Where facts or figures are missing, the verdict says so and names them.
        """
        from npl_sim.reports.channel.verdict_values import head_values

        return head_values(self.measured, self.risk.judgments)

    @property
    def capital(self) -> dict[str, Any]:
        """Capital claimed and earned by version of the contract; empty without capital terms."""
        from npl_sim.reports.channel.verdict import verdict_summary

        found = verdict_summary(self.risk.judgments)
        return {x.get("version", ""): x["capital"] for x in found if x.get("capital")}

    @property
    def issues(self) -> tuple[Issue, ...]:
        """Issues of the package and of the contract, the most important first."""
        return self.risk.issues

    def _tables(self) -> Mapping[str, pd.DataFrame]:
        from npl_sim.reports.channel.tables import tables

        return tables(self.measured, False)

    def _figures(self) -> Mapping[str, Callable[[], Figure]]:
        from npl_sim.reports.channel.plots import drawings

        return drawings(self.measured)

    def _report(self) -> str:
        from npl_sim.api.text import WIDTH, report_text
        from npl_sim.reports.channel.text import channel_report
        from npl_sim.reports.channel.verdict import verdict_texts
        from npl_sim.reports.channel.verdict_head import head_text

        measured = self.measured
        parts = [
            head_text(measured, self.risk.judgments, WIDTH),
            report_text(channel_report(measured, self.issues)),
            *verdict_texts(self.risk.judgments, measured.currency, WIDTH),
        ]
        return "\n\n".join(part.strip("\n") for part in parts)

    def _values(self) -> dict[str, Any]:
        from npl_sim.reports.channel.tables import summary
        from npl_sim.reports.channel.verdict import verdict_summary
        from npl_sim.reports.heading import issue_values

        return {
            "verdict": self.verdict,
            **issue_values(self.issues),
            **summary(self.measured),
            "verdicts": verdict_summary(self.risk.judgments),
        }

    def _save(self, place: RunPlace, options: SaveOptions) -> Run:
        from npl_sim.runs.channel import save_channel

        return save_channel(self.risk, place, options)


def read_contract(path: str | Path) -> ChannelContract:
    """Read and validate a channel contract.

    Parameters
    ----------
    path : str or Path
        YAML file of the contract.

    Returns
    -------
    ChannelContract
        Price, vehicles, undertakings, servicing and the side letter where there is one.

    Raises
    ------
    StudyError
        With every issue of the contract: file, line, column, key, value and what was expected.

    Examples
    --------
    >>> import npl_sim as npl
    >>> npl.read_contract("configs/channel/clean_sale.yaml").name
    'clean sale'
    """
    from npl_sim.study.contract_file import load_contract

    return load_contract(path)


def channel(
    contract: ChannelContract,
    simulation: Simulation,
    *,
    side_letter: ChannelContract | None = None,
) -> RetainedRisk:
    """Measure what a sale through a channel leaves with the seller.

    Parameters
    ----------
    contract : ChannelContract
        The contract that is disclosed; a side letter in it makes a second version.
    simulation : Simulation
        Cash of the package.
    side_letter : ChannelContract, optional
        The contract with its side letter, where it is a file of its own.

    Returns
    -------
    RetainedRisk

    Raises
    ------
    ChannelError
        If contract and package do not fit: currency, months, amounts.

    Notes
    -----
    The verdict depends on cash and legal facts only, not on the names of terms in the contract.
    Derecognition follows IFRS 9 section 3.2 (CAS 23), and capital follows Basel CRE and the CRR.
    `docs/channel_verdict.md` cites the paragraphs.
    """
    from npl_sim.runs.channel import check_contract, measure_contract
    from npl_sim.runs.channel_cash import simulated_outcomes

    check_contract(simulation.study.session, contract, side_letter)
    cash = simulated_outcomes(contract, simulation.simulated)
    return RetainedRisk(measure_contract(contract, cash, side_letter))
