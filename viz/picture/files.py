"""Files that are written whole, or not at all.

What is written goes to a file beside the old one and takes its place in one step, so
that nobody ever finds half of it. If no file can be at that place, this is said before
anything is made.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def check_place(caller: str, path: Path) -> None:
    """Raise if no file can be at `path`."""
    if path.is_dir():
        raise IsADirectoryError(
            f"{caller}: {str(path)!r} is a folder; name a file in it"
        )
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"{caller}: there is no folder {str(path.parent)!r} for {path.name!r}; "
            "make it"
        )


def write(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step: there is the old file or the new one."""
    target = Path(os.path.realpath(path))  # a link stays a link
    sibling = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        sibling.write_bytes(content)
        os.replace(sibling, target)
    except OSError as error:
        if error.errno is not None:  # it names a file: let it be the one asked for
            error.filename, error.filename2 = str(path), None
        raise
    finally:
        sibling.unlink(missing_ok=True)
