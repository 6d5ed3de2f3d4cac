"""Where everything meets: the Bolt app with its doors, and what prepares each kind of message."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

from slack_bolt import App
from slack_sdk import WebClient
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from bot import attention as attention_cases
from bot import members as member_cases
from bot import planning, roster_imports, zone_changes
from bot import rounds as round_cases
from bot.runtime.clock import Clock
from bot.runtime.config import Settings
from bot.runtime.database import Sessions, savepoint
from bot.runtime.decisions import ANY_KIND, Attend, Consequence, Prepare
from bot.runtime.engine import Work
from bot.runtime.readings import Readings
from bot.runtime.slack import authorities, open_group, post
from handlers import (
    absences,
    answers,
    attention,
    buddies,
    buddy_clicks,
    buddy_forms,
    channel_events,
    channels,
    doors,
    goals,
    growth,
    home,
    members,
    nudges,
    one_on_one_clicks,
    one_on_one_forms,
    one_on_ones,
    profile_fields,
    profiles,
    programme_posts,
    programme_reports,
    rosters,
    round_clicks,
    rounds,
)
from handlers.acquaintance import Familiar, note_who_is_gone, patient
from handlers.entrance import Entrance, PromptApp
from handlers.views import elements
from models.one_on_ones import Turn

COMMANDS = {
    "/goal": goals.answer,
    "/1on1": one_on_ones.command,
    "/growth": growth.command,
    "/buddy": buddies.command,
}
FEATURES = (
    one_on_one_forms,
    one_on_one_clicks,
    nudges,
    answers,
    goals,
    home,
    members,
    absences,
    channel_events,
    buddy_clicks,
    buddy_forms,
    profiles,
    rosters,
    round_clicks,
    programme_reports,
    programme_posts,
    attention,
)
PREPARE: Mapping[str, Prepare] = {
    **one_on_ones.PREPARE,
    **nudges.PREPARE,
    **goals.PREPARE,
    **rounds.PREPARE,
    **buddies.PREPARE,
    **programme_posts.PREPARE,
}
"""Per kind of delivery, what decides at the moment of sending and renders with today's data."""
ATTEND: Attend = partial(attention.attend, PREPARE)
"""What weighs all that would be sent for those who read it."""
CONSEQUENCES: Mapping[str, Consequence] = {
    ANY_KIND: note_who_is_gone,
    **rounds.CONSEQUENCES,
    **programme_posts.CONSEQUENCES,
}
"""Per kind of delivery, what becomes of it when it is given up: Slack refuses it, or never says whether it has it."""
AFTER_A_BUG = timedelta(hours=1)
NO_FIELDS: Mapping[str, str] = {}

log = logging.getLogger(__name__)


def slack_client(settings: Settings) -> WebClient:
    """Make the client that never posts twice: the SDK's default retries a post Slack may have accepted."""
    return WebClient(
        token=settings.bot_token,
        base_url=settings.slack_api_url,
        timeout=10,
        retry_handlers=[],
        ssl=authorities(),
    )


def build_app(
    settings: Settings, *, sessions: Sessions, clock: Clock, screens: Executor | None = None
) -> PromptApp:
    """Build the Bolt app with all its doors; nothing is started. What follows an answer runs on `screens`."""
    app = PromptApp(
        name="trellis",
        sessions=sessions,
        clock=clock,
        client=slack_client(settings),
        signing_secret=settings.signing_secret,
        # A listener runs on the thread that answers: Slack hears whether it worked, and brings an event again.
        process_before_response=True,
        raise_error_for_unhandled_request=False,
    )
    # Slack may take ten seconds for each: as many as answer must not wait for as many that are slow.
    following = screens or ThreadPoolExecutor(2 * settings.threads, thread_name_prefix="screen")
    app.use(Entrance(sessions, clock, following, Familiar(), app.late))
    app.error(doors.apologise)
    # Bolt asks listeners in order, and asking thirty in vain takes longer than answering: what is typed most is first.
    for name, listener in COMMANDS.items():
        app.command(name)(listener)
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
    with sessions.read() as session:
        soonest = planning.next_planned(session)
    if soonest is None or soonest > now:
        return 0
    planned = 0
    while True:
        with sessions.begin() as session:
            batch = planning.due(session, now=now)
            _plan_each(session, batch, now)
        planned += len(batch)
        if len(batch) < planning.BATCH:
            return planned


