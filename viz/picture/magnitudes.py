"""How large the gradients and the values of cards are: what fills are scaled by.

They are numbers that the cards show; so a legend can name the ends of a scale. The 1
that a pass begins with is none, and neither is rounding noise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from engine import data_of
from viz.picture.colours import Magnitude
from viz.picture.fold_cards import listed_outputs
from viz.picture.scene import LOSS, REFERENCE, Card, shown_by
from viz.words.numbers import NOISE, is_numpy, magnitude, shape_of


def magnitude_of(card: Card, measure: Callable[[Any], float]) -> Magnitude:
    """The magnitude of what a card shows; of a fold, of the outputs that have a row.

    Args:
        card: of the scene.
        measure: Tensor, array or number -> its largest |gradient|, or |entry|.
    """
    held = listed_outputs(card.held) or shown_by(card)
    numbers = [measure(x) for x in held if not shape_of(x)]
    arrays = [measure(x) for x in held if shape_of(x)]
    return Magnitude(max(numbers, default=0.0), max(arrays, default=0.0))


def gradients(
    cards: Iterable[Card], noise: float = 0.0
) -> tuple[dict[Card, Magnitude], float]:
    """The magnitude of the gradients of each card, and below which it is noise, which
    is no less than what is noise around these cards."""
    found = {
        card: magnitude_of(card, magnitude) if _has_one(card) else Magnitude()
        for card in cards
    }
    finite = [m for pair in found.values() for m in pair if m < math.inf]
    # Beside a gradient of 1e13, one of 1 is small, and still no noise.
    noise = max(NOISE * min(max(finite, default=0.0), 1.0), noise)
    clear = {
        card: Magnitude(*(m if m >= noise else 0.0 for m in pair))
        for card, pair in found.items()
    }
    return clear, noise


def _has_one(card: Card) -> bool:
    """Whether a card shows a gradient that is not the 1 that the pass began with."""
    if card.kind == REFERENCE:  # what it stands for is drawn elsewhere
        return False
    gradient = data_of(card.held.grad) if card.kind == LOSS else None
    return gradient is None or not is_numpy(gradient) or not np.all(gradient == 1)
