"""The process that a check runs under, so that nothing is left of it: `python -I -S reaper.py`, started by `checks`.

It reads its order from standard input, one line of JSON, and answers on standard output with another. Standard input
stays open for as long as ATLAS's command lives: at its end this process ends the check, and itself.

Where the system has sub-reapers (Linux), each process that the check started becomes a child of this one when its own
parent ends, whatever session or group it has made for itself; so all of them are found. Elsewhere `ps` finds
descendants, and misses those whose parents have ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

_TAIL = 4000  # bytes of output that go into the record
_CHUNK = 65_536  # what a pipe holds
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of prctl(2)
_END_SECONDS = 10  # a process that cannot be killed for so long waits for a device, or is another user's
_ROUND_SECONDS = 0.001
_WALK_SHARE = 20  # the disk is looked at for one part of the time in so many
_WALK_SECONDS = 0.5
_ENDINGS = frozenset((signal.SIGTERM, signal.SIGINT, signal.SIGHUP))
_ABANDONED = "abandoned"


def main() -> None:
    """Run one check, and answer how it ended; nothing is answered when ATLAS's command has died."""
    order = json.loads(_read_order())
    is_reaper = _become_reaper()
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, *_ENDINGS):
        signal.signal(number, _note_signal)
    check = _Check(order, wake, waker)
    try:
        check.wait()
    finally:
        _end_children(check.shell, is_reaper)
    check.take_rest()
    if check.stopped != _ABANDONED:
        with contextlib.suppress(BrokenPipeError):  # ATLAS's command died this very moment
            os.write(1, json.dumps({**check.answer(), "reaper": is_reaper}).encode())


def _read_order() -> bytes:
    """The first line of standard input, and nothing beyond it."""
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(0, _CHUNK)
        if not piece:
            raise SystemExit(1)
        line += piece
    return line


