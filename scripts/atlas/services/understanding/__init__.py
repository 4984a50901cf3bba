"""Whether an agent has understood its task, and each change of it.

`repetition` records how an agent repeats its task, compared with the module and with `claims` of others;
`correction` tells it what was wrong; `questions` are asked and answered; `verification` says how it all stands.
`judgement` and `authorisation` are the lead's words, by `lead_steps`.
`update_sending` tells of a change, `update_answers` is the agent's part in it, `update_decisions` the lead's, by
`update_steps`; `updates` lists them.
"""
