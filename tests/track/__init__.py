"""Cash that came against the plan."""
