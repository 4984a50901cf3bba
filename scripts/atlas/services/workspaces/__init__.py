"""Workspaces: making them, what lies in them, removing them.

`drafts` finds a free name, `reservation` records it, `building` makes it ready: `checkout`, `files`, `setting_up`.
`own_files` are those that ATLAS writes, `context_file` what is in one; `inside` writes them; `workspaces` makes some
for nobody yet. `removal` removes one, `saving` keeps what would be lost, `clearing` deletes what is left.
`tools_script` is the verbs' door in the project itself.
"""
