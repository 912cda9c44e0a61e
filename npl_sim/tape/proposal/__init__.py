"""Propose how a bank's workbooks are to be read: sheets, columns, units, codes and questions."""
