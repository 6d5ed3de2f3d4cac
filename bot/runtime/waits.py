"""Why a message is not with its receiver yet: what stands in its row and its workspace, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.runtime.rates import Pace
from models.conversations import Conversation
from models.outbox import (
    CANCELLED,
    DOUBTFUL,
    EXPIRED,
    FAILED,
    GROUP,
    READY,
    SENDING,
    SENT,
    UNOPENED,
    UNRESOLVED,
    Delivery,
)
from models.workspaces import Workspace


@dataclass(frozen=True)
class Circumstances:
    """A message, with everything that may hold it back at this moment."""

    row: Delivery
    workspace: Workspace | None
    conversation: Conversation | None
    in_flight: Sequence[int]
    """The messages on their way to the same receiver."""
    people_now: datetime
    machine_now: datetime
    pace: Pace

    @property
    def is_too_late(self) -> bool:
        """Whether its window has closed."""
        return self.row.expire_at <= self.people_now


def explain(case: Circumstances) -> list[str]:
    """Say who it is for and what it waits for or came to, a sentence a line; ids, never what it says."""
    row = case.row
    told = {
        READY: _held_back,
        SENDING: _on_its_way,
        DOUBTFUL: _in_doubt,
        SENT: _arrived,
        FAILED: _failed,
        EXPIRED: _expired,
        CANCELLED: _cancelled,
    }
    subject = f"Message {row.id} ({row.kind}) to {row.receiver} in {row.workspace_id}"
    return [f"{subject} is {row.state}; attempts: {row.attempt}.", _window(case), *told[row.state](case)]


def moment(at: datetime | None) -> str:
    """Write a moment as operators compare it with a log: in UTC, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z" if at else "an unknown moment"


def _window(case: Circumstances) -> str:
    opens, closes = moment(case.row.not_before), moment(case.row.expire_at)
    if case.is_too_late:
        return f"It was of use from {opens} until {closes}: its time is over."
    if case.row.not_before > case.people_now:
        return f"It is of use from {opens} until {closes}: its time has not come."
    return f"It is of use from {opens} until {closes}: now."


def _held_back(case: Circumstances) -> Iterator[str]:
    if case.is_too_late:
        yield "It came too late to be of use: the next turn of a worker gives it up."
        return
    reasons = [*_early(case), *_hurdles(case)]
    yield from reasons or [
        "Nothing holds it back: a worker that runs takes it in its next turns, the earliest deadline first."
    ]


def _early(case: Circumstances) -> Iterator[str]:
    row = case.row
    because = f" ({row.reason})" if row.reason and not row.reason.startswith(UNOPENED) else ""
    if row.not_before > case.people_now:
        yield f"It waits for {moment(row.not_before)}{because}."
    if row.retry_at and row.retry_at > case.machine_now:
        yield f"Its last attempt did not reach Slack{because}: the next one is at {moment(row.retry_at)}."


def _hurdles(case: Circumstances) -> Iterator[str]:
    yield from _closed_workspace(case)
    if case.in_flight:
        numbers = ", ".join(map(str, case.in_flight))
        yield f"One message at a time: {numbers} is on its way to the same receiver."
    workspace, conversation, now = case.workspace, case.conversation, case.machine_now
    if case.row.receiver.startswith(GROUP) and not (conversation and conversation.channel):
        yield _unopened(case)
    if workspace and not case.pace.workspace.room(workspace.posts_tat, now):
        yield f"{workspace.workspace_id} just had as many messages as Slack takes: in seconds it has room again."
    if conversation and not case.pace.conversation.room(conversation.posts_tat, now):
        yield f"{case.row.receiver} just had as many messages as Slack takes: in seconds there is room again."


