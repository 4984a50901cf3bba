"""Reviews as text: what is to be reviewed, and what was recorded."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from atlas.core.letters.proof import finding_text
from atlas.core.text import one_line, quote_under

if TYPE_CHECKING:
    from atlas.core.results.proof import Reviewed, ReviewShown, ReviewStanding


def render_subject(result: ReviewShown) -> str:
    """What is to be reviewed, where to look at it, the reviews that there are, and how to record one."""
    commit, folder, name = result["commit"][:12], quote(result["folder"]), result["module"]
    lines = [
        f"{name} is to be reviewed on commit {commit}, whose checks passed. It {standing_text(result['standing'])}.",
        f"Look at it in {folder}; leave everything there as it is.",
        f"What it changes: git -C {folder} diff {result['base'][:12]}...{commit}",
        "Criteria:",
        *(quote_under(f"  {one['id']}", one["criterion"], 2000) for one in result["criteria"]),
    ]
    for review in result["reviews"]:
        lines.append(f"Round {review['round']}, by {one_line(review['by'])}:")
        lines += [finding_text(one, review) for one in review["criteria"]]
    words = " ".join(f"--met {one['id']}=FILE:LINE" for one in result["criteria"])
    lines.append(
        f"Record what you find, each criterion once: atlas review {name} {words}; for one that is not met "
        "--unmet 'ID=FILE:LINE what is wrong'. In the place of FILE:LINE, a test's name may stand."
    )
    return "\n".join(lines)


def render_reviewed(result: Reviewed) -> str:
    """What a recorded review came to."""
    review, name = result["review"], result["module"]
    unmet = [one["id"] for one in review["criteria"] if not one["met"]]
    head = f"Recorded: review of {name} on {review['commit'][:12]} by {one_line(review['by'])}"
    if unmet:
        return f"{head}, {', '.join(unmet)} not met. It goes back to its agent, with these words."
    return f"{head}, every criterion met. It {standing_text(result['standing'])}."


def standing_text(standing: ReviewStanding) -> str:
    """How many reviews there are, to go on with a sentence."""
    by = f" (by {', '.join(map(one_line, standing['by']))})" if standing["by"] else ""
    if standing["unmet"]:
        return f"a review found {', '.join(standing['unmet'])} not met: it goes back to its agent"
    if len(standing["by"]) < standing["rounds"]:
        return f"waits for a review: {len(standing['by'])} of {standing['rounds']}{by}; `atlas status` says whose"
    return f"has {len(standing['by'])} of {standing['rounds']} reviews{by}"
