"""Where everything meets: the Bolt app with its doors, and what prepares each kind of message."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

from slack_bolt import App
from slack_sdk import WebClient

from bot import planning, zone_changes
from bot.runtime.clock import Clock
from bot.runtime.config import Settings
from bot.runtime.database import Sessions
from bot.runtime.delivery import Prepare
from bot.runtime.engine import Work
from bot.runtime.slack import post
from handlers import (
    answers,
    doors,
    goals,
    growth,
    home,
    members,
    nudges,
    one_on_one_clicks,
    one_on_one_forms,
    one_on_ones,
)
from handlers.views import elements

FEATURES = (
    growth,
    one_on_ones,
    one_on_one_forms,
    one_on_one_clicks,
    nudges,
    answers,
    goals,
    home,
    members,
)
PREPARE: Mapping[str, Prepare] = {**one_on_ones.PREPARE, **nudges.PREPARE, **goals.PREPARE}
"""Per kind of delivery, what decides at the moment of sending and renders with today's data."""


def slack_client(settings: Settings) -> WebClient:
    """Make the client that never posts twice: the SDK's default retries a post Slack may have accepted."""
    return WebClient(token=settings.bot_token, base_url=settings.slack_api_url, timeout=10, retry_handlers=[])


def build_app(settings: Settings, *, sessions: Sessions, clock: Clock) -> App:
    """Build the Bolt app with all its doors; nothing is started."""
    # Bolt logs the body of a request whose signature is wrong, at INFO: that may be a person's text.
    logging.getLogger("slack_bolt.RequestVerification").setLevel(logging.WARNING)
    app = App(
        name="trellis",
        client=slack_client(settings),
        signing_secret=settings.signing_secret,
        # Bolt's own five threads are shared by everything: twelve slow commands leave five unanswered.
        listener_executor=ThreadPoolExecutor(max_workers=2 * settings.threads, thread_name_prefix="listener"),
        raise_error_for_unhandled_request=False,
    )
    app.use(doors.offer(sessions=sessions, clock=clock))
    app.use(members.know_actor)
    app.error(doors.apologise)
    for feature in FEATURES:
        feature.register(app)
    _take_the_rest(app)
    return app


def _take_the_rest(app: App) -> None:
    """Answer what no feature listens for; Bolt asks listeners in order, so these come last."""
    app.event(re.compile(".*"))(doors.ignore)
    app.action(elements.NOTHING)(doors.ignore)
    app.action(re.compile(".*"))(doors.refuse_old)
    app.view(re.compile(".*"))(doors.refuse_old_form)


def plan(sessions: Sessions, now: datetime) -> int:
    """Plan every occurrence that has come near, a batch a transaction, and say how many there were."""
    planned = 0
    while True:
        with sessions.begin() as session:
            batch = planning.plan_due(session, now=now)
        planned += batch
        if batch < planning.BATCH:
            return planned


def work(client: WebClient, clock: Clock) -> Work:
    """Say what the engine has to do for the features, in the workspace this client's token belongs to."""
    return Work(
        prepare=PREPARE,
        post=partial(post, client),
        plan=plan,
        next_planned=planning.next_planned,
        refresh_zones=partial(refresh_zones, clock=clock),
        daily=partial(_reconcile, client),
    )


def refresh_zones(sessions: Sessions, *, clock: Clock) -> None:
    """Bring every workspace up to date with the zone data in use, a workspace a transaction."""
    while True:
        with sessions.begin() as session:
            if not zone_changes.refresh(session, now=clock.people_now()):
                return


def _reconcile(client: WebClient, sessions: Sessions, clock: Clock) -> None:
    members.reconcile(client, sessions, clock, client.auth_test()["team_id"])
