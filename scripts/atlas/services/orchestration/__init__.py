"""The orchestration as a whole: starting it, dispatching modules, handing them over, carrying changes through.

`starting` begins it, `leading` says which session leads, `workflow` whether it is over.
`assigning` and `reassigning` give modules to agents by an `order`; `dispatch` carries it out and makes the workspace.
`handover` stops an agent and saves its work, when `stop_receipt` has seen that it knows; `cancelling` lets it go on.
`modules` changes what is asked while the work goes on.
"""
