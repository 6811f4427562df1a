"""The `resilient-completion` command: `python -m resilient_completion`."""

from __future__ import annotations

import signal
import sys

from ._native import run_cli


def main() -> int:
    """Runs the command with this process's arguments; its exit code."""
    # The command waits outside the interpreter: Ctrl-C has to end it without Python's help.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return run_cli(["resilient-completion", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
