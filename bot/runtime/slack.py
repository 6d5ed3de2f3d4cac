"""The one adapter that posts messages, and what each of Slack's answers means for the row in the outbox."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from http.client import HTTPException
from typing import Any
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from models.outbox import GROUP

EVENT_TYPE, MARK = "trellis_delivery", "delivery:"
"""What metadata and block ids of our messages are known by."""
SEVERAL = "trellis_deliveries"
"""What metadata of several that are posted as one is known by: a version that does not know it reads the block ids."""
UNCERTAIN = frozenset({"fatal_error", "internal_error", "request_timeout", "service_unavailable"})
"""Errors after which Slack may have posted all the same."""
TOKEN_GONE = frozenset({"token_revoked", "token_expired", "invalid_auth", "not_authed"})
PASSING = frozenset({"ratelimited", "rate_limited", "team_added_to_org"})
"""Errors that end by themselves, and before which Slack posted nothing."""
HELD_UP = frozenset(
    {
        *("org_login_required", "message_limit_exceeded", "accesslimited", "team_access_not_granted"),
        "messages_tab_disabled",
    }
)
HELD_UP_SECONDS = 60
"""What is refused to a whole workspace, as while it moves to an organisation, and when it is tried again.

An app whose Messages tab an admin has switched off can write to nobody, until it is switched on.
"""
KEY_WITHDRAWN = "ekm_access_denied"
"""Admins may withdraw the key of all conversations, or of one: https://slack.com/help/articles/360019110974."""
INACTIVE = "account_inactive"
NO_SCOPE, UNTIL_REINSTALLED_SECONDS = "missing_scope", 600
"""An app that was installed before it wrote to groups may not open one until an admin has allowed it."""
OUR_BUGS = ("invalid_", "msg_", "no_text", "metadata_", "not_enough_users", "too_many_users", "users_list_")
"""How errors begin that say of a request of ours that it could never be granted."""
UNANSWERED = (URLError, HTTPException, OSError, SlackClientError)
"""What is raised when no answer of Slack's came, or none that can be read."""
NO_ANSWER = "no answer in JSON"
"""An error page of what stands in between, half an answer: nothing in it is Slack's word, and it is quoted nowhere."""
_WORD, _DIGITS = re.compile("[a-z0-9_.]+"), re.compile("[0-9]{1,9}")
LONGEST_WAIT_SECONDS = 3600
"""Whatever an answer says of when to come again: it may not be Slack who says it, or may have changed its mind."""
ABOUT_PEOPLE = frozenset({"invalid_user_combination"})
"""Refusals of those who are to be written to together: people of other organisations who share no channel."""
UNREACHED = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ECONNREFUSED})


@dataclass(frozen=True)
class Part:
    """A delivery that goes along in another one's post, under the same claim."""

    delivery_id: int
    nonce: str | None
    attempt: int
    begins: int
    """The number of the block from which on it is this one's."""


@dataclass(frozen=True)
class Outgoing:
    """A finished message under a claim; sending it touches no database."""

    delivery_id: int
    nonce: str | None
    workspace_id: str
    owner: str
    attempt: int
    receiver: str
    channel: str
    """Where to post: the conversation if it is known, else the person's id, which opens the DM."""
    text: str
    blocks: Sequence[Mapping[str, Any]]
    begins: int = 0
    along: Sequence[Part] = ()

    @property
    def parts(self) -> list[Part]:
        """All deliveries that are posted, the first of which is the message's own."""
        return [Part(self.delivery_id, self.nonce, self.attempt, self.begins), *self.along]


@dataclass(frozen=True)
class Sent:
    """Slack has it."""

    channel: str
    ts: str


@dataclass(frozen=True)
class NotSent:
    """Slack certainly has it not; try again after so many seconds, or when it feels right if None."""

    reason: str
    retry_after: int | None = None
    """Slack's own word (429): the whole workspace waits that long."""


@dataclass(frozen=True)
class InDoubt:
    """Slack may have it; nothing is done with the row until someone looked."""

    reason: str


