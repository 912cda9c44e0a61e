"""Bid book for a committee: tables, sentences and figures.

Tables are in `price`, `two_sides`, `sensitivities`, `concentration`, `prudence` and `assumptions`;
sentences in `sentences` and `decision_points`. The workbook, the HTML report and the terminal show
the same tables and sentences.
"""
