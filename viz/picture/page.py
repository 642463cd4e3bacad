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
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from viz.words.text import visible

TITLE = "A graph, its values and its gradients"
_TEMPLATE = Path(__file__).with_name("page.html")
_HOLE = re.compile(r"@(\w+)@")
_SCRIPT = re.compile(r"(?s)<script>(.*?)</script>")


def page(
    svg: str,
    details: Mapping[str, Any],
    *,
    paper: str,
    ink: str,
    gradient: str,
) -> str:
    """A page on which a picture can be moved and zoomed, and shows its numbers.

    Args:
        svg: the picture.
        details: what can be asked about it, by card and by edge.
        paper: the background of the picture, and of the page: `#RRGGBB`, as the others.
        ink: the colour of texts.
        gradient: the colour of gradients.
    """
    filling = {
        "title": TITLE,
        "paper": paper,
        "ink": ink,
        "gradient": gradient,
        "picture": svg[svg.index("<svg") :].strip(),
        "facts": as_json(details),
    }
    return filled(_TEMPLATE.read_text("utf-8"), filling)


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
