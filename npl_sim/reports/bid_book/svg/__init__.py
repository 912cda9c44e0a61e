"""Charts as SVG with text as text: pure functions from numbers to markup."""
