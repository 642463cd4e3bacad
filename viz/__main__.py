"""`python -m viz` is the command `chainrule`; it lives in command.py."""

import sys

from viz.command import main

if __name__ == "__main__":
    sys.exit(main())
