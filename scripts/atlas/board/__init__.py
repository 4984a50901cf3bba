"""What people look at: the status and its text.

`status` gathers what a board shows; `text` lays it out in sections, `rows` words the rows of each.
"""
