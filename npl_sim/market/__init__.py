"""Market: systematic factors of all loans: collateral indices, cooperation, court congestion, stress."""
