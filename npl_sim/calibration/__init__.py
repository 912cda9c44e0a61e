"""From observed workouts to the words of a study."""
