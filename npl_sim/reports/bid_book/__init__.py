"""The bid book: what a committee reads, as tables, sentences and figures.

Numbers become `Table`s of plain values with a kind for each column (`table`), one file for each
question: `price`, `sides`, `moves`, `where`, `care` and `origin`. What follows from the numbers is
put in sentences in `words` and `points`. The workbook, the HTML report and the terminal show the
same tables and sentences.
"""
