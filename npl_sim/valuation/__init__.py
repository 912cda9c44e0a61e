"""Valuation: from the cash of a package to prices, bids and the seller's hold value."""
