"""The records that ATLAS stores: one file a family, the kinds, and the one table of legal status changes.

Beside each record stands its constructor: required fields are its arguments, the rest begins as the constructor says.
The order of the fields is the order in which they are stored.
"""
