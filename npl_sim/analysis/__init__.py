"""Analyses beyond one price: precision, contributions, sensitivities, margins, differences."""
