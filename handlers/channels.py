"""Doors to what Slack says of channels when asked: who is in one, whether the bot is, what it is called."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot import channel_enrolments, members, programme_heads_ups, programmes
from bot.channel_enrolments import Seen
from bot.errors import Refusal
from bot.permissions import Actor
from bot.programme_news import ARCHIVED, UNSEEN, WITHOUT_BOT
from bot.programmes import Channel
from bot.runtime.database import Sessions
from handlers import doors
from handlers.acquaintance import error_of, impatient, patient, profile_of
from handlers.views.elements import Payload
from models.programmes import EVERYONE, Programme

log = logging.getLogger(__name__)

PAGE = 200
"""Slack's advice for the members of a channel: https://docs.slack.dev/reference/methods/conversations.members."""
ALL_MY_CHANNELS = 999
"""The most Slack gives of somebody's channels at once."""
NOT_SEEN = frozenset({"channel_not_found", "method_not_supported_for_channel_type", "missing_scope"})
NOT_SHOWN = frozenset({"user_not_found", "user_not_visible"})
FEW = 20
"""So many strangers are asked for one by one; for more of them all accounts are read, as both take equally long."""
TYPED = re.compile(r"(?<!\S)#([^\s#<>|]+)")
"""The name of a channel as somebody wrote it, without picking it from Slack's list."""
BATCH = 500
"""People a transaction: some 30 ms for which others wait."""
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""When a record that nobody asked for counts as made: it is looked up again when the person comes to a door."""


class NoSuchChannel(Refusal):
    """I do not find you and me in that channel. Join it, let me in with `/invite`, and try again."""


class ChannelUnclear(Refusal):
    """Slack did not tell me who is in that channel, so I changed nothing. Try again in a minute, or in the channel."""


def enter(client: WebClient, actor: Actor, channel_id: str, *, seen_in: str | None = None) -> Channel:
    """Make sure that the actor is in a channel, and say what keeps a programme there from running.

    `seen_in` is where Slack says they just typed or clicked. Raises NoSuchChannel in the same words for one that
    does not exist, one they are not in and one the bot is not let into; and ChannelUnclear.
    """
    asking = impatient(client)
    try:
        about = asking.conversations_info(channel=channel_id)["channel"]
        is_there = seen_in == channel_id or _is_in(asking, actor, channel_id)
    except doors.UNHEARD as unheard:
        if error_of(unheard) in NOT_SEEN:
            raise NoSuchChannel(field="buddies.channel") from unheard
        raise ChannelUnclear(field="buddies.channel") from unheard
    if not is_there or about.get("is_im") or about.get("is_mpim"):
        raise NoSuchChannel(field="buddies.channel")
    return Channel(channel_id, _hindrance(about))


def is_in(client: WebClient, workspace_id: str, user_id: str, channel_id: str) -> bool:
    """Ask whether somebody else is in a channel; raises ChannelUnclear."""
    try:
        return _is_in(impatient(client), Actor(workspace_id, user_id), channel_id)
    except doors.UNHEARD as unheard:
        raise ChannelUnclear(field="buddies.channel") from unheard


def of(client: WebClient, actor: Actor) -> dict[str, str]:
    """Ask in which channels the actor is, as far as the bot may know, and what they are called now, by id.

    Raises ChannelUnclear.
    """
    try:
        return {each["id"]: str(each.get("name", "")) for each in _channels_of(impatient(client), actor)}
    except doors.UNHEARD as unheard:
        raise ChannelUnclear from unheard


def picked(client: WebClient, actor: Actor, text: str) -> str:
    """Write channels that were typed the way Slack writes those picked from its list; others stay as they are.

    Slack does not recognise each, above all no private one. Only those count that the actor is in, by the name of
    today. Raises ChannelUnclear.
    """
    if not TYPED.search(text):
        return text
    named = {_folded(name): channel_id for channel_id, name in of(client, actor).items()}

    def written(found: re.Match[str]) -> str:
        channel_id = named.get(_folded(found[1]))
        return f"<#{channel_id}>" if channel_id else found[0]

    return TYPED.sub(written, text)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold().rstrip(".,;:")


def _is_in(asking: WebClient, actor: Actor, channel_id: str) -> bool:
    return any(each["id"] == channel_id for each in _channels_of(asking, actor))


def _channels_of(asking: WebClient, actor: Actor) -> Iterator[Payload]:
    ask = partial(
        asking.users_conversations,
        user=actor.user_id,
        types="public_channel,private_channel",
        team_id=actor.workspace_id,
        limit=ALL_MY_CHANNELS,
    )
    return (each for page in _pages(ask) for each in page["channels"])


def _pages(ask: Callable[..., SlackResponse]) -> Iterator[SlackResponse]:
    """Ask for page after page, to the end."""
    cursor = ""
    while True:
        page = ask(cursor=cursor)
        yield page
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return


def _hindrance(about: Payload) -> str | None:
    if about.get("is_archived"):
        return ARCHIVED
    return None if about.get("is_member") else WITHOUT_BOT


def survey(client: WebClient, sessions: Sessions, now: datetime, programme: Programme) -> None:
    """Ask Slack for the facts of a programme's channel and write what follows: held or not, and who takes part.

    As long as Slack asks it to wait, it waits; never to be called within a transaction or while somebody waits.
    Raises `doors.UNHEARD` where Slack does not answer; then nothing has changed.
    """
    asking = patient(client)
    held_because = _look(asking, programme.channel)
    seen = _look_around(asking, sessions, programme) if held_because is None else None
    if seen is not None:
        _enrol_many(sessions, now, programme, seen)
    with sessions.begin() as session:
        gone = channel_enrolments.note(session, programme, held_because, seen, now=now)
        if gone:
            current = session.get_one(Programme, programme.id)
            programme_heads_ups.expect_partners(session, current, gone, now=now)


def _enrol_many(sessions: Sessions, now: datetime, programme: Programme, seen: Seen) -> None:
    """Enrol thousands some at a time: nobody waits for the store while they are written."""
    with sessions.read() as session:
        come = channel_enrolments.newcomers(session, programme, seen.present)
    if len(come.people) <= BATCH:
        return
    for first in range(0, len(come.people), BATCH):
        some = come.people[first : first + BATCH]
        with sessions.begin() as session:
            channel_enrolments.enrol_some(session, programme, some, come.unheard, now=now)


def _look_around(asking: WebClient, sessions: Sessions, programme: Programme) -> Seen:
    """Read who is in a channel, all of whom are known then where everybody is to take part.

    To get to know thousands takes minutes, in which some leave of whom nothing was known: so it is read again.
    """
    seen = _read(asking, sessions, programme)
    if programme.enrolment == EVERYONE and _get_to_know(asking, sessions, programme, seen.present):
        return _read(asking, sessions, programme)
    return seen


def _read(asking: WebClient, sessions: Sessions, programme: Programme) -> Seen:
    with sessions.read() as session:
        before = channel_enrolments.standing(session, programme)
    ask = partial(asking.conversations_members, channel=programme.channel, limit=PAGE)
    return Seen(frozenset(user_id for page in _pages(ask) for user_id in page["members"]), before)


def survey_all(client: WebClient, sessions: Sessions, now: datetime, workspace_id: str) -> None:
    """Survey the channels of all programmes; one of which Slack says nothing does not keep back the others."""
    with sessions.read() as session:
        running = programmes.running(session, workspace_id)
    for programme in running:
        try:
            survey(client, sessions, now, programme)
        except doors.UNHEARD as unheard:
            log.warning("channel_unseen", extra={"programme": programme.id, "error": error_of(unheard)})


def _look(asking: WebClient, channel_id: str) -> str | None:
    try:
        return _hindrance(asking.conversations_info(channel=channel_id)["channel"])
    except SlackApiError as refused:
        if error_of(refused) == "channel_not_found":
            return UNSEEN
        raise


def _get_to_know(
    asking: WebClient, sessions: Sessions, programme: Programme, present: frozenset[str]
) -> bool:
    """Take over the accounts of those in a channel of whom nothing is known yet; False if Slack shows none of them."""
    workspace_id, is_any = programme.workspace_id, False
    with sessions.read() as session:
        strangers = channel_enrolments.unknown(session, workspace_id, present)
    for batch in _accounts(asking, strangers):
        profiles = [profile_of(user, workspace_id) for user in batch if user["id"] in strangers]
        if profiles:
            with sessions.begin() as session:
                members.welcome_workspace(session, workspace_id)
                members.remember_all(session, workspace_id, profiles, at=LONG_AGO)
            is_any = True
    return is_any


def _accounts(asking: WebClient, strangers: set[str]) -> Iterator[list[Payload]]:
    """Read accounts page by page; people of other organisations are in no list, and are asked for one by one."""
    left = set(strangers)
    if len(left) > FEW:
        for page in _pages(partial(asking.users_list, limit=PAGE)):
            left -= {user["id"] for user in page["members"]}
            yield page["members"]
    unlisted = sorted(left)
    for first in range(0, len(unlisted), PAGE):
        some = unlisted[first : first + PAGE]
        yield [found for each in some if (found := _account(asking, each)) is not None]


def _account(asking: WebClient, user_id: str) -> Payload | None:
    """Read one account; None for one that Slack lists in the channel and does not show."""
    try:
        account: Payload = asking.users_info(user=user_id)["user"]
    except SlackApiError as refused:
        if error_of(refused) in NOT_SHOWN:
            return None
        raise
    return account
