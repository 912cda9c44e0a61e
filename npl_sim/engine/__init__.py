"""From a study and a tape to simulated package flows."""
