"""Doors for absences: whom Slack keeps undisturbed, as it says itself, and asked for many people ahead of time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from slack_bolt import App, BoltContext
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from sqlalchemy.orm import Session

from bot import absences, planning
from bot.permissions import Actor
from bot.runtime.clock import Clock, elapsed_seconds
from bot.runtime.database import Sessions
from bot.runtime.slack import NotSent, Refused, of_answer
from handlers import doors
from handlers.acquaintance import error_of
from handlers.views.elements import Payload
from models import absences as asked
from models.absences import Times
from models.base import hold_alone
from models.receipts import Receipt, take_receipt

log = logging.getLogger(__name__)

AHEAD: Final = timedelta(minutes=15)
"""How long before a message may be sent (people's time) its receiver is asked about."""
LOOKED_EVERY: Final = timedelta(seconds=30)
"""How often (people's time) it is looked whether there is anybody to ask about, where there was nobody: not with every
beat, for messages are seen so much longer ahead."""
PEOPLE_A_CALL: Final = 50
"""Slack takes no more: https://docs.slack.dev/reference/methods/dnd.teamInfo"""
CALLS_A_MINUTE: Final = 18
"""Of all processes together; Slack's tier 2 allows 20: https://docs.slack.dev/apis/web-api/rate-limits"""
CALLS_A_BEAT: Final = 6
"""So that rounds wait for no more than these."""
AFTER_REFUSAL_SECONDS: Final = 3600.0
"""How long nobody is asked about after Slack refused it: a scope that is missing comes with a new installation."""
AFTER_SILENCE_SECONDS: Final = 60.0
NOT_VISIBLE: Final = "user_not_visible"
"""What Slack answers about all of them where the app may not see one: of them it tells when asked without that one."""
SLOW_SECONDS: Final = 0.05
SHARE: Final = 0.02
"""When a backlog makes looking take so long, it takes no greater share of the time."""


def register(app: App) -> None:
    """Say what triggers what."""
    app.event("dnd_updated_user")(take_over)


def take_over(body: Payload, event: Payload, context: BoltContext, sessions: Sessions, clock: Clock) -> None:
    """Keep up with when somebody is undisturbed; what was put off for it comes as soon as they are not any more."""
    actor, times = Actor(str(context.team_id), event["user"]), times_of(event["dnd_status"])
    with sessions.read() as session:
        if not absences.is_news(session, actor, times):
            return
    now = clock.people_now()
    with sessions.begin() as session:
        doors.once(session, actor, f"event:{body['event_id']}", at=clock.machine_now())
        if absences.note(session, actor, times, now=now):
            planning.reach_again(session, actor.workspace_id, actor.user_id, now=now)


def times_of(status: Payload) -> Times | None:
    """Read from when until when somebody is undisturbed; Slack counts from one second after 1970 for never.

    A snooze is not told of as one: others see only the times.
    """
    since, until = status.get("next_dnd_start_ts") or 0, status.get("next_dnd_end_ts") or 0
    if not status.get("dnd_enabled") or until <= since:
        return None
    return Times(datetime.fromtimestamp(since, UTC), datetime.fromtimestamp(until, UTC))


class Asked(NamedTuple):
    """People about whom this process asks, and the mark they bear meanwhile (machine time)."""

    workspace_id: str
    people: Sequence[str]
    mark: datetime


class Disturbances:
    """Asks Slack ahead of messages whom it keeps undisturbed, many at once; one of these a process, many a store."""

    def __init__(self, client: WebClient, *, elapsed: Callable[[], float] = elapsed_seconds) -> None:
        """Ask with this client, whose token belongs to one workspace; nothing is asked yet."""
        self._client, self._elapsed = client, elapsed
        self._workspace_id: str | None = None
        self._rests_until, self._at_once = 0.0, PEOPLE_A_CALL
        self._nobody_at: datetime | None = None

    def read(self, sessions: Sessions, now: datetime) -> int:
        """Ask about everybody who gets a message soon and was not asked about lately; counts the calls."""
        is_idle = self._nobody_at is not None and timedelta() <= now - self._nobody_at < LOOKED_EVERY
        if is_idle or self._elapsed() < self._rests_until:
            return 0
        if not self._is_anybody_due(sessions, now + AHEAD):
            self._nobody_at = now
            return 0
        calls = 0
        while calls < CALLS_A_BEAT and self._ask(sessions, now + AHEAD):
            calls += 1
        return calls

    def _is_anybody_due(self, sessions: Sessions, soon: datetime) -> bool:
        began, is_due = self._elapsed(), False
        question = asked.is_anybody_due_in() if self._workspace_id else asked.is_anybody_due()
        named = {"soon": soon, "ours": self._workspace_id}
        try:
            with sessions.connect() as connection:
                is_due = connection.execute(question, named).scalar_one()
        finally:  # also where the store broke it off, as it took too long
            took = self._elapsed() - began
            if took > SLOW_SECONDS and not is_due:
                self._rests_until = began + took / SHARE
        return is_due

    def _ask(self, sessions: Sessions, soon: datetime) -> bool:
        """Ask about some of them, if it is our turn, and keep the answer; says whether there may be more."""
        taken: Asked | None = None
        try:
            taken = self._take(sessions, soon)
            if taken is None:
                return False
            said = self._client.dnd_teamInfo(users=list(taken.people))["users"] or {}
        except doors.UNHEARD as unheard:
            if taken is not None and error_of(unheard) == NOT_VISIBLE:
                self._ask_apart(sessions, taken)
                return True
            self._rest(unheard)
            if taken is not None:
                self._give_back(sessions, taken, self._rests_until - self._elapsed())
            return False
        self._at_once = min(2 * self._at_once, PEOPLE_A_CALL)
        _keep(sessions, taken, said)
        return True

    def _ask_apart(self, sessions: Sessions, taken: Asked) -> None:
        """Ask about fewer at once, until whom Slack does not show us is alone: of that one nothing is known."""
        self._at_once = max(1, len(taken.people) // 2)
        if len(taken.people) == 1:
            _keep(sessions, taken, {})
            return
        self._give_back(sessions, taken, 0.0)

    def _take(self, sessions: Sessions, soon: datetime) -> Asked | None:
        """Take some whom no other process asks about; raises what Slack does when asked which workspace is ours."""
        workspace_id = self._workspace_id = self._workspace_id or str(self._client.auth_test()["team_id"])
        with sessions.begin() as session:
            return _take(session, workspace_id, soon, min(self._at_once, PEOPLE_A_CALL))

    def _rest(self, unheard: Exception) -> None:
        """Ask nothing for as long as Slack says; of what it refuses nobody has to be told every minute."""
        seconds = _pause_after(unheard)
        self._rests_until = self._elapsed() + seconds
        log.warning("disturbances_unheard", extra={"error": error_of(unheard), "seconds": seconds})

    def _give_back(self, sessions: Sessions, taken: Asked, seconds: float) -> None:
        with sessions.begin() as session:
            session.execute(asked.give_back(taken.workspace_id, taken.people, taken.mark, seconds=seconds))


def _take(session: Session, workspace_id: str, soon: datetime, most: int) -> Asked | None:
    """Take some if no other process does just now, and Slack may be asked once more in this minute."""
    if not hold_alone(session, f"absences:{workspace_id}"):
        return None
    at = session.execute(asked.machine_now()).scalar_one()
    turns = [f"absences:{at:%Y-%m-%dT%H:%M}:{number}" for number in range(CALLS_A_MINUTE)]
    made = set(session.scalars(Receipt.taken_among(workspace_id, turns)))
    free = [turn for turn in turns if turn not in made]
    if not free:
        return None
    mark = asked.mark_of(at)
    named = {"ours": workspace_id, "soon": soon}
    people = session.scalars(asked.take(mark, most), named).all()
    if not people:
        return None
    take_receipt(session, workspace_id, free[0], at=at)
    return Asked(workspace_id, people, mark)


def _keep(sessions: Sessions, taken: Asked, said: Mapping[str, Payload]) -> None:
    """Keep what Slack said; whom it left out it does not keep undisturbed."""
    times = {each: times_of(said.get(each) or {}) for each in taken.people}
    with sessions.begin() as session:
        session.execute(asked.told(taken.workspace_id, times, mark=taken.mark))


def _pause_after(unheard: Exception) -> float:
    """Say for how many seconds Slack is not asked again after this."""
    answer = of_answer(unheard) if isinstance(unheard, SlackApiError) else None
    if isinstance(answer, NotSent) and answer.retry_after:
        return float(answer.retry_after)
    return AFTER_REFUSAL_SECONDS if isinstance(answer, Refused) else AFTER_SILENCE_SECONDS
