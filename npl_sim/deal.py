"""Run a deal on the cash of a package, or size its notes: ``npl_sim.deal.run`` and ``npl_sim.deal.size``."""

from npl_sim.api.deals import DealResult, DealSizing, run, size

__all__ = ["DealResult", "DealSizing", "run", "size"]
