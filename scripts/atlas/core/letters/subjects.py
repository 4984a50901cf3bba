"""The texts that ATLAS sends to agents. Subjects have a fixed grammar with the assignment's UUID in it."""

from __future__ import annotations

from atlas.core.records.plan import Module
from atlas.core.text import one_line

_LONGEST_NAME = 100
"""In a subject, which has to have room for the UUID."""


def task_subject(module: Module, task_uuid: str) -> str:
    return f"[TASK] Module: {one_line(module['name'], _LONGEST_NAME)} - UUID: {task_uuid}"


def understanding_subject(module: Module, task_uuid: str) -> str:
    return f"[UNDERSTANDING] Module: {one_line(module['name'], _LONGEST_NAME)} - UUID: {task_uuid}"


def repetition_subject(module: Module, task_uuid: str) -> str:
    return f"RE: {task_subject(module, task_uuid)} - REPETITION NEEDED"


def correction_subject(module: Module, task_uuid: str) -> str:
    return f"RE: {task_subject(module, task_uuid)} - CORRECTION NEEDED"


def authorized_subject(module: Module, task_uuid: str) -> str:
    return f"RE: {task_subject(module, task_uuid)} - AUTHORIZED TO PROCEED"


def clarification_subject(module: Module, task_uuid: str) -> str:
    return f"[CLARIFICATION] Module: {one_line(module['name'], _LONGEST_NAME)} - UUID: {task_uuid}"


def returned_subject(module: Module, task_uuid: str) -> str:
    return f"[STOP] Module: {one_line(module['name'], _LONGEST_NAME)} - UUID: {task_uuid} - Returned"


def unassigned_subject(module: Module, task_uuid: str) -> str:
    return f"[RETURNED] Module: {one_line(module['name'], _LONGEST_NAME)} - UUID: {task_uuid}"


def stop_subject(module: Module, task_uuid: str) -> str:
    return f"[STOP] Module: {one_line(module['name'], _LONGEST_NAME)} - UUID: {task_uuid} - Reassigned"


def poll_subject(module: Module, number: int) -> str:
    return f"[POLL] Module: {one_line(module['name'], _LONGEST_NAME)} - Progress Check #{number}"


def handoff_subject(module: Module, task_uuid: str) -> str:
    return f"[HANDOFF] Module: {one_line(module['name'])} - UUID: {task_uuid}"


def resume_subject(module: Module, task_uuid: str) -> str:
    return f"[RESUME] Module: {one_line(module['name'])} - UUID: {task_uuid}"


def verify_update_subject(module: Module, task_uuid: str) -> str:
    return f"[UPDATE-VERIFY] Module: {one_line(module['name'])} - UUID: {task_uuid}"


def silent_subject(module: Module, task_uuid: str) -> str:
    return f"[ESCALATION] Module: {one_line(module['name'])} - UUID: {task_uuid} - No Answer"


def update_subject(module: Module, task_uuid: str) -> str:
    return f"[UPDATE] Module: {one_line(module['name'], _LONGEST_NAME)} - UUID: {task_uuid}"


def failed_subject(module: Module, task_uuid: str, attempt: int) -> str:
    return f"VERIFICATION LOOP {attempt}: {one_line(module['name'], _LONGEST_NAME)} - UUID: {task_uuid}"
