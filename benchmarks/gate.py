"""How a process of a crew starts with the others and ends when told; peers' interpreters read this file too."""

from __future__ import annotations

import sys

READY, GO = "ready", "go"


def await_go() -> None:
    """Say that everything is loaded, and wait for the word."""
    print(READY, flush=True)
    sys.stdin.readline()


def await_end() -> None:
    """Wait until whoever started us hangs up."""
    sys.stdin.read()
