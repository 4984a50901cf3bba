"""Pure decisions about time and turns.

`poll_schedule` says when an agent is asked how it stands; `attendance` whether somebody is there to work.
`whose_turn` says who is to move; `next_action` what the lead or an agent is to do, and for whom else it is waited.
`actions` are what they are sent on with; `lead_view`, `lead_talks` and `lead_actions` are those of the lead.
`digest` says what a session has not been told yet, `summary` how the work stands.
"""
