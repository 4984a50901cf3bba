"""The records that ATLAS stores: one file a family, the kinds, and the one table of legal status changes."""
