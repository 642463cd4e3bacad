"""Progress: a bar of tqdm, while a network is trained."""

from __future__ import annotations

import sys


class Bar:
    """A progress bar of tqdm, or nothing; without tqdm a line says what it needs."""

    def __init__(self, steps: int, shown: bool) -> None:
        self.bar = None
        if shown:
            try:
                from tqdm.auto import tqdm
            except ImportError:
                hint = "the progress bar needs tqdm: pip install tqdm"
                print(f"train: {hint}; progress=False asks for none", file=sys.stderr)
            else:
                self.bar = tqdm(total=steps, desc="training", unit="step")

    def advance(self, loss: float) -> None:
        if self.bar is not None:
            self.bar.set_postfix(loss=f"{loss:.3g}", refresh=False)
            self.bar.update()

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
