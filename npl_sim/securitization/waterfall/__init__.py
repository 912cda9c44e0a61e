"""The waterfall: collections paid out by date, in every scenario."""
