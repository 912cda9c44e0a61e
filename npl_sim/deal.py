"""Deals: ``npl_sim.deal.run`` runs a deal on cash, ``npl_sim.deal.size`` sizes its notes."""

from npl_sim.api.deals import DealResult, DealSizing, run, size

__all__ = ["DealResult", "DealSizing", "run", "size"]
