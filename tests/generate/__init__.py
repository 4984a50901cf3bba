"""Files that are made from others: each module here makes some, by a function `generated()`.

`generated()` returns the text of each file by its path from the repository's root. `make generate` writes them, and a
test fails when one of them is stale.
"""
