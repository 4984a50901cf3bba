"""Evidence that a module is done: ATLAS runs its checks itself, on a commit that it then integrates.

`evidence.complete` is the operation; `work` is what it judges, `outcome` what it records before and after.
"""
