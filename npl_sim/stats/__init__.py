"""What every valuation shares: estimates with their errors, discounting, rates of return."""
