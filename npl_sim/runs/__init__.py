"""Use cases: price, bid, deal, channel, compare, batch, and the folders in which runs are saved."""
