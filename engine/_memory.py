"""Memory that one step frees is kept for the next.

The one idea: a graph goes all at once, and with it the arrays on every node. The C
library of Linux (glibc) gives so much back to the system at once, which has to clear
each page of it again in the next step: of a chain of ops on arrays of 10**4 to 10**6
numbers that is two thirds of the time. It stops when it sees that large blocks come and
go, and keeps up to twice the largest for reuse (mallopt(3), M_MMAP_THRESHOLD: "dynamic
adjustment"); so it is shown one. Nothing is written to the block, so it takes no time
and no memory; no other C library minds; thresholds set by hand (MALLOC_TRIM_THRESHOLD_)
hold as before.
"""

import numpy as np

LARGEST = 2**25  # bytes, bookkeeping included: to more, glibc does not adjust
BOOKKEEPING = 2**16  # a page or two, and pages may have up to 64 KiB


def keep_freed_memory() -> None:
    """Have glibc keep up to 64 MiB of freed memory, as any program of large arrays."""
    np.empty(LARGEST - 2 * BOOKKEEPING, np.uint8)
