"""Use cases: price, bid, deal, channel, compare, batch, validate; and their run folders."""