def _become_reaper() -> bool:
    """Have the kernel give this process the orphans of its descendants; returns whether the system does."""
    try:
        return bool(ctypes.CDLL(None, use_errno=True).prctl(_SUBREAPER, 1, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False


def _note_signal(number: int, frame: object) -> None:
    """Nothing: the signal's number has been written into the pipe that is waited on."""


class _Check:
    """A running check. `shell` is its first process, if one could be started; `stopped` is why it was ended."""

    def __init__(self, order: dict[str, Any], wake: int, waker: int) -> None:
        self.shell: int | None = None
        self.code: int | None = None
        self.stopped: str | None = None
        self._wake = wake
        self._most = order["output"]
        self._printed, self._tail, self._hash = 0, b"", hashlib.sha256()
        self._output, output = os.pipe()
        os.set_blocking(self._output, False)
        self._began = self._ended = time.monotonic()
        self._deadline = self._began + order["seconds"]
        try:
            self._start_shell(order, output)
        except OSError as error:
            self.code = 127
            self._keep(f"{error}\n".encode())
        os.close(output)
        self._is_full = threading.Event()
        watch = (order["folders"], order["disk"], self._is_full, waker)
        threading.Thread(target=_watch_disk, args=watch, daemon=True).start()

    def _start_shell(self, order: dict[str, Any], output: int) -> None:
        # Kept for its own sake: one that is thrown away takes in how its process ended.
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", order["command"].encode("latin-1")],
            cwd=order["folder"].encode("latin-1"),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # A session of its own has no terminal that could be asked for a password.
            start_new_session=True,
            env={name.encode("latin-1"): value.encode("latin-1") for name, value in order["environment"].items()},
        )
        self.shell = self._process.pid

    def wait(self) -> None:
        """Wait until the shell ends, or a limit is reached, or ATLAS's command dies."""
        watched = [0, self._wake, self._output]
        while self.code is None and self.stopped is None:
            left = self._deadline - time.monotonic()
            ready = select.select(watched, [], [], max(left, 0))[0]
            if self._output in ready and not self._take():
                watched.remove(self._output)
            if 0 in ready and not os.read(0, _CHUNK):
                self.stopped = _ABANDONED
            elif self._printed > self._most:
                self.stopped = "output"
            elif self._wake in ready:
                self._hear()
            if left <= 0 and self.code is None:  # also where children end without a pause
                self.stopped = self.stopped or "time"
        self._ended = time.monotonic()

    def _hear(self) -> None:
        """A signal has come, or the disk's watcher has something to say."""
        heard = os.read(self._wake, _CHUNK)
        _, self.code = _reap(self.shell)
        if self.code is None and self._is_full.is_set():
            self.stopped = "disk"
        elif not _ENDINGS.isdisjoint(heard):
            self.stopped = _ABANDONED

    def _take(self) -> bool:
        """Take in what is printed now; returns whether more may come."""
        try:
            piece = os.read(self._output, _CHUNK)
        except BlockingIOError:
            return True
        self._keep(piece)
        return piece != b""

    def _keep(self, piece: bytes) -> None:
        self._printed += len(piece)
        self._tail = (self._tail + piece)[-_TAIL:]
        self._hash.update(piece)

    def take_rest(self) -> None:
        """Take in what was printed and not read yet: a pipe full of it, and no more if somebody still prints."""
        for _ in range(64):
            before = self._printed
            self._take()
            if self._printed == before:
                return

    def answer(self) -> dict[str, Any]:
        """How it ended."""
        return {
            "exit_code": self.code,
            "stopped": self.stopped,
            "seconds": round(self._ended - self._began, 3),
            "output_tail": self._tail.decode(errors="replace"),
            "output_sha256": self._hash.hexdigest(),
        }


def _reap(shell: int | None) -> tuple[bool, int | None]:
    """Take in the children that have ended: whether one is left, and the exit code of the shell if it is among them."""
    code = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False, code
        if pid == 0:
            return True, code
        if pid == shell:
            code = os.waitstatus_to_exitcode(status)


def _end_children(shell: int | None, is_reaper: bool) -> None:
    """Kill and reap until no child is left, or what is left cannot be killed."""
    deadline = time.monotonic() + _END_SECONDS
    while time.monotonic() < deadline:
        found = _children() if is_reaper else _descendants_by_ps(shell)
        for pid in found:
            _kill(pid)
        is_one_left, _ = _reap(shell)
        if not is_one_left and (is_reaper or not found):
            return
        time.sleep(_ROUND_SECONDS)


def _kill(pid: int) -> None:
    """Kill a descendant with its group, which a process cannot leave by forking while it is killed."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        group = os.getpgid(pid)
        if group != os.getpgrp():
            os.killpg(group, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)


def _children() -> list[int]:
    """This process's children. The others follow: what is left behind by one that is killed becomes a child."""
    try:
        found = []
        for thread in os.listdir("/proc/self/task"):
            with contextlib.suppress(FileNotFoundError), open(f"/proc/self/task/{thread}/children", "rb") as file:
                found += [int(pid) for pid in file.read().split()]
    except OSError:
        return []
    return found or list(_children_by_stat())


def _children_by_stat() -> Iterator[int]:
    """The same, for kernels that do not list children."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
            if int(file.read().rpartition(b")")[2].split()[1]) == os.getpid():
                yield int(name)


def _descendants_by_ps(shell: int | None) -> set[int]:
    """The descendants of this process and the members of the shell's group, zombies left out."""
    ps = subprocess.Popen(["ps", "-A", "-o", "pid=,ppid=,pgid=,stat="], stdout=subprocess.PIPE, text=True)
    rows = [line.split() for line in ps.communicate()[0].splitlines()]
    alive = [(int(pid), int(parent), int(group)) for pid, parent, group, state in rows if not state.startswith("Z")]
    found = {pid for pid, _, group in alive if group == shell} | {os.getpid()}
    size = 0
    while size != len(found):
        size = len(found)
        found |= {pid for pid, parent, _ in alive if parent in found}
    return found - {os.getpid(), ps.pid}


def _watch_disk(folders: Iterable[str], most: int, is_full: threading.Event, waker: int) -> None:
    """Set `is_full` as soon as the folders hold more than `most` bytes together."""
    pause = _WALK_SECONDS
    while True:
        time.sleep(pause)
        began = time.monotonic()
        if sum(_disk_bytes(folder.encode("latin-1")) for folder in folders) > most:
            is_full.set()
            os.write(waker, b"\0")
            return
        pause = max(_WALK_SECONDS, _WALK_SHARE * (time.monotonic() - began))


def _disk_bytes(folder: bytes) -> int:
    """What the files below a folder take of the disk, a file with several names counted once."""
    total, seen, folders = 0, set(), [folder]
    while folders:
        with contextlib.suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
                    about = entry.stat(follow_symlinks=False)
                    if about.st_nlink == 1 or about.st_ino not in seen:
                        total += about.st_blocks * 512
                        seen.add(about.st_ino)
    return total


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # the disk's watcher may be on its way
