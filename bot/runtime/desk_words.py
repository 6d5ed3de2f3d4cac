"""The words in which an operator asks the desk: what stands behind `python app.py outbox`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from datetime import datetime

from bot.runtime.desk import LISTED, STATES, UNFINISHED, Desk

Ask = Callable[[Desk, argparse.Namespace], Sequence[str]]
"""Puts a question to the desk, and gives the lines of the answer."""
LARGEST = 2**63 - 2
"""The stores' integers end there."""


def add_to(outbox: argparse.ArgumentParser) -> None:
    """Teach the command its questions and decisions; each leaves its `ask` among the options."""
    questions = outbox.add_subparsers(title="questions and decisions", required=True, metavar="QUESTION")

    def add(name: str, ask: Ask, words: str) -> argparse.ArgumentParser:
        added = questions.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.")
        added.set_defaults(ask=ask)
        return added

    _add_list(add("list", _show, "a line a message that is not finished, the most urgent first"))
    why = add("why", _why, "what a message waits for, or what came of it")
    retry = add("retry", _retry, "put back a message that was given up")
    retry.add_argument("--absent", action="store_true", help="somebody saw in Slack that it is not there")
    cancel = add("cancel", _cancel, "take back a message that has not been sent")
    cancel.add_argument("--reason", type=_text, help="kept beside the message")
    for about_one in (why, retry, cancel):
        about_one.add_argument("id", type=_number, metavar="ID")
    doubt = add(
        "doubt", _doubt, "after a restore, while nothing runs: have looked up what may have been sent"
    )
    doubt.add_argument("--before", required=True, metavar="TIME", help="`now`, or ISO 8601 with an offset")
    doubt.add_argument(
        "--since",
        metavar="TIME",
        help="when the copy was made, if messages were sent after the restore",
    )


def _add_list(listing: argparse.ArgumentParser) -> None:
    listing.add_argument("--state", choices=STATES, help="only those in this state")
    listing.add_argument(
        "--workspace", metavar="TEAM", type=_text, help="only those of this workspace, by its id"
    )
    listing.add_argument(
        "--limit", type=_number, default=LISTED, metavar="N", help=f"at most (default {LISTED})"
    )


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= LARGEST):
        raise argparse.ArgumentTypeError(f"{text!r} should be a whole number from 1")
    return int(text)


def _text(written: str) -> str:
    """Refuse what a terminal of another encoding made: no store takes it."""
    try:
        written.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError(f"{written!r} should be text in UTF-8") from None
    return written


def _show(desk: Desk, options: argparse.Namespace) -> Sequence[str]:
    states = [options.state] if options.state else UNFINISHED
    return desk.show(states, workspace_id=options.workspace, limit=options.limit)


def _why(desk: Desk, options: argparse.Namespace) -> Sequence[str]:
    return desk.why(options.id)


def _retry(desk: Desk, options: argparse.Namespace) -> Sequence[str]:
    return desk.retry(options.id, absent=options.absent)


def _cancel(desk: Desk, options: argparse.Namespace) -> Sequence[str]:
    return desk.cancel(options.id, reason=options.reason)


def _doubt(desk: Desk, options: argparse.Namespace) -> Sequence[str]:
    since = _moment(desk, options.since) if options.since else None
    return desk.doubt(_moment(desk, options.before), since=since)


def _moment(desk: Desk, text: str) -> datetime:
    # With it comes all that delivers, which no other question needs.
    from bot.runtime.engine import tick_time

    now = desk.people_now()
    # A moment to come is no danger here: to doubt more only means to look up more.
    return now if text == "now" else tick_time(text, machine_now=now, may_be_future=True)
