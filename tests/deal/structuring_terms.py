"""Terms and helpers that test_structuring.py, test_retention.py, test_frontier.py share."""

from __future__ import annotations

import numpy as np

YEARS = np.array([366, 731, 1096]) / 365


SELLER = {"gross_carrying": 500.0, "provisions": 380.0, "retained_rate": 0.1}