@dataclass(frozen=True)
class Refused:
    """Slack will never take it; `is_token_gone` stops the workspace."""

    reason: str
    is_token_gone: bool = False

    @property
    def is_our_bug(self) -> bool:
        """Whether the message itself, or how a group was to be opened, is what Slack refuses."""
        is_about_it = self.reason.startswith(OUR_BUGS)
        return is_about_it and self.reason not in ABOUT_PEOPLE and not self.is_token_gone


Outcome = Sent | NotSent | InDoubt | Refused


@dataclass(frozen=True)
class Doubt:
    """Messages to one receiver that Slack may have; looking them up touches no database."""

    workspace_id: str
    receiver: str
    channel: str | None
    attempts: Mapping[int, int]
    """The deliveries in doubt, and which attempt of each."""
    nonces: Mapping[int, str | None]
    """Their nonces: a message written anew after a restore has another id, and its id was another's before."""
    since: datetime
    """When Slack may have got the first of them."""


@dataclass(frozen=True)
class Group:
    """Several people who are to be written to together."""

    workspace_id: str
    receiver: str

    @property
    def people(self) -> list[str]:
        """Their ids."""
        return people_of(self.receiver)


@dataclass(frozen=True)
class Opened:
    """Slack has, or had, a conversation with exactly these people and the bot."""

    channel: str


@dataclass(frozen=True)
class NotOpened:
    """Slack has opened none: not yet, or never."""

    why: NotSent | Refused


@dataclass(frozen=True)
class Seen:
    """Slack was asked: these deliveries are there, with their timestamps, and the others are not."""

    channel: str
    found: Mapping[int, str]
    pages: int = 1
    """How many pages of the history were asked for."""


@dataclass(frozen=True)
class Unseen:
    """Slack did not say; `is_final` if it never will."""

    reason: str
    retry_after: int | None = None
    is_final: bool = False
    is_token_gone: bool = False
    """Which stops the workspace, as with a post."""
    pages: int = 1
    """How many pages of the history were asked for."""


Look = Seen | Unseen


@cache
def authorities() -> ssl.SSLContext:
    """Load whom we trust to name Slack, once a process: the SDK would for each request, at 40 ms of CPU a time."""
    return ssl.create_default_context()


def post(client: WebClient, outgoing: Outgoing) -> Outcome:
    """Post the message once, with its deliveries' ids in its metadata and in block ids, and say what became of it."""
    try:
        answer = client.chat_postMessage(
            channel=outgoing.channel,
            text=outgoing.text,
            blocks=_signed(outgoing),
            metadata=_metadata(outgoing),
            unfurl_links=False,
            unfurl_media=False,
        )
    except SlackApiError as refusal:
        return meaning(client, refusal)
    except UNANSWERED as failure:
        return _of_failure(failure)
    if not (answer["channel"] and answer["ts"]):
        return InDoubt(f"{answer.status_code} {NO_ANSWER}")
    return Sent(answer["channel"], answer["ts"])


def open_group(client: WebClient, group: Group) -> Opened | NotOpened:
    """Open a group direct message, or find the one that is open; nobody sees anything of it."""
    try:
        return Opened(client.conversations_open(users=group.people)["channel"]["id"])
    except SlackApiError as refusal:
        outcome = meaning(client, refusal)
        if outcome == Refused(NO_SCOPE):
            return NotOpened(NotSent(NO_SCOPE, retry_after=UNTIL_REINSTALLED_SECONDS))
        return NotOpened(NotSent(outcome.reason) if isinstance(outcome, InDoubt) else outcome)
    except UNANSWERED as failure:
        return NotOpened(NotSent(type(failure).__name__))


def people_of(receiver: str) -> list[str]:
    """Take the name of a group apart; a person stands for themselves."""
    return receiver.removeprefix(GROUP).split(",")


def _signed(outgoing: Outgoing) -> list[dict[str, Any]]:
    """Put the mark of each part once more into its first block, should the metadata get lost."""
    marks = {part.begins: f"{MARK}{':'.join(_payload(part).values())}" for part in outgoing.parts}
    return [
        {**block, **({"block_id": marks[number]} if number in marks else {})}
        for number, block in enumerate(outgoing.blocks)
    ]


