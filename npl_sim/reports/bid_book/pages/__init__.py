"""Printed pages of a bid book: one module a page, with a function ``page(view) -> Page``.

`page` holds the parts of a page, and `view` what a page may show. `table` holds the tables,
`document` the order of the pages and the file.
"""
