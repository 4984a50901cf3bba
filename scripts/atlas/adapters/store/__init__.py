"""The store: records in tables, changed by transactions, with an append-only history as the truth.

`file_store` reads and commits; `transaction` is what a verb works on; `lock` lets one command write at a time.
`log` is the history, `replay` the state that it leads to, `checkpoint` what one consistent state consists of.
`tables` and `schema` are the form of records; `spool` has the facts that hooks leave; `exclude` hides files from git.
`recovery` makes tables again from the history; `survey`, `repair` and `leftovers` look at everything and mend it.
"""