def _metadata(outgoing: Outgoing) -> dict[str, Any]:
    if not outgoing.along:
        return {"event_type": EVENT_TYPE, "event_payload": _payload(*outgoing.parts)}
    parts = [_payload(part) for part in outgoing.parts]
    return {"event_type": SEVERAL, "event_payload": {"deliveries": parts}}


def payloads_in(metadata: Mapping[str, Any]) -> Sequence[Mapping[str, str]]:
    """Read from a message's metadata which deliveries it brought: the id of each, and its nonce."""
    payload = metadata.get("event_payload") or {}
    if metadata.get("event_type") == EVENT_TYPE:
        return [payload]
    return payload.get("deliveries", ()) if metadata.get("event_type") == SEVERAL else ()


def _payload(part: Part) -> dict[str, str]:
    nonce = {"nonce": part.nonce} if part.nonce else {}
    return {"delivery_id": str(part.delivery_id), **nonce}


def word_of(refusal: SlackApiError) -> str | None:
    """Give Slack's word for why; None if what came is no answer of Slack's.

    The SDK gives such a thing as an error with its beginning as the word.
    """
    data = refusal.response.data
    error = data.get("error") if isinstance(data, dict) else None
    return error if isinstance(error, str) and _WORD.fullmatch(error) else None


def meaning(client: WebClient, refusal: SlackApiError) -> NotSent | InDoubt | Refused:
    """Say what a refusal means, having asked Slack whose account it is that is gone: a person's, or the app's own.

    As long as Slack tells neither, that it is busy or away among others, nobody is taken for gone.
    """
    outcome = of_answer(refusal)
    if outcome != Refused(INACTIVE):
        return outcome
    try:
        client.auth_test()
    except SlackApiError as ours:
        if word_of(ours) in TOKEN_GONE | {INACTIVE}:
            return Refused(INACTIVE, is_token_gone=True)
        return NotSent(f"{INACTIVE}, and nobody says whose")
    except UNANSWERED:
        return NotSent(f"{INACTIVE}, and nobody says whose")
    return outcome


def of_answer(refusal: SlackApiError) -> NotSent | InDoubt | Refused:
    """Say what it means for a request that Slack refused it."""
    answer, error = refusal.response, word_of(refusal)
    if answer.status_code == 429:
        return NotSent("ratelimited", retry_after=_seconds(answer.headers))
    if error is None or answer.status_code >= 500 or error in UNCERTAIN:
        return InDoubt(f"{answer.status_code} {error or NO_ANSWER}")
    if error in PASSING:
        return NotSent(error, retry_after=_seconds(answer.headers))
    if error in HELD_UP:
        return NotSent(error, retry_after=HELD_UP_SECONDS)
    if error == KEY_WITHDRAWN:
        return NotSent(error)
    return Refused(error, is_token_gone=error in TOKEN_GONE)


def _seconds(headers: Mapping[str, Any]) -> int:
    """Read Retry-After; the SDK gives header values as text or as lists of it."""
    named = {name.lower(): value for name, value in headers.items()}
    value = named.get("retry-after", "1")
    text = value[0] if isinstance(value, list) else value
    digits = _DIGITS.match(str(text))
    return min(int(digits[0]), LONGEST_WAIT_SECONDS) if digits else 1


def _of_failure(failure: Exception) -> Outcome:
    """Tell a connection that never came about from one that broke: only the first is certain.

    urllib wraps what goes wrong before the request is out; a TLS error then is the handshake's.
    """
    if not isinstance(failure, URLError):
        return InDoubt(type(failure).__name__)
    cause = failure.reason
    is_certain = isinstance(cause, socket.gaierror | ssl.SSLError)
    if is_certain or (isinstance(cause, OSError) and cause.errno in UNREACHED):
        return NotSent(type(cause).__name__)
    return InDoubt(type(cause).__name__)
