"""The page that `steps` makes, as an object: shown in a notebook, saved."""

from __future__ import annotations

import html
import os
from pathlib import Path

from viz.picture.files import check_place, write

TITLE = "The chain rule, step by step"
_FRAME = 570  # px: the height of the page in a notebook; marimo shows 578
_UNSEEN = "Trust this notebook, or run the cell again: then the page is shown here."


class Page:
    """A page that walks through a computation: a notebook shows it.

    `.html()` is its text, `.save("steps.html")` writes it.
    """

    def __init__(self, html: str, steps: int) -> None:
        self._html, self._steps = html, steps

    def __repr__(self) -> str:
        return (
            f"Page({self._steps} steps): .save('steps.html') writes it, .html() is "
            "its text, a notebook shows it"
        )

    def html(self) -> str:
        """The page as text."""
        return self._html

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file, and return its path.

        Raises:
            ValueError: if the path does not end in `.html` or `.htm`.
            OSError: if there is no such folder, or it can't be written to.
        """
        path = checked_path(path)
        check_place("steps", path)
        write(path, self._html.encode())
        return path

    def _repr_html_(self) -> str:
        """The page in a frame, which can reach nothing outside of it."""
        return (
            f'<iframe srcdoc="{html.escape(self._html)}" title="{TITLE}" width="100%" '
            f'height="{_FRAME}" sandbox="allow-scripts" style="border:0">{_UNSEEN}'
            "</iframe>"
        )


def checked_path(path: str | os.PathLike[str]) -> Path:
    """The path of a page, if it ends as one."""
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"steps: {path.name!r} is a page, and must end with .html")
    return path
