"""Calibration: from observed workouts to the terms of a study."""
