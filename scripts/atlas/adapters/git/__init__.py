"""Git, one subject a file: every call is a list of arguments to `git.run`.

`git` runs it; `refs` finds commits and moves branches; `tree_status` says what differs in a worktree.
`merge` merges in memory; `snapshots` makes a tree or a commit of what is in a worktree now; `commits` commits it all,
and reads commits.
`worktree` makes, lists and forgets worktrees; `losses` says what would be lost with one; `bundles` saves that first.
`checkout_pool` holds a checkout for a proof: a `clone` with what counts of its `source` and the `submodules`; `scrub`
clears a used one of what is not in the commit.
"""
