"""What a page says and shows, read from its HTML without a browser."""

import json
import re

_FACTS = re.compile(r'(?s)<script type="application/json" id="facts">(.*?)</script>')
_SVG = re.compile(r"(?s)<svg .*?</svg>")
_RULES = re.compile(r"(?s):root\{(--paper.*?)\}:root\[data-theme=dark\]\{(.*?)\}")
_SPANS = r'<tspan class="by-{}">([^<]*)</tspan>'


def facts(page):
    """What the script of a page is told."""
    return json.loads(_FACTS.search(page)[1])


def bare(svg):
    """An SVG as it stands in a page, which has the numbers of cells elsewhere."""
    svg = re.sub(r'(?s)<g class="numbers".*?</g>', "", svg)
    return svg[svg.index("<svg") :].strip()


def pictures(page, *, night=False):
    """The SVGs of a page as they look by day or by night, the whole picture first."""
    values = dict(re.findall(r"(--[\w-]+):([^;]*);", _RULES.search(page)[1 + night]))
    gone, kept = ("day", "night") if night else ("night", "day")

    def seen(svg):
        svg = re.sub(r"var\((--\w+)\)", lambda found: values[found[1]], svg)
        return re.sub(_SPANS.format(kept), r"\1", re.sub(_SPANS.format(gone), "", svg))

    return [seen(found) for found in _SVG.findall(page)]
