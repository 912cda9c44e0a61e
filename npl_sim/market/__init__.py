"""Systematic factors of all loans: collateral indices, cooperation, congestion, stress."""
