"""A pass written down once, and computed for several gradients."""

import numpy as np

from engine import Tensor
from engine.written import Record, Step, Writing
from engine.written.batched import Rows, batched

COUNT = 5  # rows: no other length in the tables


def one_pass(f, v, *others):
    """A record, the steps of f at v, the place of v in them, and what f returns."""
    record = Record()
    given = [record.argument(x) if np.ndim(x) else x for x in others]
    place = Step("seed", "", (), {}, v)
    before = len(record.steps)
    out = f(Writing(record, place), *given)
    return record, record.steps[before:], place, out


def stack_of(shape, dtype=float, count=COUNT):
    rng = np.random.default_rng(3)
    return rng.uniform(0.5, 2, (count, *shape)).astype(dtype)


def on_stack(f, vs, *others):
    """f of each row of vs: by `batched` on arrays, and as it writes that down."""
    record, steps, place, out = one_pass(f, vs[0][()], *others)
    (plain,) = batched(record, steps, place, vs, [out.step])
    (written,) = batched(record, steps, place, record.argument(vs), [out.step])
    return plain, written


def assert_like_rows(f, vs, *others):
    want = np.stack([f(v.copy()[()], *others) for v in vs])
    plain, written = on_stack(f, vs, *others)
    assert isinstance(written, Writing)
    for got in (plain, written.step.value):
        assert got.shape == want.shape
        assert got.dtype == want.dtype
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-13)


def looped_kinds(monkeypatch):
    """A list that grows by the name of each step that is computed row by row."""
    names, one_by_one = [], Rows._one_by_one

    def seen(self, step):
        names.append(step.name or step.kind)
        return one_by_one(self, step)

    monkeypatch.setattr(Rows, "_one_by_one", seen)
    return names


def value_of(x):
    """The plain array of what a recording gave."""
    x = x.data if isinstance(x, Tensor) else x
    return x.step.value if isinstance(x, Writing) else np.asarray(x)
