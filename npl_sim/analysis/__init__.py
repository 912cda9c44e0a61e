"""Questions that take more than one run: precision, contributions, sensitivities, margins, differences."""
