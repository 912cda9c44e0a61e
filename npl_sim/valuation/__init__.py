"""From package flows to prices."""
