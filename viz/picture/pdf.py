"""From SVG to a PDF: lines stay lines, text is text, and our font is embedded.

typst is a typesetter in one wheel. Here it sets a single page, which is the picture and
nothing else, in vectors; its SVG reader is that of resvg, which makes the PNGs, so both
look the same. It is imported when first needed.

typst computes in threads that a fork of the process leaves behind, and a child would
wait for them for ever. So a child of a process that has made a PDF has it made in a
fresh process.
"""

from __future__ import annotations

import os
import subprocess
import sys

from viz.picture.glyphs import FONT_FILE
from viz.picture.render import size_of_svg

_VERSION = "1.5"  # of PDF: LaTeX warns of a figure that is newer
_PAGE = """\
#set document(date: none)
#set page(width: {width:.4f}pt, height: {height:.4f}pt, margin: 0pt)
#set page(fill: rgb("{paper}"))
#image("picture.svg", width: 100%, height: 100%)
"""
_FRESH = """\
import sys
sys.path[:] = {path!r}
from viz.picture.pdf import to_pdf
sys.stdout.buffer.write(to_pdf(sys.stdin.buffer.read().decode(), paper={paper!r}))
"""

_threads_in: int | None = None  # the process that has the threads of typst


def to_pdf(svg: str, *, paper: str = "#FFFFFF") -> bytes:
    """The PDF of an SVG: one page of its size, a point for a point.

    Args:
        svg: the picture.
        paper: the colour behind it.

    Raises:
        ModuleNotFoundError: if typst is not installed.
    """
    global _threads_in
    import typst

    if _threads_in not in (None, os.getpid()):
        return _by_a_fresh_process(svg, paper)
    _threads_in = os.getpid()
    width, height = size_of_svg(svg)
    page = _PAGE.format(width=width, height=height, paper=paper)
    pdf: bytes = typst.compile(  # type: ignore[call-overload]  # of several files
        {"main": page.encode(), "picture.svg": svg.encode()},
        format="pdf",
        font_paths=typst.Fonts(
            include_system_fonts=False,
            include_embedded_fonts=False,
            font_paths=[str(FONT_FILE.parent)],  # a folder
        ),
        pdf_standards=_VERSION,
        pdf_tags=False,  # there is no text outside of the picture
        timestamp=0,  # the same picture is the same file
    )
    return pdf


def _by_a_fresh_process(svg: str, paper: str) -> bytes:
    program = _FRESH.format(path=sys.path, paper=paper)
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, input=svg.encode(), capture_output=True, check=False)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip() or f"exit {done.returncode}"
        raise RuntimeError(
            f"save: a forked process can't make a .pdf itself once its parent has, and "
            f"{sys.executable}, started for it, made none: {said}; save an .svg there"
        )
    return done.stdout
