"""Accounting for transfers: derecognition, continuing involvement, day-one entries (IFRS 9, CAS 23)."""
