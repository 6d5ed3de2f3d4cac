"""The methods about people: `users.*`, `dnd.*`, and their kind."""

from sandbox.clock import machine_now, whole_seconds
from sandbox.errors import SlackError
from sandbox.model import Json, Person
from sandbox.rendering import do_not_disturb_json, profile_json, user_json
from sandbox.state import State
from sandbox.web_api.arguments import Arguments
from sandbox.web_api.paging import page_of

TEAM_DND_LIMIT = 50


def info(state: State, arguments: Arguments) -> Json:
    """`users.info`."""
    person = state.person(arguments.required("user"))
    return {"ok": True, "user": _rendered(state, person, arguments)}


def list_(state: State, arguments: Arguments) -> Json:
    """`users.list`: every account, bots, guests and deactivated ones included; nobody of another organisation."""
    own = [person for person in state.people.values() if not person.is_external]
    page, metadata = page_of(own, arguments, default=1000)
    members = [_rendered(state, person, arguments) for person in page]
    return {"ok": True, "members": members, "cache_ts": whole_seconds(), "response_metadata": metadata}


def lookup_by_email(state: State, arguments: Arguments) -> Json:
    """`users.lookupByEmail`: active accounts only."""
    email = arguments.required("email").lower()
    for person in state.people.values():
        if person.email.lower() == email and not person.deleted:
            return {"ok": True, "user": _rendered(state, person, arguments)}
    raise SlackError("users_not_found")


def profile(state: State, arguments: Arguments) -> Json:
    """`users.profile.get`."""
    person = state.person(arguments.required("user"))
    fields = {field_id: {"value": value, "alt": ""} for field_id, value in person.fields.items() if value}
    # An empty object leaves Slack as an empty list.
    rendered = profile_json(person, with_email=_sees_email(state)) | {"fields": fields or []}
    return {"ok": True, "profile": rendered}


def team_profile(state: State, arguments: Arguments) -> Json:
    """`team.profile.get`: the fields of a profile that this workspace has added to Slack's own."""
    fields = [
        {
            "id": field["id"],
            "ordering": at,
            "label": field["label"],
            "hint": "",
            "type": field["type"],
            "possible_values": None,
            "options": None,
            "is_hidden": False,
        }
        for at, field in enumerate(state.profile_fields)
    ]
    return {"ok": True, "profile": {"fields": fields, "sections": []}}


def bot_info(state: State, arguments: Arguments) -> Json:
    """`bots.info`."""
    for person in state.people.values():
        if person.bot_id and person.bot_id == arguments.text("bot", person.bot_id):
            bot = {
                "id": person.bot_id,
                "deleted": person.deleted,
                "name": person.real_name,
                "updated": person.updated,
                "app_id": person.app_id,
                "user_id": person.id,
            }
            return {"ok": True, "bot": bot}
    raise SlackError("bot_not_found")


def dnd_info(state: State, arguments: Arguments) -> Json:
    """`dnd.info`."""
    return {"ok": True, **do_not_disturb_json(state.person(arguments.required("user")))}


def dnd_team_info(state: State, arguments: Arguments) -> Json:
    """`dnd.teamInfo`: of up to 50 people; who does not exist is left out."""
    users = arguments.listed("users")
    if not users:
        raise SlackError("no_users_provided")
    if len(users) > TEAM_DND_LIMIT:
        raise SlackError("too_many_users")
    known = (state.people[user] for user in users if user in state.people)
    return {"ok": True, "users": {each.id: do_not_disturb_json(each) for each in known}}


def _rendered(state: State, person: Person, arguments: Arguments) -> Json:
    rendered = user_json(person, now=machine_now(), with_email=_sees_email(state))
    return rendered | ({"locale": "en-US"} if arguments.flag("include_locale") else {})


def _sees_email(state: State) -> bool:
    return "users:read.email" in state.manifest.scopes
