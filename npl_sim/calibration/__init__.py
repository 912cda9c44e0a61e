"""Moments of observed workouts, and the terms of a study that they suggest."""

from npl_sim.calibration.moments import fit_collection, workout_moments

__all__ = ["fit_collection", "workout_moments"]
