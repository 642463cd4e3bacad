"""A picture as one page: page.html, filled with an SVG and the details behind it.

The page is a template with a few holes, and what goes into a hole can't get out of it.
The details are JSON in which no character means anything to HTML. The script puts every
text on the page as text. The page's own policy lets a browser run no other script than
that one, and fetch nothing.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from viz.picture.colours import THEMES, Theme
from viz.picture.night import Palette, fixed_rules
from viz.picture.sheets import Sheet
from viz.words.text import visible

TITLE = "A graph, its values and its gradients"
_FOLDER = Path(__file__).parent
_SCRIPTS = ("sheets.js", "camera.js", "panel.js", "tip.js", "hands.js")
_HOLE = re.compile(r"@(\w+)@")
_SCRIPT = re.compile(r"(?s)<script>(.*?)</script>")


def page(sheets: Sequence[Sheet], theme: Theme) -> str:
    """A page on which a picture can be moved and zoomed, and shows its numbers.

    Args:
        sheets: the picture, and the insides of its folds.
        theme: that it is drawn in; the light one turns dark where the system is.
    """
    palette, follows = Palette(), theme is THEMES["light"]
    drawn = [sheet.svg[sheet.svg.index("<svg") :].strip() for sheet in sheets]
    picture, *insides = map(palette.named, drawn) if follows else drawn
    told = [{"title": sheet.title, **sheet.facts} for sheet in sheets[1:]]
    filling = {
        "title": TITLE,
        "colours": palette.rules() if follows else fixed_rules(theme),
        "fixed": "" if follows else "hidden",
        "picture": picture,
        "insides": "\n".join(
            f'<template id="inside-{i}">{svg}</template>'
            for i, svg in enumerate(insides, 1)
        ),
        "facts": as_json({**sheets[0].facts, "insides": told}),
    }
    script = '"use strict";\n\n' + "\n".join(map(_file, _SCRIPTS))
    return filled(_file("page.html").replace("@script@", script), filling)


def _file(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8").strip()


def filled(template: str, filling: Mapping[str, str]) -> str:
    """A template with its holes filled: `@title@` and the like.

    Args:
        template: of HTML, whose scripts have no hole.
        filling: for each hole, what goes there; the title as plain text. The hole
            `@policy@` is filled with what a browser may do with the page.
    """
    given = {**filling, "policy": _policy(template)}
    given["title"] = html.escape(visible(filling["title"]))
    return _HOLE.sub(lambda hole: given[hole[1]], template)


def as_json(details: Mapping[str, Any]) -> str:
    """JSON that can stand inside any element of a page, in any encoding."""
    text = json.dumps(details, separators=(",", ":"))  # all of it is ASCII
    return re.sub("[<>&]", lambda c: f"\\u{ord(c[0]):04x}", text)


def _policy(template: str) -> str:
    """What a browser may do with the page: no request, and no script but its own."""
    scripts = _SCRIPT.findall(template)
    allowed = " ".join(map(_digest, scripts)) or "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _digest(script: str) -> str:
    """By which a policy knows a script."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"'sha256-{digest}'"
