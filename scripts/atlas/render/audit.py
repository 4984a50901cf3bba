"""The history and the doctor's findings as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atlas.core.text import mark_lines, one_line, printable_text

if TYPE_CHECKING:
    from atlas.core.results.doctor import DoctorResult
    from atlas.core.results.project import ChangedBy, ChangedRecord, HistoryChange, HistoryEvent, HistoryResult

_MOST = 8


def render_history(result: HistoryResult) -> str:
    """A line for each change, newest last, then what is wrong, then how tables and replay compare."""
    lines = [_change_line(change) for change in result["changes"]] or ["No change fits."]
    lines += ["", *result["faults"]] if result["faults"] else [""]
    if result["unfinished_bytes"]:
        lines.append(
            f"An unfinished change of {result['unfinished_bytes']} bytes stands at the end: nobody was told of it."
        )
    total = f"{result['total']} change{'' if result['total'] == 1 else 's'}"
    if result["equal"]:
        lines.append(f"The tables equal the replay of {total}.")
    else:
        lines += [f"The tables differ from the replay of {total}:", *_clip_lines(result["differences"])]
    if result["faults"] or not result["equal"]:
        lines.append("Next: atlas doctor")
    return "\n".join(map(printable_text, lines))


def _change_line(change: HistoryChange) -> str:
    """What was done, and under it, marked, what was said; where no events were kept, which records were changed."""
    done = [event["words"].removesuffix(f": {_text_of(event)}") for event in change["events"]]
    parts, between = (done, "; ") if done else ([_record_line(record) for record in change["records"]], ", ")
    more = f"{between}and {len(parts) - _MOST} more" if len(parts) > _MOST else ""
    head = f"{change['seq']:>5}  {change['at']}  {_actor_name(change['actor'])}  {change['verb']}: "
    said = [f"       {mark_lines(text)}" for event in change["events"][:_MOST] if (text := _text_of(event))]
    return "\n".join([head + between.join(parts[:_MOST]) + more, *said])


def _text_of(event: HistoryEvent) -> str:
    """What somebody said in it."""
    return str(event["fields"].get("text") or "")


def _actor_name(actor: ChangedBy | None) -> str:
    who = actor or {"role": "unknown", "agent": None, "session": None}
    session = f" (session {who['session']})" if who["session"] else ""
    return f"{who['agent'] or who['role']}{session}"


def _record_line(record: ChangedRecord) -> str:
    if record["kind"] == "plan":
        return "plan"
    return f"{record['kind']} {record['id']}" + (f" {record['status']}" if record["status"] else "")


def _clip_lines(lines: list[str]) -> list[str]:
    more = [f"and {len(lines) - _MOST} more"] if len(lines) > _MOST else []
    return [f"  {one_line(line)}" for line in (*lines[:_MOST], *more)]


def render_findings(result: DoctorResult) -> str:
    """What was mended, then a line for each finding with what to do about it, then the count."""
    lines = [f"mended   {one_line(line, 400)}" for line in result["mended"]]
    for finding in result["findings"]:
        lines.append(f"{finding['level']:8} {finding['about']}: {one_line(finding['what'], 400)}")
        if finding["mend"]:
            lines.append(f"{'':9}→ {finding['mend']}")
    return "\n".join([*lines, "", _verdict_line(result)])


def _verdict_line(result: DoctorResult) -> str:
    if not result["problems"] and not result["warnings"]:
        return "All is well."
    return ", ".join(
        f"{number} {name}{'' if number == 1 else 's'}"
        for name, number in (("problem", result["problems"]), ("warning", result["warnings"]))
        if number
    )
