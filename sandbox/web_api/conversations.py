"""The `conversations.*` methods: channels, direct messages, their members and history."""

from sandbox.errors import SlackError
from sandbox.identity import BOT_USER
from sandbox.model import Conversation, Json, Message
from sandbox.rendering import channel_json, message_json
from sandbox.state import State
from sandbox.web_api.access import PREFIXES, need, reachable
from sandbox.web_api.arguments import Arguments
from sandbox.web_api.paging import page_of, page_of_people

PEOPLE_LIMIT = 8
KIND_OF_TYPE = {"public_channel": "public", "private_channel": "private", "im": "im", "mpim": "mpim"}


def open_(state: State, arguments: Arguments) -> Json:
    """`conversations.open`: the direct message with one person, or the group message with up to eight."""
    if channel := arguments.text("channel"):
        return {"ok": True, "channel": {"id": reachable(state, channel, "read").id}}
    users = list(dict.fromkeys(arguments.listed("users")))
    _check_people(state, users)
    need(state, "im:write" if len(users) == 1 else "mpim:write")
    existing = state.conversations.existing_direct(BOT_USER, *users)
    conversation = existing or state.conversations.direct(*users, BOT_USER)
    told = {"no_op": True, "already_open": True} if existing else {}
    channel_part = channel_json(conversation) if arguments.flag("return_im") else {"id": conversation.id}
    return {"ok": True, **told, "channel": channel_part}


def _check_people(state: State, users: list[str]) -> None:
    if not users:
        raise SlackError("users_list_not_supplied")
    if len(users) > PEOPLE_LIMIT:
        raise SlackError("too_many_users")
    people = [state.people.get(user) for user in users]
    if None in people:
        raise SlackError("user_not_found" if len(users) == 1 else "users_not_found")
    if any(person and person.is_bot for person in people):
        raise SlackError("cannot_dm_bot")
    if any(person and person.deleted for person in people):
        raise SlackError("user_disabled")
    if any(person and person.is_stranger for person in people):
        raise SlackError("user_not_visible")
    _check_external(state, [person.id for person in people if person and person.is_external])


def _check_external(state: State, external: list[str]) -> None:
    """Refuse people of other organisations who are not all in one channel already.

    https://docs.slack.dev/reference/methods/conversations.open
    """
    channels = [set(each.members) for each in state.conversations.by_id.values() if not each.is_direct]
    if external and not any({BOT_USER, *external} <= members for members in channels):
        raise SlackError("invalid_user_combination")


def info(state: State, arguments: Arguments) -> Json:
    """`conversations.info`."""
    conversation = reachable(state, arguments.required("channel"), "read")
    rendered = channel_json(conversation)
    if arguments.flag("include_num_members"):
        rendered["num_members"] = len(conversation.members)
    return {"ok": True, "channel": rendered}


def members(state: State, arguments: Arguments) -> Json:
    """`conversations.members`, a page at a time."""
    conversation = reachable(state, arguments.required("channel"), "read")
    page, metadata = page_of_people(conversation.members, arguments)
    return {"ok": True, "members": list(page), "response_metadata": metadata}


def list_(state: State, arguments: Arguments) -> Json:
    """`conversations.list`: what the bot can see, by type."""
    visible = _of_types(state, arguments, list(state.conversations.by_id.values()))
    page, metadata = page_of(visible, arguments)
    rendered = [channel_json(each) | {"num_members": len(each.members)} for each in page]
    return {"ok": True, "channels": rendered, "response_metadata": metadata}


def of_user(state: State, arguments: Arguments) -> Json:
    """`users.conversations`: what a person, by default the bot, is a member of, as far as the bot can see it."""
    user = state.person(arguments.text("user", BOT_USER)).id
    theirs = [each for each in state.conversations.by_id.values() if user in each.members]
    page, metadata = page_of(_of_types(state, arguments, theirs), arguments)
    rendered = [{key: each for key, each in channel_json(one).items() if key != "is_member"} for one in page]
    return {"ok": True, "channels": rendered, "response_metadata": metadata}


def _of_types(state: State, arguments: Arguments, among: list[Conversation]) -> list[Conversation]:
    types = arguments.listed("types") or ["public_channel"]
    if unknown := set(types) - set(KIND_OF_TYPE):
        raise SlackError("invalid_types", unknown=sorted(unknown))
    kinds = {KIND_OF_TYPE[name] for name in types}
    for kind in sorted(kinds):
        need(state, f"{PREFIXES[kind]}:read")  # type: ignore[index]
    archived = not arguments.flag("exclude_archived")
    return [
        each for each in among if each.kind in kinds and _is_seen(each) and (archived or not each.is_archived)
    ]


def _is_seen(conversation: Conversation) -> bool:
    return conversation.kind == "public" or BOT_USER in conversation.members


def join(state: State, arguments: Arguments) -> Json:
    """`conversations.join`: public channels only."""
    conversation = state.conversations.find(arguments.required("channel"))
    if conversation.kind != "public":
        raise SlackError("method_not_supported_for_channel_type")
    if conversation.is_archived:
        raise SlackError("is_archived")
    if BOT_USER in conversation.members:
        warning = {"warning": "already_in_channel", "response_metadata": {"warnings": ["already_in_channel"]}}
        return {"ok": True, "channel": channel_json(conversation), **warning}
    state.conversations.join(conversation, BOT_USER)
    return {"ok": True, "channel": channel_json(conversation)}


def history(state: State, arguments: Arguments) -> Json:
    """`conversations.history`: newest first, within `oldest` and `latest`; metadata only for who asks."""
    conversation = reachable(state, arguments.required("channel"), "history")
    if BOT_USER not in conversation.members:
        raise SlackError("not_in_channel")
    chosen = [message for message in _newest_first(conversation) if _is_within(message, arguments)]
    page, metadata = page_of(chosen, arguments)
    with_metadata = arguments.flag("include_all_metadata")
    return {
        "ok": True,
        "messages": [message_json(message, with_metadata=with_metadata) for message in page],
        "has_more": bool(metadata["next_cursor"]),
        "pin_count": 0,
        **({"response_metadata": metadata} if metadata["next_cursor"] else {}),
    }


def _newest_first(conversation: Conversation) -> list[Message]:
    public = [message for message in conversation.messages.values() if not message.is_ephemeral]
    return sorted(public, key=lambda message: message.ts, reverse=True)


def _is_within(message: Message, arguments: Arguments) -> bool:
    ts = _moment(message.ts, "ts")
    oldest, latest = arguments.text("oldest"), arguments.text("latest")
    after = _moment(oldest, "oldest") if oldest else 0
    before = _moment(latest, "latest") if latest else ts + 1
    return after <= ts <= before if arguments.flag("inclusive") else after < ts < before


def _moment(ts: str, name: str) -> int:
    """Read a `ts` as whole microseconds, exactly: floats would confuse neighbours."""
    seconds, _, micros = ts.partition(".")
    try:
        return int(seconds) * 1_000_000 + int((micros + "000000")[:6])
    except ValueError as error:
        raise SlackError(f"invalid_ts_{name}") from error
