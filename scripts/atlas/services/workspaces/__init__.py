"""Workspaces: making them, what lies in them, removing them.

`drafts` finds a free name, `reservation` records it, `building` makes it ready: `checkout`, `files`, `setting_up`.
`equipment` is what belongs into one, `own_files` those that ATLAS writes, `context_file` what the worker is told.
`workspaces` makes some for nobody yet. `removal` removes one, `saving` keeps what would be lost, `clearing` deletes
what is left, `restoring` makes one again whose folder is gone. `tools_script` is the verbs' door in the project itself.
"""
