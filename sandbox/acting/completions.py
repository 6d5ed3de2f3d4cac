"""What the composer suggests while somebody types."""

from sandbox.manifest import Command
from sandbox.model import Completion, Person
from sandbox.state import State

LIMIT = 8


def suggest(state: State, user: str, text: str) -> list[Completion]:
    """Suggest completions of the last word of the text up to the cursor."""
    if text.startswith("/") and " " not in text:
        return _commands(state, text.lower())
    word = text.rpartition(" ")[2]
    if word.startswith("@"):
        return _people(state, word[1:].lower())
    if word.startswith("#"):
        return _channels(state, user, word[1:].lower())
    return []


def _commands(state: State, typed: str) -> list[Completion]:
    matching: list[Command] = [each for each in state.manifest.commands or () if each.name.startswith(typed)]
    return [
        Completion("command", each.name, f"{each.name} {each.usage_hint}".strip(), each.description)
        for each in matching
    ]


def _people(state: State, typed: str) -> list[Completion]:
    matching = [each for each in state.people.values() if not each.deleted and _is_called(each, typed)]
    matching.sort(key=lambda each: (not each.name.startswith(typed), each.is_bot, each.name))
    return [Completion("person", f"@{each.name}", each.real_name, each.title) for each in matching[:LIMIT]]


def _is_called(person: Person, typed: str) -> bool:
    names = [person.name, *person.real_name.lower().split(" ")]
    return any(name.startswith(typed) for name in names)


def _channels(state: State, user: str, typed: str) -> list[Completion]:
    channels = [each for each in state.conversations.by_id.values() if not each.is_direct]
    seen = [each for each in channels if each.kind == "public" or user in each.members]
    matching = sorted(each.name for each in seen if each.name.startswith(typed))
    purposes = {each.name: each.purpose for each in seen}
    return [Completion("channel", f"#{name}", f"#{name}", purposes[name]) for name in matching[:LIMIT]]
