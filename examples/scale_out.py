"""The lesson network, trained on data in chunks by a cluster of two processes.

    python examples/scale_out.py

It needs Dask (`pip install ".[scale]"`), whose arrays are plans: `model(x, y)` and
`loss.backward()` write down what is to be done with every chunk of the rows, and
compute nothing. The two processes draw the data, each its chunks, and keep them. Once
per step `dask.compute` hands them the plan; they go forward and backward through their
chunks, and only sums come back, the loss and the gradients of the parameters. Neither
the network nor the engine knows that Dask is there. Prints:

    40000 rows in 4 chunks of 10000
    the plan of one step, with nothing computed yet: out/scale_out.png
    loss, computed by 2 processes
        step  1    2.4143
        step  2    1.4211
        step  5    0.8336
        step 10    0.5962
    largest difference from the parameters that NumPy finds: 0.000000000000
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dask
import dask.array as da
import numpy as np
from dask.distributed import Client, LocalCluster

from engine import Tensor
from nn import SGD, Model
from viz import draw

ROWS, CHUNK, FEATURES = 40_000, 10_000, 10
STEPS, RATE = 10, 0.1


def data_set() -> tuple[da.Array, da.Array]:
    """The plan of the data: what the rows of every chunk are to be drawn from."""
    rng = da.random.default_rng(0)
    x = rng.standard_normal((ROWS, FEATURES), chunks=(CHUNK, FEATURES))
    noise = rng.standard_normal(ROWS, chunks=CHUNK)
    return x, np.abs(x[:, 0]) + np.sin(x[:, 1]) - x[:, 2] + 0.1 * noise


def network() -> Model:
    return Model.init(FEATURES, 16, 1, rng=np.random.default_rng(1))


def train(x: Any, y: Any) -> tuple[list[float], list[Tensor]]:
    """The losses and the trained parameters: the same lines for Dask and for NumPy."""
    model, losses = network(), []
    sgd = SGD(model.parameters(), lr=RATE)
    for _ in range(STEPS):
        sgd.zero_grad()
        loss = model(x, y)
        loss.backward()
        # All at once, for what the plans share is done once. NumPy's arrays pass as
        # they are, and so the parameters, which were NumPy's, stay so.
        plans = [p.grad for p in sgd.parameters]
        value, gradients = dask.compute(loss.data, plans)
        for p, gradient in zip(sgd.parameters, gradients, strict=True):
            p.grad = gradient
        sgd.step()
        losses.append(float(value))
    return losses, sgd.parameters


def main(out: Path = Path("out")) -> None:
    out.mkdir(exist_ok=True)
    x, y = data_set()
    print(f"{ROWS} rows in {x.numblocks[0]} chunks of {CHUNK}")
    loss = network()(x, y)
    loss.backward()
    path = draw(loss, direction="TB").save(out / "scale_out.png")
    print(f"the plan of one step, with nothing computed yet: {path.as_posix()}")

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as two,
        Client(two) as client,
    ):
        losses, there = train(*dask.persist(x, y))
        print(f"loss, computed by {len(client.nthreads())} processes")
    for step in (1, 2, 5, STEPS):
        print(f"    step {step:2}    {losses[step - 1]:.4f}")

    _, here = train(*dask.compute(x, y))
    pairs = zip(there, here, strict=True)
    difference = max(np.abs(p.data - q.data).max() for p, q in pairs)
    print(f"largest difference from the parameters that NumPy finds: {difference:.12f}")


if __name__ == "__main__":
    main()
