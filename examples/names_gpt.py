"""A GPT that makes up first names: one block of attention, trained letter by letter.

    python examples/names_gpt.py

The architecture is that of A. Karpathy's microgpt (2026): 1 block, 16 dimensions, 4
heads, names of up to 15 letters, RMSNorm, no biases, Adam. The names are those of the
1990 census of the United States, which are public domain (`names.txt`; taken from the
package `names` by T. Hunner). Prints:

    5163 names, 27 tokens, 4240 parameters
    loss 3.1 at first, 2.4 at last; by chance it is 3.3
    marne, kina, anl, mana, elendi, jorena, melie, darie, elani, cella, lary,
    marie, jana, bele, cely, mana, tara, merana, shry, darrr
    graph of one name: out/names_gpt.png, out/names_gpt_block.png
"""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from engine import Tensor
from nn import (
    Adam,
    Attention,
    CrossEntropy,
    Embedding,
    Layer,
    Lin,
    Network,
    ReLU,
    Residual,
    RMSNorm,
    linear,
    softmax,
)
from viz import draw

STEPS, LETTERS, SIZE, HEADS = 1000, 16, 16, 4
END = 0  # the token that begins and ends a name; a is 1, b is 2, ...


def main(out: Path = Path("out")) -> None:
    out.mkdir(exist_ok=True)
    rng = np.random.default_rng(0)
    names = Path(__file__).with_name("names.txt").read_text("utf-8").split()
    order = rng.permutation(len(names))
    gpt = network(rng)
    adam = Adam(gpt.parameters(), lr=linear(0.01, STEPS), betas=(0.85, 0.99))
    count = sum(p.size for p in gpt.parameters())
    print(f"{len(names)} names, 27 tokens, {count} parameters")

    losses = []
    for step in tqdm(range(STEPS), desc="training", unit="name"):
        ids = tokens(names[order[step % len(names)]])
        adam.zero_grad()
        loss = gpt(ids[:-1], ids[1:])  # each letter is to predict the next
        loss.backward()
        adam.step()
        losses.append(loss.item())
    first, last = np.mean(losses[:50]), np.mean(losses[-200:])
    print(f"loss {first:.1f} at first, {last:.1f} at last; by chance it is 3.3")
    print(textwrap.fill(", ".join(sample(gpt, rng) for _ in range(20)), 76))

    ids = tokens("anna")
    gpt.zero_grad()
    loss = gpt(ids[:-1], ids[1:])
    loss.backward()
    draw(loss, fold=["think"]).save(out / "names_gpt.png", width=1200)
    draw_alone(gpt.layers[2], out / "names_gpt_block.png")
    print("graph of one name: out/names_gpt.png, out/names_gpt_block.png")


class Places(Layer):
    """A vector for each token, plus one for its place in the name."""

    name = "embed"

    def __init__(self, rng: np.random.Generator) -> None:
        self.letters = Embedding.init(27, SIZE, rng=rng)
        self.places = Embedding.init(LETTERS, SIZE, rng=rng)

    def forward(self, inp: Any) -> Any:
        """Ids of shape (t,) to vectors of shape (t, SIZE)."""
        return self.letters(inp) + self.places(np.arange(len(inp)))


def network(rng: np.random.Generator) -> Network:
    """From ids of shape (t,) to logits of shape (t, 27), of the letter that follows."""

    def lin(d: int, k: int) -> Lin:
        return Lin(rng.normal(scale=d**-0.5, size=(d, k)), None)

    attention = Attention.init(SIZE, heads=HEADS, causal=True, rng=rng)
    for word in ("wq", "wk", "wv", "wo"):  # shorter than layers.2.layers.1.wq
        getattr(attention, word).name = word
    wider, narrower = lin(SIZE, 4 * SIZE), lin(4 * SIZE, SIZE)
    layers = [
        Places(rng),
        RMSNorm(SIZE),
        Residual(RMSNorm(SIZE), attention, name="attend"),
        Residual(RMSNorm(SIZE), wider, ReLU(), narrower, name="think"),
        lin(SIZE, 27),
    ]
    return Network(layers, CrossEntropy())


def draw_alone(layer: Layer, path: Path) -> None:
    """A layer by itself, with the input and the gradient that it had."""
    x, gradient = Tensor(layer.inp.data, name="x"), layer.out.g
    layer.zero_grad()
    out = layer(x)
    out.backward(gradient)
    draw(out, names={"out": out}).save(path)


def tokens(name: str) -> np.ndarray:
    return np.array([END, *(ord(letter) - ord("a") + 1 for letter in name), END])


def sample(gpt: Network, rng: np.random.Generator, temperature: float = 0.5) -> str:
    """A name, letter by letter, each drawn from what the network holds likely."""
    ids = [END]
    while len(ids) < LETTERS:
        logits = gpt.predict(np.array(ids))[-1]
        ids.append(rng.choice(27, p=softmax(logits / temperature)))
        if ids[-1] == END:
            break
    return "".join(chr(ord("a") + i - 1) for i in ids if i != END)


if __name__ == "__main__":
    main()
