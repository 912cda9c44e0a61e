"""Explanation of one loan: dates, stages and routes, with the engine itself."""
