"""A lock that a fork of the process waits for.

A forked child has a copy of all memory, but only the thread that forked. If another
thread held a lock at that moment, nobody ever releases the copy, and what it protects
stays half done.
"""

from __future__ import annotations

import os
import threading


def held_over_forks() -> threading.RLock:
    """A lock that the forking thread takes before a fork; both processes release it.

    So a fork waits until no other thread is inside, and the child, too, finds what the
    lock protects in order. A thread that is inside may fork: a signal's handler does.
    """
    lock = threading.RLock()
    if hasattr(os, "register_at_fork"):  # not on Windows, where no process forks
        os.register_at_fork(
            before=lock.acquire,
            after_in_parent=lock.release,
            after_in_child=lock.release,
        )
    return lock
