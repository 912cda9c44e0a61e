"""Explain one loan: dates, stages and routes, with the real engine."""
