"""May this tool call go ahead: read in hooks, so its modules import next to nothing.

`decision.judge_call` is the one question, of a `role_view` and a `tool_call`; `refusals` words what is refused.
`edit_rules` and `command_rules` are the rules; `targets` and `protected_paths` say what is written, and whose it is.
`shell` and `shell_lexer` read a command, `programs` its programs; `writes`, `git_calls` and `atlas_calls` what they do.
"""
