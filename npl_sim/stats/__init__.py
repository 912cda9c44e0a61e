"""Statistics of valuations: estimates with their errors, discounting, rates of return."""