def _plan_each(session: Session, batch: Sequence[Turn], now: datetime) -> None:
    """Plan a batch; if one 1-on-1 hits a bug only that one waits, and the bug is logged with its id."""
    try:
        with savepoint(session):
            planning.plan(session, batch, now=now)
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # planning's one door for bugs: one bad row must not keep everybody's questions
        if len(batch) > 1:
            for turn in batch:
                _plan_each(session, [turn], now)
            return
        log.exception("meeting_unplanned", extra={"one_on_one": batch[0].id})
        planning.put_off(session, batch[0], until=now + AFTER_A_BUG)


def work(client: WebClient, clock: Clock, *, mapped: Mapping[str, str] = NO_FIELDS) -> Work:
    """Say what the engine has to do for the features, in the workspace this client's token belongs to.

    `mapped` says by which field of a Slack profile, its id or its label, we know one of ours.
    """
    return Work(
        prepare=PREPARE,
        post=partial(post, client),
        look=Readings(client).look,
        open_group=partial(open_group, client),
        consequences=CONSEQUENCES,
        attend=ATTEND,
        heed=attention_cases.count_found,
        plan=plan,
        next_planned=next_step,
        chores=chores(client),
        refresh_zones=partial(refresh_zones, clock=clock),
        greet=partial(greet, client),
        daily=partial(_once_a_day, patient(client), mapped),
    )


def chores(client: WebClient) -> Callable[[Sessions, datetime], int]:
    """Say what is done beside planning and delivering: steps of rounds, then asking ahead who is undisturbed."""
    disturbances = absences.Disturbances(client)

    def do(sessions: Sessions, now: datetime) -> int:
        return rounds.take_steps(client, sessions, now) + disturbances.read(sessions, now)

    return do


def next_step(session: Session) -> datetime | None:
    """Say when (people's time) something is to be planned, or a step of a round to be taken."""
    moments = (planning.next_planned(session), round_cases.next_moment(session))
    return min((moment for moment in moments if moment is not None), default=None)


def greet(client: WebClient, sessions: Sessions) -> None:
    """Serve a workspace again that was stopped, once Slack takes our token; raises what Slack refuses."""
    workspace_id = client.auth_test()["team_id"]
    with sessions.begin() as session:
        member_cases.welcome_back(session, workspace_id)


def refresh_zones(sessions: Sessions, *, clock: Clock) -> None:
    """Bring every workspace up to date with the zone data in use, a workspace a transaction."""
    while True:
        with sessions.begin() as session:
            if not zone_changes.refresh(session, now=clock.people_now()):
                return


def _once_a_day(client: WebClient, mapped: Mapping[str, str], sessions: Sessions, clock: Clock) -> None:
    """Ask Slack who is still there and what their profiles say, and forget old rosters and weeks."""
    _reconcile(client, sessions, clock)
    with sessions.begin() as session:
        roster_imports.forget_old(session, at=clock.machine_now())
        attention_cases.forget_old(session, now=clock.people_now())
    if mapped:
        profile_fields.look(client, sessions, clock, client.auth_test()["team_id"], mapped)


def _reconcile(client: WebClient, sessions: Sessions, clock: Clock) -> None:
    workspace_id = client.auth_test()["team_id"]
    members.reconcile(client, sessions, clock, workspace_id)
    channels.survey_all(client, sessions, clock.people_now(), workspace_id)
