"""Agents' sessions: starting them, keeping them going, watching and polling them.

`launch` prepares a session, `session_start` starts it and sees it come up, `stopping` ends it.
`supervisor` keeps one alive without a terminal; `watchdog` finds who works past the hooks.
`watched_agents` are those looked at, `work_signs` what shows that they work, `activity` the newest of it.
`polling` asks agents how they stand, `asking` decides about each, `poll_answers` notes what they say.
"""
