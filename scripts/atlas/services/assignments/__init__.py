"""Agents and people, and who has which module.

`agents` registers them; `assignments` finds and ends the live assignment of a module.
`giving` gives a module, `taking` takes it from one agent for another; `reports` is what agents say of theirs.
`handoff` makes, keeps and sends the document for whoever gets a module next, from `handoff_facts`.
"""
