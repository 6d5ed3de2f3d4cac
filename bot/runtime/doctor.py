"""The doctor: says in plain words what is missing or wrong with an installation, and what to do about it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import DBAPIError

from bot.runtime import manifest, queues
from bot.runtime.clock import Clock
from bot.runtime.config import BadSettings, Settings, load
from bot.runtime.database import Sessions, connect, missing_migrations
from bot.runtime.findings import Finding, in_number, note, ok, wrong
from bot.runtime.logs import told_by_store
from bot.runtime.occupancy import file_of
from bot.runtime.slack import UNANSWERED, word_of
from models.base import UtcDateTime
from models.workspaces import Workspace

SKEW_SECONDS = 60
"""Slack's signatures hold for five minutes: a clock a minute off is on its way there."""


def examine(environment: Mapping[str, str], *, zone_data: str, clock: Clock) -> list[Finding]:
    """Look at settings, Slack, store and clocks; a token is never part of what is said."""
    try:
        settings = load(environment)
    except BadSettings as bad:
        return [*map(wrong, bad.faults), *_store_alone(environment, zone_data, clock)]
    return [ok("The settings are complete"), *_slack(settings, clock), *_store(settings, zone_data, clock)]


def _store_alone(environment: Mapping[str, str], zone_data: str, clock: Clock) -> list[Finding]:
    """Look at the store all the same when only Slack's settings are wrong."""
    try:
        settings = load(environment, needs=())
    except BadSettings:
        return []
    return list(_store(settings, zone_data, clock))


def _slack(settings: Settings, clock: Clock) -> Iterator[Finding]:
    client = WebClient(
        token=settings.bot_token, base_url=settings.slack_api_url, timeout=10, retry_handlers=[]
    )
    try:
        answer = client.auth_test()
    except SlackApiError as refusal:
        advice = "SLACK_BOT_TOKEN ({}): copy it anew from OAuth & Permissions"
        yield _refused(refusal, settings, advice)
        return
    except UNANSWERED as away:
        yield wrong(f"Slack does not answer at {settings.slack_api_url} ({_cause(away)}): check the network")
        return
    yield ok(f"Slack knows the bot as {answer['user']} in the workspace {answer['team']}")
    yield _scopes(answer)
    yield from _skew_of_slack(answer, clock.machine_now())
    yield _way_in(client, settings)


def _scopes(answer: SlackResponse) -> Finding:
    granted = {scope.strip() for scope in _header(answer, "x-oauth-scopes").split(",")} - {""}
    wanted = manifest.scopes(manifest.read())
    if missing := sorted(wanted - granted):
        return wrong(
            f"The bot lacks the scopes {', '.join(missing)}: paste the manifest again and reinstall the app"
        )
    if more := sorted(granted - wanted - manifest.OPTIONAL):
        return note(f"The bot has scopes it does not use: {', '.join(more)}")
    if optional := sorted(granted & manifest.OPTIONAL):
        return ok(
            "The bot has the scopes it needs, and looks for posts that are in doubt in channels with "
            + ", ".join(optional)
        )
    return ok("The bot has the scopes it needs, and no more")


def _skew_of_slack(answer: SlackResponse, now: datetime) -> Iterator[Finding]:
    if date := _header(answer, "date"):
        yield _skew("Slack's", (now - parsedate_to_datetime(date)).total_seconds())


def _skew(whose: str, seconds: float) -> Finding:
    if abs(seconds) <= SKEW_SECONDS:
        return ok(f"This machine's clock agrees with {whose}")
    way = "ahead of" if seconds > 0 else "behind"
    return wrong(
        f"This machine's clock is {abs(seconds):.0f} s {way} {whose}: switch time synchronisation (NTP) on"
    )


def _way_in(client: WebClient, settings: Settings) -> Finding:
    if not settings.app_token:
        return note("Slack reaches the bot over HTTP: its request URLs must end in /slack/events")
    try:
        client.apps_connections_open(app_token=settings.app_token)
    except SlackApiError as refusal:
        advice = (
            "SLACK_APP_TOKEN ({}): make one with the scope connections:write under Basic Information, and switch "
            "Socket Mode on"
        )
        return _refused(refusal, settings, advice)
    except UNANSWERED as away:
        return wrong(f"Slack does not open a socket ({_cause(away)}): check the network")
    return ok("Slack opens a socket for the bot (Socket Mode)")


def _refused(refusal: SlackApiError, settings: Settings, advice: str) -> Finding:
    """Tell what Slack refuses from what something in its place answers."""
    if (word := word_of(refusal)) is not None:
        return wrong(f"Slack refuses {advice.format(word)}")
    return wrong(
        f"What answers at {settings.slack_api_url} is not Slack, or was cut short ({refusal.response.status_code}): "
        "check SLACK_API_URL, and the proxy if there is one"
    )


def _store(settings: Settings, zone_data: str, clock: Clock) -> Iterator[Finding]:
    if folder := _closed_folder(settings.database_url):
        yield wrong(f"The folder {folder} cannot be written: SQLite keeps its file there")
        return
    file = file_of(settings.database_url)
    if file and not file.exists():
        # To connect would make an empty one, which belongs to whoever asks.
        yield note(f"There is no database at {file} yet: `python app.py` or `python app.py migrate` makes it")
        return
    engine = connect(settings.database_url)
    try:
        yield from _answering(engine, zone_data, clock)
    except DBAPIError as away:
        yield wrong(f"The database does not answer ({told_by_store(away)}): check DATABASE_URL")
    finally:
        engine.dispose()


def _closed_folder(url: str) -> Path | None:
    file = file_of(url)
    return None if file is None or os.access(file.parent, os.W_OK) else file.parent


def _answering(engine: Engine, zone_data: str, clock: Clock) -> Iterator[Finding]:
    missing = missing_migrations(engine)
    yield ok(f"The database answers ({engine.dialect.name})")
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            theirs = connection.scalars(select(func.clock_timestamp(type_=UtcDateTime))).one()
        yield _skew("the database's", (clock.machine_now() - theirs).total_seconds())
    if missing:
        are = in_number(missing, "migration is", "migrations are")
        yield wrong(f"{missing} {are} missing: run `python app.py migrate`")
        return
    yield ok("The tables are those of this version")
    with Sessions(engine).read() as session:
        yield _zones(session.scalars(Workspace.with_other_zones_than(zone_data)).all(), zone_data)
        stopped = session.scalars(select(Workspace).where(Workspace.stopped_because.is_not(None))).all()
        yield from map(_stopped, stopped)
        yield from queues.examine(session, clock)


def _zones(stale: Sequence[Workspace], zone_data: str) -> Finding:
    if stale:
        return note(
            f"{len(stale)} {in_number(len(stale), 'workspace was', 'workspaces were')} planned with other time zone "
            f"data than {zone_data}: the next start computes all meetings there anew"
        )
    return ok(f"Meetings are planned with the time zone data in use ({zone_data})")


def _stopped(workspace: Workspace) -> Finding:
    return wrong(
        f"Nothing is sent to {workspace.workspace_id}, for Slack said {workspace.stopped_because}: reinstall the app"
    )


def _header(answer: SlackResponse, name: str) -> str:
    values = {key.lower(): value for key, value in answer.headers.items()}
    value = values.get(name, "")
    return str(value[0] if isinstance(value, list) else value)


def _cause(away: Exception) -> str:
    cause = away.reason if isinstance(away, URLError) else away
    return str(cause) or type(cause).__name__
