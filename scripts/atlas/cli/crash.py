"""A log for errors that nobody foresaw."""

from __future__ import annotations

import os
import time
import traceback

from atlas.adapters.system.environment import data_folder


def write_crash_log(error: BaseException) -> str:
    """Write the traceback to a file of its own in ATLAS's data folder; returns its path, or why there is none."""
    text = "".join(traceback.format_exception(error))
    folder = os.path.join(data_folder(), "logs")
    path = os.path.join(folder, f"error-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log")
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError:
        return "this, since no log could be written: " + " ".join(text.split())[-400:]
    return path
