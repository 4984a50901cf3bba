"""The store: records in tables, changed by transactions, with an append-only history as the truth."""
