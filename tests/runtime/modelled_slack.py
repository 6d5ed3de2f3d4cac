"""A model of Slack in a dictionary, and of what a worker keeps in memory between asking it and recording the answer."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse
from sqlalchemy.orm import Session

from bot.runtime.outcomes import record, record_look
from bot.runtime.rates import Pace
from bot.runtime.readings import EARLIER, unseen
from bot.runtime.slack import (
    Doubt,
    InDoubt,
    Look,
    NotSent,
    Outcome,
    Outgoing,
    Refused,
    Seen,
    Sent,
    Unseen,
    of_answer,
)

TIMES = Pace()
"""How long requests and late acceptances really take, whatever a worker believes."""
LIKELY = ("ok", "answer lost", "cut short", "late", "silent", "failed")
ANSWERS = (
    *LIKELY,
    *LIKELY,
    *LIKELY,
    "refused",
    "invalid",
    "revoked",
    "too many",
    "unreached",
    "held up",
    "a page",
)
LOOKS = ("truth", "truth", "truth", "too many", "unavailable", "no scope", "revoked", "a page")


def _heard(error: str, *, status: int = 200, retry_after: int = 1) -> NotSent | InDoubt | Refused:
    """Have an answer read as the client gives it, by what reads those of Slack."""
    headers = {"Retry-After": [str(retry_after)]}
    answer = SlackResponse(
        client=None,
        http_verb="POST",
        api_url="",
        req_args={},
        data={"ok": False, "error": error},
        headers=headers,
        status_code=status,
    )
    return of_answer(SlackApiError("", answer))  # type: ignore[no-untyped-call]  # the SDK gives none


NO_JSON = "Received a response in a non-JSON format: "
"""What the client gives for the error, and the beginning of what came behind it."""
SAID: Mapping[str, Outcome] = {
    "cut short": _heard(NO_JSON + '{"ok":true,"channel":"D'),
    "failed": _heard("internal_error", status=500),
    "refused": _heard("is_archived"),
    "invalid": _heard("invalid_blocks"),
    "revoked": _heard("token_revoked"),
    "too many": _heard("ratelimited", status=429, retry_after=5),
    "unreached": NotSent("refused"),
    "held up": _heard("org_login_required"),
    "a page": _heard(NO_JSON + "<html>Forbidden</html>", status=403),
}
"""What a worker hears; where there is nothing here, it hears nothing."""
NOT_LOOKED_UP: Mapping[str, Look] = {
    "too many": unseen(_heard("ratelimited", status=429, retry_after=30)),
    "unavailable": unseen(_heard("service_unavailable", status=503)),
    "no scope": unseen(_heard("missing_scope")),
    "revoked": unseen(_heard("token_revoked")),
    "a page": unseen(_heard(NO_JSON + "<html>Forbidden</html>", status=403)),
}


@dataclass
class Slack:
    """The truth: what was accepted when (machine time), and what may still be, until when."""

    has: dict[int, list[datetime]] = field(default_factory=dict)
    on_its_way: list[tuple[Sequence[int], datetime]] = field(default_factory=list)
    given_up: set[int] = field(default_factory=set)
    """What it said it would never take, or never tell about."""

    def answer(self, message: Outgoing, answer: str, now: datetime) -> Outcome:
        """Answer a post: some answers come too late or never, and leave open whether the message will be accepted."""
        numbers = [part.delivery_id for part in message.parts]
        if answer == "ok":
            return Sent("D1", self.accept(numbers, now))
        if answer in ("answer lost", "cut short"):
            self.accept(numbers, now)
        if answer in ("late", "silent"):
            ends = now + (TIMES.timeout if answer == "silent" else timedelta())
            self.on_its_way.append((numbers, ends + TIMES.settling))
        if answer == "refused" or (answer == "invalid" and len(numbers) == 1):
            self.given_up.update(numbers)
        return SAID.get(answer, InDoubt(answer))

    def accept(self, numbers: Sequence[int], at: datetime) -> str:
        """Take a message with all that it brings, and say its `ts`."""
        for number in numbers:
            self.has.setdefault(number, []).append(at)
        return timestamp(at)

    def show(self, doubt: Doubt, answer: str) -> Look:
        """Answer a look-up; the history is read from where `look` begins."""
        if answer == "no scope":
            self.given_up |= doubt.attempts.keys()
        if answer in NOT_LOOKED_UP:
            return NOT_LOOKED_UP[answer]
        oldest = doubt.since - EARLIER
        here = {number: at for number in doubt.attempts for at in self.has.get(number, ()) if at >= oldest}
        return Seen("D1", {number: timestamp(at) for number, at in here.items()})


def timestamp(at: datetime) -> str:
    """Write a moment as Slack does."""
    return f"{at.timestamp():.6f}"


@dataclass(frozen=True)
class Report:
    """What came of a request, and when it is known (machine time)."""

    asked: Outgoing | Doubt
    said: Outcome | Look
    known_at: datetime


@dataclass
class Worker:
    """What a process has in memory: requests to be begun by a moment, and reports to be recorded."""

    to_send: list[tuple[Outgoing, datetime]] = field(default_factory=list)
    to_look_up: list[tuple[Doubt, datetime]] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    recorded_at: datetime | None = None
    """When a transaction wrote down what was known, which may still come to nothing."""

    def send(self, slack: Slack, place: int, answer: str, now: datetime) -> None:
        """Post a message, unless it is too late for that; the outcome of silence is known when the time is out."""
        message, begin_by = self.to_send.pop(place)
        said = slack.answer(message, answer, now) if now <= begin_by else NotSent("not begun")
        known_at = now + TIMES.timeout if answer == "silent" else now
        self.reports.append(Report(message, said, known_at))

    def look_up(self, slack: Slack, place: int, answer: str, now: datetime) -> None:
        """Read a history, unless it is too late for that."""
        doubt, begin_by = self.to_look_up.pop(place)
        seen = slack.show(doubt, answer) if now <= begin_by else Unseen("not begun")
        self.reports.append(Report(doubt, seen, now))

    def record(self, session: Session, now: datetime, *, pace: Pace, chance: random.Random) -> None:
        """Write down what is known by now; it is remembered until the transaction stands."""
        self.recorded_at = now
        for report in [each for each in self.reports if each.known_at <= now]:
            if isinstance(report.asked, Doubt):
                assert isinstance(report.said, Seen | Unseen)
                list(record_look(session, report.asked, report.said, now, pace=pace, chance=chance))
            else:
                assert not isinstance(report.said, Seen | Unseen)
                list(record(session, report.asked, report.said, now, pace=pace, chance=chance))

    def forget_recorded(self) -> None:
        """Drop what the store knows by now."""
        if self.recorded_at is not None:
            self.reports = [report for report in self.reports if report.known_at > self.recorded_at]
        self.recorded_at = None
