"""The orchestration as a whole: dispatching modules, handing them over, carrying changes through."""
