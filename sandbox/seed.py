"""The beginning of a workspace: who works there and which channels they have."""

import copy
import tomllib
from functools import cache
from pathlib import Path

from sandbox.clock import whole_seconds
from sandbox.identity import APP_ID, BOT_ID, BOT_USER, SLACKBOT
from sandbox.manifest import Manifest
from sandbox.model import Conversation, Json, Person

SEED_FILE = Path(__file__).with_name("seed.toml")


def read_seed(path: Path = SEED_FILE) -> Json:
    """Read the file of people and channels, once for all who ask."""
    return copy.deepcopy(_parsed(path))


@cache
def _parsed(path: Path) -> Json:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def seeded_people(seed: Json, manifest: Manifest) -> dict[str, Person]:
    """Return everybody by id: Slackbot, the people of the seed, and the installed app's own bot."""
    now = whole_seconds()
    people = [
        Person(id=SLACKBOT, name="slackbot", real_name="Slackbot", updated=now),
        *(_person(entry, now) for entry in seed["people"]),
        Person(
            id=BOT_USER,
            name=manifest.bot_name.lower().replace(" ", "_"),
            real_name=manifest.bot_name,
            is_bot=True,
            bot_id=BOT_ID,
            app_id=APP_ID,
            updated=now,
        ),
    ]
    return {person.id: person for person in people}


def _person(entry: Json, now: int) -> Person:
    email = "" if entry.get("is_bot") else f"{entry['name']}@sandbox.example"
    return Person(**{"email": email, "updated": now, **entry})


def seeded_channels(seed: Json, people: dict[str, Person]) -> list[Conversation]:
    """Return the channels of the seed with their members; guests see none unless it names them."""
    colleagues = [each.id for each in people.values() if each.can_be_played and not each.is_restricted]
    return [_channel(entry, colleagues) for entry in seed["channels"]]


def _channel(entry: Json, colleagues: list[str]) -> Conversation:
    return Conversation(
        **{"kind": "public", "members": list(colleagues), "created": whole_seconds(), **entry}
    )
