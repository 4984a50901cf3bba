"""The integration branch, and what would conflict on it.

`branch_choice` chooses the branch at the start, `branch` keeps it where ATLAS left it, `landing` brings work onto it.
`conflicts` finds what would conflict while the work goes on, and tells the workers; `conflict_cache` keeps the merges.
"""
