"""A whole orchestration on a small real repository, told as it happens: `python3 -m tests.demo`.

Everything is real but the thinking: git, the commands, and the two agents' processes, which read their mail, write,
commit and report. Exit codes: 0 all was as told; 1 something was not, and is named.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from pathlib import Path

from . import example
from .agent import GO_HOME, GO_ON
from .stage import PERSON, Stage, Worker, Wrong, say, title

LEAD, WORDSMITH, ABACUS = "lead", "wordsmith", "abacus"
"""The client sessions. An agent's session is known by its name, and bound when it reads the agent's mail."""
TEST = "python3 -m unittest -q tests.test_"


def main() -> int:
    try:
        with tempfile.TemporaryDirectory(prefix="atlas-demo-") as folder, contextlib.ExitStack() as team:
            tell(Stage(Path(folder).resolve() / "wordcount"), team)
    except (Wrong, subprocess.SubprocessError, OSError) as error:
        print(f"\ndemo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def tell(stage: Stage, team: contextlib.ExitStack) -> None:
    """The story, from its beginning; `team` ends the agents' processes. Raises Wrong where it is not as told."""
    make_repository(stage)
    plan(stage)
    first, second = workers = gather(stage, team)
    understand(stage, first)
    fail_and_mend(stage, first)
    steer(stage, first, second)
    hand_over(stage, first, second)
    work_in_person(stage, second)
    fit_together(stage, second)
    finish(stage, second)
    for worker in workers:
        stage.atlas("notify", worker.name, "--subject", GO_HOME, "--message", "Well done.", session=LEAD)
        worker.follow(f"reads: {GO_HOME}")
    say("That was a whole orchestration, from the first sentence to complete.")


def make_repository(stage: Stage) -> None:
    title("A small repository")
    say("A word counter, of which only the tests are written.")
    for name, text in example.FILES.items():
        path = stage.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    stage.run("git", "init", "--quiet", "--initial-branch=main")
    stage.run("git", "config", "user.name", "Carol")
    stage.run("git", "config", "user.email", "carol@example.invalid")
    stage.run("git", "add", "--all")
    stage.run("git", "commit", "--quiet", "--message=Tests of a word counter")
    stage.atlas("env", "--wait", says="is ready")


def plan(stage: Stage) -> None:
    title("A goal becomes a plan")
    say("The lead, a Claude Code session, writes the goal down and cuts the work into modules that can be checked.")
    stage.atlas("plan", example.GOAL, session=LEAD)
    add_module(stage, "Tokenizer", "Text becomes words", "high", scope="wordcount/tokenizer.py")
    add_module(stage, "Counter", "Every word is counted", "medium", "tokenizer")
    add_module(stage, "Report", "The most frequent word comes first", "low")
    add_module(stage, "CLI", "The words of a file are counted", "medium", "counter", "report")
    stage.atlas("approve", session=LEAD)
    stage.atlas("start", session=LEAD, says="ready: tokenizer, report")


def add_module(stage: Stage, name: str, criteria: str, priority: str, *needs: str, scope: str = "") -> None:
    words = ["--name", name, "--criteria", criteria, "--priority", priority, "--check", f"{TEST}{name.lower()}"]
    for needed in needs:
        words += ["--depends-on", needed]
    if scope:
        words += ["--scope", scope]
    stage.atlas("requirement", "add", *words, session=LEAD)


def gather(stage: Stage, team: contextlib.ExitStack) -> list[Worker]:
    title("A team")
    stage.atlas("register", "ai", WORDSMITH, session=LEAD, says="implementer-1 is now registered")
    stage.atlas("register", "ai", ABACUS, session=LEAD, says="implementer-2 is now registered")
    stage.atlas("register", "human", PERSON, session=LEAD)
    say("Both agents start, each a process of its own, and wait for mail. No model is asked while they wait.")
    agents = (("implementer-1", WORDSMITH), ("implementer-2", ABACUS))
    workers = [team.enter_context(Worker(stage, *agent)) for agent in agents]
    for worker in workers:
        worker.follow()
    return workers


