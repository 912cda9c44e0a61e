"""Cash that came against the plan, the forecast of the rest, and what they are worth."""
