"""The pictures that a folder of programs draws: any folder, of any project.

Such a program is a script that begins with `from common import *` and shows a picture
with `save("name", draw(loss, names=locals()))`. It may rely on NumPy as `np`, on
`Tensor`, `engine`, `draw`, `steps`, `explain` and `paths`, on a folder `WEB` for pages,
and on what a file `common.py` beside it defines. Here `save` hands the picture over.
"""

from __future__ import annotations

import os
import pathlib
import re
import runpy
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import engine
from viz import Drawing, draw, explain, paths, steps

_KNOWN = {
    "Tensor": engine.Tensor,
    "logsumexp": engine.logsumexp,
    "draw": draw,
    "engine": engine,
    "explain": explain,
    "np": np,
    "os": os,
    "pathlib": pathlib,
    "paths": paths,
    "re": re,
    "statistics": statistics,
    "steps": steps,
    "sys": sys,
    "time": time,
}


def pictures(folder: Path, pages: Path) -> Iterator[tuple[str, Drawing | Exception]]:
    """The name of each picture, and the picture; of a program that fails, its error,
    after the pictures that it had made.

    Args:
        folder: of the programs, which run in the order of their names.
        pages: an existing folder, where they may write pages.
    """
    for path in sorted(folder.glob("*.py")):
        if path.stem != "common":
            yield from _pictures_of(path, pages)


def _pictures_of(path: Path, pages: Path) -> list[tuple[str, Drawing | Exception]]:
    found: list[tuple[str, Drawing | Exception]] = []

    def save(name: str, drawing: Drawing, **_: Any) -> None:
        found.append((name, drawing))

    before, places = sys.modules.get("common"), list(sys.path)
    try:
        sys.path.insert(0, str(path.parent))
        sys.modules["common"] = _common(path.parent, save=save, WEB=pages)
        runpy.run_path(str(path), run_name="__main__")
    except Exception as error:  # of any kind: the other programs are measured
        found.append((path.stem, error))
    finally:
        sys.path[:] = places
        del sys.modules["common"]
        if before is not None:
            sys.modules["common"] = before
    return found


def _common(folder: Path, **ours: Any) -> ModuleType:
    """The module `common` of a folder: its own, if it has one, with our `save`."""
    module = ModuleType("common")
    vars(module).update(_KNOWN)
    own = folder / "common.py"
    if own.exists():
        exec(compile(own.read_text("utf-8"), str(own), "exec"), vars(module))
    vars(module).update(ours)
    return module