def understand(stage: Stage, worker: Worker) -> None:
    title("Understood is what can be said in other words")
    say("Nothing is begun before what it builds on is there.")
    stage.atlas("assign", "cli", "implementer-2", session=LEAD, code=1, says="depends on counter, report")
    stage.atlas("assign", "tokenizer", "implementer-1", session=LEAD)
    say("The agent first repeats its task. ATLAS compares that with the module, and finds a file that is not its own.")
    worker.follow("reads: [TASK]", "Attempt 1 to repeat tokenizer is not right", "Recorded: attempt 2")
    say("Until the lead has confirmed it, too, the agent may not begin.")
    begin = ("report", "tokenizer", "started")
    stage.atlas(*begin, session=WORDSMITH, code=1, says="the lead has to confirm your repetition")
    stage.atlas("verify-instructions", "status", "tokenizer", session=LEAD, says="| Files: wordcount/tokenizer.py")
    let_begin(stage, worker, "tokenizer")


def let_begin(stage: Stage, worker: Worker, module: str) -> None:
    """Confirm what an agent said about its task, and authorise it."""
    confirm = ("record-repetition", worker.name, "--module", module, "--correct")
    stage.atlas("verify-instructions", *confirm, session=LEAD)
    worker.follow("reads: [CLARIFICATION]")
    stage.atlas("verify-instructions", "authorize", worker.name, "--module", module, session=LEAD)


def assign(stage: Stage, worker: Worker, module: str) -> None:
    """Give an agent a module, and have it understood."""
    stage.atlas("assign", module, worker.name, session=LEAD)
    worker.follow("reads: [TASK]", f"$ atlas repeat {module}")
    let_begin(stage, worker, module)


def fail_and_mend(stage: Stage, worker: Worker) -> None:
    title("Done is what passes the checks")
    worker.follow("reads: RE: [TASK]", "$ atlas report tokenizer done")
    say("The agent calls it done. It may not say so itself, and ATLAS does not take its word for it:")
    stage.atlas("complete", "tokenizer", session=WORDSMITH, code=1, says="may not use 'complete'")
    stage.atlas("complete", "tokenizer", session=LEAD, code=2, says="a check failed")
    say("The agent was told what failed, and mends it.")
    mended = ("commits wordcount/tokenizer.py: Mend tokenizer", "$ atlas report tokenizer done")
    worker.follow("reads: VERIFICATION LOOP", *mended)
    stage.atlas("complete", "tokenizer", session=LEAD, says="tokenizer is complete on commit")


def steer(stage: Stage, first: Worker, second: Worker) -> None:
    title("A word in a worker's ear")
    say("Both agents are at work, each in a workspace of its own, and both begin to write the same file.")
    assign(stage, first, "counter")
    first.follow("drafts wordcount/__init__.py", "$ atlas report counter blocked")
    stage.atlas("assign", "report", "implementer-2", session=LEAD)
    second.follow("reads: [TASK]", "$ atlas ask report")
    stage.atlas("answer", "report", "By name.", session=LEAD, says="q1 of report is answered")
    second.follow("reads: [CLARIFICATION]")
    let_begin(stage, second, "report")
    second.follow("drafts wordcount/__init__.py", "$ atlas report report progress")
    say("Nothing is committed yet, and still ATLAS sees what would conflict. Both agents are told; the lead decides.")
    stage.atlas("conflicts", session=LEAD, code=2, says="counter and report would conflict")
    stage.atlas("interrupt", "implementer-2", "Leave wordcount/__init__.py to implementer-1.", session=LEAD)
    stage.atlas("notify", "implementer-2", "--subject", GO_ON, "--message", "As you were.", session=LEAD)
    say("An agent's client asks the workspace's hook before every tool call. It lets the next one not happen:")
    second.follow(f"reads: {GO_ON}", "is stopped:", "takes back wordcount/__init__.py")
    stage.atlas("conflicts", session=LEAD, says="Gone: counter and report")
    stage.atlas("status", session=LEAD, says="delivered")


def hand_over(stage: Stage, first: Worker, second: Worker) -> None:
    title("Work changes hands")
    say("One agent cannot do it, and said so. Work that has begun is only taken away on purpose; both agents are told.")
    stage.atlas("reassign", "counter", "--to", "implementer-2", session=LEAD, code=1, says="work has begun")
    say("What it began is not lost: it is committed to its branch, and that is where the other one goes on.")
    take = ("reassign", "counter", "--to", "implementer-2", "--force", "--wait", "1")
    stage.atlas(*take, session=LEAD, says="where the other goes on")
    first.follow("reads: [STOP]")
    second.follow("reads: [TASK]", "$ atlas repeat counter")
    let_begin(stage, second, "counter")
    second.follow("$ atlas report counter done")


