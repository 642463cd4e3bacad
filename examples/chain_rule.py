"""The chain rule on one expression: values, gradients, and a picture.

    python examples/chain_rule.py

Prints:

    L = (a * b + c) * f = -8.0

    The derivative of each step, times what came before it:
    dL/df = d             =  4.0
    dL/dd = f             = -2.0
    dL/dc = dL/dd * 1     = -2.0
    dL/de = dL/dd * 1     = -2.0
    dL/da = dL/de * b     =  6.0
    dL/db = dL/de * a     = -4.0

    What backward() stored:
    a.grad =  6.0   b.grad = -4.0   c.grad = -2.0   f.grad =  4.0

    A nudge of a by 0.001 moves L by 0.006, as a.grad says.
    The graph: out/chain_rule.png
"""

from __future__ import annotations

from pathlib import Path

from engine import Tensor
from viz import draw


def main(out: Path = Path("out")) -> None:
    out.mkdir(exist_ok=True)
    a, b, c, f = (
        Tensor(value, name=name)
        for name, value in [("a", 2.0), ("b", -3.0), ("c", 10.0), ("f", -2.0)]
    )
    e = a * b
    d = e + c
    L = d * f
    print(f"L = (a * b + c) * f = {L:.1f}\n")

    print("The derivative of each step, times what came before it:")
    df, dd = d.item(), f.item()
    dc, de = dd * 1, dd * 1
    da, db = de * b.item(), de * a.item()
    for formula, number in [
        ("dL/df = d", df),
        ("dL/dd = f", dd),
        ("dL/dc = dL/dd * 1", dc),
        ("dL/de = dL/dd * 1", de),
        ("dL/da = dL/de * b", da),
        ("dL/db = dL/de * a", db),
    ]:
        print(f"{formula:<22}= {number:4.1f}")

    L.backward()
    print("\nWhat backward() stored:")
    print("   ".join(f"{t.name}.grad = {t.grad:4.1f}" for t in (a, b, c, f)))
    assert (a.grad, b.grad, c.grad, f.grad) == (da, db, dc, df)

    nudged = (Tensor(a.item() + 0.001) * b + c) * f
    print(f"\nA nudge of a by 0.001 moves L by {(nudged - L).item():.3f}, ", end="")
    print("as a.grad says.")

    path = draw(L, names={"e": e, "d": d, "L": L}).save(out / "chain_rule.png")
    print(f"The graph: {path.as_posix()}")


if __name__ == "__main__":
    main()
