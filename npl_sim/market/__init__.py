"""The world that all loans share: collateral indices, cooperation, court congestion, stress."""
