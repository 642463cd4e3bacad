"""A rule of your own: written, checked, differentiated twice, and drawn.

    python examples/own_rule.py

The Huber loss of an error e is e**2 / 2 near 0, and a straight line where |e| > delta,
so that one wild measurement does not rule a fit. NumPy has no such function. Its slope
is e, but no more than delta and no less than -delta, and that is all a rule has to say.

Prints:

    check_gradients: 3 entries of 1 argument agree with central differences, to 1e-11; in second derivatives, to 1e-11
    error   -0.50   0.25   2.00
    huber    0.12   0.03   1.50
    slope   -0.50   0.25   1.00
    second   1.00   1.00   0.00

    A thousandth too steep, and the check says:
    check_gradients: argument 0, entry [2]:
    the rule says -0.521007249, central differences -0.520486762
    The graph: out/own_rule.png
"""  # noqa: E501  # the first line is as long as it is printed

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine import Tensor, check_gradients, grad, op
from viz import draw


@op()
def huber(e, *, delta=1.0):
    """Per entry: e**2 / 2 for |e| <= delta, beyond it the tangent there."""
    small = np.clip(e, -delta, delta)
    return small * (e - small / 2), (lambda g: g * small,)


@op()
def too_steep(e):
    small = np.clip(e, -1.0, 1.0)
    return small * (e - small / 2), (lambda g: g * small * 1.001,)


def main(out: Path = Path("out")) -> None:
    out.mkdir(exist_ok=True)
    e = np.array([-0.5, 0.25, 2.0])
    check_gradients(huber, e, order=2)

    def slope(e):
        return grad(lambda e: huber(e).sum())(e)

    second = grad(lambda e: slope(e).sum())(e)
    for name, row in [
        ("error", e),
        ("huber", huber(e)),
        ("slope", slope(e)),
        ("second", second),
    ]:
        print(f"{name:<6}" + "".join(f"{number:7.2f}" for number in row))

    print("\nA thousandth too steep, and the check says:")
    try:
        check_gradients(too_steep, e)
    except AssertionError as error:
        print(str(error).replace("]: ", "]:\n"))

    measured, w = np.array([1.0, 2.0, 9.0]), Tensor(2.0, name="w")
    loss = np.mean(huber(w * np.array([0.5, 1.0, 2.0]) - measured))
    loss.backward()
    path = draw(loss, direction="TB").save(out / "own_rule.png")
    print(f"The graph: {path.as_posix()}")


if __name__ == "__main__":
    main()
