"""Finished scenarios on disk, so that an interrupted run can resume."""
