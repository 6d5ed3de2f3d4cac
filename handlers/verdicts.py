"""What becomes of a message at the moment of sending: its feature judges, its view words it, and the engine is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from bot.outbox import Later, Never
from bot.runtime.decisions import Cancel, Decision, Defer, Send
from handlers.views.elements import Message

Facts = TypeVar("Facts")


def decision(verdict: Facts | Later | Never, word: Callable[[Facts], Message]) -> Decision:
    """Put the message off, take it back, or send what the view makes of the facts."""
    if isinstance(verdict, Later | Never):
        return put_aside(verdict)
    return Send(**word(verdict).payload())


def put_aside(verdict: Later | Never) -> Decision:
    """Put the message off, or take it back."""
    if isinstance(verdict, Later):
        return Defer(verdict.until, verdict.reason)
    return Cancel(verdict.reason)