def _unopened(case: Circumstances) -> str:
    """Say when Slack is asked for the conversation of several people, and what it said the last time."""
    said = (case.row.reason or "").partition(UNOPENED)[2]
    because = f" ({said})" if said else ""
    yet = f"Slack has not opened a conversation with these people yet{because}"
    tried = case.conversation.opening_until if case.conversation else None
    full = case.workspace.opens_tat if case.workspace else None
    room_at = None if case.pace.openings.room(full, case.machine_now) else case.pace.openings.opens_at(full)
    later = [at for at in (tried, room_at) if at and at > case.machine_now]
    return (
        f"{yet}: it is asked again at {moment(max(later))}."
        if later
        else f"{yet}: it is asked in the next turns."
    )


def _closed_workspace(case: Circumstances) -> Iterator[str]:
    workspace = case.workspace
    if workspace and workspace.stopped_because:
        yield (
            f"Nothing is sent to {workspace.workspace_id}, for Slack said {workspace.stopped_because}: "
            "reinstall the app."
        )
    if workspace and workspace.blocked_until and workspace.blocked_until > case.machine_now:
        yield f"Slack told us to send nothing to {workspace.workspace_id} until {moment(workspace.blocked_until)}."


def _on_its_way(case: Circumstances) -> Iterator[str]:
    until = case.row.lease_until
    if until and until > case.machine_now:
        yield f"A worker is sending it, and has until {moment(until)} to say what Slack answered."
        yield "If it dies before, nobody knows whether Slack has the message: it is then looked up there."
        return
    yield f"The worker that took it has not reported by {moment(until)}: it died or hangs."
    yield "The next turn of a worker puts the message in doubt: it is looked up in Slack, not sent again blindly."


def _in_doubt(case: Circumstances) -> Iterator[str]:
    row = case.row
    because = f" ({row.reason})" if row.reason else ""
    yield f"Slack may have it since {moment(row.doubt_since)}{because}."
    yield "It is looked up in Slack before anything else happens to it, and sent only if it is not there."
    if row.lease_until and row.lease_until > case.machine_now:
        yield f"A worker is looking, and has until {moment(row.lease_until)}."
    elif row.retry_at and row.retry_at > case.machine_now:
        yield f"It is looked up at {moment(row.retry_at)}: what Slack accepts late must have arrived by then."
    else:
        yield "A worker that runs looks it up in its next turns."
    yield from _closed_workspace(case)


def _arrived(case: Circumstances) -> Iterator[str]:
    row = case.row
    if row.ts is None:
        yield f"It may be in {row.channel} since {moment(row.sent_at)}, where we could not look: {_reason(case)}."
        return
    yield f"Slack has it since {moment(row.sent_at)}, in {row.channel} as {row.ts}."


def _failed(case: Circumstances) -> Iterator[str]:
    if case.row.is_unresolved:
        yield from _unresolved(case)
        return
    yield f"Slack refused it: {_reason(case)}. It is not tried again by itself."
    yield from _way_back(case)


def _unresolved(case: Circumstances) -> Iterator[str]:
    row = case.row
    why = _reason(case).removeprefix(UNRESOLVED)
    yield f"Slack may have it since {moment(row.doubt_since)}, and does not let us look there: {why}."
    yield "It is not sent again by itself, as it would come twice if it is there: somebody has to look."
    if not case.is_too_late:
        again = f"`python app.py outbox retry {row.id}`"
        yield f"{again} has it looked up once more; with --absent, which says that somebody saw it is not there, sent."


def _expired(case: Circumstances) -> Iterator[str]:
    yield f"It was given up: {_reason(case)}."
    yield from _way_back(case)


def _cancelled(case: Circumstances) -> Iterator[str]:
    yield f"It was taken back: {_reason(case)}."
    yield from _way_back(case)


def _reason(case: Circumstances) -> str:
    return case.row.reason or "nobody noted why"


def _way_back(case: Circumstances) -> Iterator[str]:
    if not case.is_too_late:
        yield f"Its time is not over: `python app.py outbox retry {case.row.id}` puts it back."
