"""How the interpreter shares itself among threads, in servers and workers; no imports of ours."""

import gc
import sys

COLLECT_AFTER = (20_000, 50, 100)
"""The collector's thresholds. It stops every thread: with Python's own thresholds, and with all of
Django in view, one pass takes 50 to 130 ms, and each call hears that."""
SWITCH_SECONDS = 0.0005
"""How long another thread may keep the interpreter from one that wants it. With Python's 5 ms a
busy query thread held up frame after frame of a server: at 100 calls the slowest percent waited
twice to three times as long. In a worker each answer of database, broker and tool waits so."""


def favour_who_waits() -> None:
    """Keep collector and threads from holding up others; once all that is used is loaded."""
    sys.setswitchinterval(SWITCH_SECONDS)
    # What is loaded by now stays: out of the collector's sight with it.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