def work_in_person(stage: Stage, second: Worker) -> None:
    title("People work too")
    stage.atlas("reassign", "report", "--to", PERSON, "--force", "--wait", "1", session=LEAD, says="tell them")
    second.follow("reads: [STOP]")
    say("Carol works in the project itself, in a plain terminal, and takes in what is finished.")
    say("Nobody is taken at their word. The check runs on a fresh clone, which has no file that she did not commit.")
    stage.run("git", "merge", "--quiet", "--no-edit", "atlas/integration")
    write(stage, "report.py", example.REPORT_UNSURE)
    stage.atlas("complete", "report", session=LEAD, code=2, says="no check saw it: wordcount/report.py")
    say("What she wrote works the second time only. What fails and then passes on the same tree proves nothing.")
    commit(stage, "Add report")
    stage.atlas("complete", "report", session=LEAD, code=2, says="a check is flaky")
    say("She mends that, and while she is at it finds a better name for a function. All of her own checks pass.")
    write(stage, "report.py", example.REPORT)
    rename_words(stage)
    commit(stage, "Mend report, and words are called tokens")
    stage.atlas("report", "report", "done")
    stage.atlas("complete", "report", session=LEAD, says="report is complete on commit")


def write(stage: Stage, name: str, text: str) -> None:
    (stage.folder / "wordcount" / name).write_text(text, encoding="utf-8")


def commit(stage: Stage, message: str) -> None:
    stage.run("git", "add", "--all", "wordcount", "tests")
    stage.run("git", "commit", "--quiet", f"--message={message}")


def rename_words(stage: Stage) -> None:
    """Call the tokenizer's function `tokens`, in its test too."""
    for path in (stage.folder / "wordcount" / "tokenizer.py", stage.folder / "tests" / "test_tokenizer.py"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("words(", "tokens(").replace("import words", "import tokens"), encoding="utf-8")


def fit_together(stage: Stage, worker: Worker) -> None:
    title("What passed alone may not fit together")
    say("The counter passes in its workspace. But it uses the old name of the function: on the merged tree it fails.")
    stage.atlas("complete", "counter", session=LEAD, code=2, says="a check failed")
    worker.follow(
        "reads: VERIFICATION LOOP", "commits wordcount/counter.py: Mend counter", "$ atlas report counter done"
    )
    stage.atlas("complete", "counter", session=LEAD, says="counter is complete on commit")


def finish(stage: Stage, worker: Worker) -> None:
    title("To the end")
    stage.atlas("check", session=LEAD, code=2, says="cli is pending")
    assign(stage, worker, "cli")
    worker.follow("$ atlas report cli done")
    say("The agent found the test in its way and emptied it. A run in which no test ran proves nothing.")
    stage.atlas("complete", "cli", session=LEAD, code=2, says="a check could not run")
    worker.follow("reads: VERIFICATION LOOP", "commits wordcount/__main__.py: Mend cli", "$ atlas report cli done")
    say("The lead may look first. What passed on a tree need not run again on the very same one.")
    stage.atlas("verify", "cli", session=LEAD, says="it is not landed yet")
    stage.atlas("complete", "cli", session=LEAD, says="the orchestration is over")
    stage.atlas("check", session=LEAD, says="the orchestration is complete")
    stage.atlas("status", session=LEAD, says="complete, 4 of 4 modules complete")
    say("Whoever clones the integration branch finds that every check passes.")
    stage.run("git", "clone", "--quiet", "--branch", "atlas/integration", ".", "../fresh")
    stage.run("sh", "-c", "cd ../fresh && python3 -m unittest discover --quiet --top-level-directory . tests")
    say("The finished work is on the integration branch. The person brings it home, and it works.")
    stage.run("git", "merge", "--quiet", "--no-edit", "atlas/integration")
    stage.run("python3", "-m", "wordcount", "fish.txt", says=example.COUNTED)
    stage.atlas("history", "--limit", "5", session=LEAD, says="The tables equal the replay")


if __name__ == "__main__":
    raise SystemExit(main())
