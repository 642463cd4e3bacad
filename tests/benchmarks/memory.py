"""What long graphs and large batches cost: `make bench`.

Each figure is taken in a process of its own, for memory that was once taken is seldom
given back: `python memory.py WHAT` is such a process, and without WHAT all are run.

    ours, by_hand      peak memory of the MLP 784-50-1 on a batch of 20,000, third step,
                       the data included; the goal is at most 1.2 of by_hand
    add, multiply      a chain of a million scalar ops: at most 3 us and 600 bytes a
                       node, forward and backward; the same for a quarter of a million,
                       to see that both grow as the graph does
    engine             what `import engine` adds to `import numpy`, in ms: at most 20
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

BATCH = 20_000
CHAIN = 1_000_000


def resident(field: str) -> int:
    """A field of Linux's /proc/self/status, in bytes: VmRSS, or VmHWM for the peak."""
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith(field))
    return int(line.split()[1]) * 1024


def large_batch(name: str) -> None:
    from workloads import mlp

    step = mlp(784, 50, BATCH, np.float32)[name]
    for _ in range(3):
        step()
    print(resident("VmHWM"))


def chain(link: Callable[[object, object], object], n: int) -> None:
    """Time and memory of a chain of n links, a node: forward and backward."""
    from engine import Tensor

    x = y = Tensor(1.0)
    before = resident("VmRSS")
    start = time.perf_counter()
    for _ in range(n):
        y = link(y, x)
    forward = time.perf_counter()
    memory = resident("VmRSS")
    y.backward()
    end = time.perf_counter()
    print(
        f"{n} ops: {(forward - start) / n * 1e6:.2f} us forward and "
        f"{(end - forward) / n * 1e6:.2f} us backward a node, "
        f"{(memory - before) / n:.0f} bytes a node recorded, "
        f"{(resident('VmHWM') - before) / n:.0f} at the peak of the pass"
    )


def imported() -> None:
    start = time.perf_counter()
    import engine  # noqa: F401

    print((time.perf_counter() - start) * 1e3)


LINKS = {
    "add": lambda y, x: y + x,
    "add a constant": lambda y, x: y + 1.0,
    "multiply by a constant": lambda y, x: y * 1.000001,
    "multiply": lambda y, x: y * x,
    "sin": lambda y, x: np.sin(y),
}


def run(*what: str) -> str:
    command = [sys.executable, __file__, *what]
    compiled = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}  # as an installed package
    done = subprocess.run(
        command, env=compiled, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def main() -> None:
    ours, by_hand = (int(run(name)) for name in ("ours", "NumPy by hand"))
    print(
        f"MLP 784-50-1, batch {BATCH}: peak {ours / 2**20:.0f} MiB, "
        f"{ours / by_hand:.2f} of NumPy by hand ({by_hand / 2**20:.0f} MiB); goal 1.2"
    )
    for link in LINKS:
        for n in (CHAIN // 4, CHAIN):
            print(f"{link}, {run(link, str(n))}")
    print(
        f"import engine: {min(float(run('engine')) for _ in range(5)):.1f} ms; goal 20"
    )


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    elif sys.argv[1] in LINKS:
        chain(LINKS[sys.argv[1]], int(sys.argv[2]))
    elif sys.argv[1] == "engine":
        imported()
    else:
        large_batch(sys.argv[1])
