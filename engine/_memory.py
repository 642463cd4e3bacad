"""Memory that one step frees is kept for the next.

A graph is freed all at once, and with it the arrays of every node. The C library of
Linux (glibc) gives so much back to the system immediately, and the system has to clear
every page of it again in the next step: for a chain of ops on arrays of 10**4 to 10**6
numbers that is two thirds of the time. It stops when it sees that large blocks come and
go, and then keeps up to twice the largest for reuse (mallopt(3), M_MMAP_THRESHOLD:
"dynamic adjustment"). So one large block is allocated and freed here. Nothing is
written to it, so it takes no time and no memory. Other C libraries are not affected;
thresholds set by hand (MALLOC_TRIM_THRESHOLD_) stay as they are.
"""

import numpy as np

LARGEST = 2**25  # bytes, bookkeeping included: to more, glibc does not adjust
BOOKKEEPING = 2**16  # a page or two, and pages may have up to 64 KiB


def keep_freed_memory() -> None:
    """Have glibc keep up to 64 MiB of freed memory, as any program of large arrays."""
    np.empty(LARGEST - 2 * BOOKKEEPING, np.uint8)
