"""`python -m viz` is the command `chainrule`."""

import sys

from viz.command.cli import main

if __name__ == "__main__":
    sys.exit(main())
