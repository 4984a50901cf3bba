"""The plan, from a goal to its approval, and the document that it is kept in.

`beginning` begins one, when `clearance` has emptied the tables; `module_edits` changes its modules.
`plan` says how it stands and enters its states; `approval` closes it, and gives the document that may be started.
`document.PlanDocument` is the file: front matter that people and scripts both write.
"""
