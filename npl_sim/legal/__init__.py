"""Law as dated data: limitation periods, fee schedules, caps."""
