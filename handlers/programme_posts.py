"""Doors to what becomes of a programme's posts: what follows when one is given up, and what its owner decides."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from slack_bolt import App
from sqlalchemy.orm import Session

from bot import programme_posts as posts
from bot.programme_news import UNPOSTED
from bot.programme_posts import Attempt, Unposted
from bot.runtime.database import Sessions
from bot.runtime.decisions import Consequence, Decision, Failed, Prepare
from handlers import doors
from handlers.doors import Visit
from handlers.screens import Screen
from handlers.verdicts import decision
from handlers.views import programme_posts as views
from handlers.views.elements import Message, Payload
from models.outbox import Delivery

log = logging.getLogger(__name__)


def register(app: App) -> None:
    """Say what triggers what."""
    app.action(views.POST_AGAIN)(post_again)
    app.action(views.IS_THERE)(leave)


def post_again(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Post once more what its programme's owner misses in the channel."""
    _decide(posts.post_again, views.posting, action, visit, sessions, screen)


def leave(action: Payload, visit: Visit, sessions: Sessions, screen: Screen) -> None:
    """Take the owner's word that a post is there."""
    _decide(posts.is_there, views.left, action, visit, sessions, screen)


def _decide(
    use_case: Callable[..., Unposted],
    word: Callable[[Unposted], Message],
    action: Payload,
    visit: Visit,
    sessions: Sessions,
    screen: Screen,
) -> None:
    """Carry out what a button says of an attempt, which anybody could have written."""
    attempt = Attempt.read(str(action.get("value")))
    if attempt is None:
        raise doors.OldButton
    with sessions.begin() as session:
        decided = use_case(session, visit.actor, attempt, now=visit.now)
    log.info("post_decided", extra={"key": attempt.key, "decision": use_case.__name__})
    screen.show(word(decided), "Career buddies")


def prepare(session: Session, deliveries: Sequence[Delivery], now: datetime) -> Mapping[int, Decision]:
    """Decide and render the questions to owners, with today's data."""
    return {
        key: decision(verdict, views.question)
        for key, verdict in posts.judge(session, deliveries, now=now).items()
    }


def give_up(session: Session, failed: Sequence[Failed], now: datetime) -> None:
    """Tell the owners of programmes whose posts were given up, or ask them."""
    for each in failed:
        posts.given_up(session, each.delivery_id, now=now)


PREPARE: Final[Mapping[str, Prepare]] = {UNPOSTED: prepare}
CONSEQUENCES: Final[Mapping[str, Consequence]] = dict.fromkeys(posts.KINDS, give_up)
