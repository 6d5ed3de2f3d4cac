"""A round and its result as text to keep: JSON, short enough for fifty thousand people, read back exactly."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, Final, Generic, TypeVar, get_args

from bot.matching.people import AtWork, History, Mixing, Person, Round, Rules, Weights
from bot.matching.results import Group, LeftOver, Reason, Relaxation, Result, WhyLeftOver

FORMAT: Final = 2
READABLE: Final = (1, FORMAT)
"""In the first, channels did not count and were not known."""
T = TypeVar("T")
NAMED: Final = {
    kind.__name__: kind for union in (Reason, WhyLeftOver, Relaxation) for kind in get_args(union)
}


class UnknownFormat(ValueError):
    """The text was written by another version, and cannot be read by this one."""


def snapshot(matched: Round) -> str:
    """Write a round down."""
    ids, words, patterns = _Table[str](), _Table[str](), _Table[AtWork]()
    people = [_row(person, ids, words, patterns) for person in matched.people]
    rounds = {
        number: [[ids.at(name) for name in group] for group in groups]
        for number, groups in matched.history.rounds.items()
    }
    return _text(
        {
            "seed": matched.seed,
            "rules": asdict(matched.rules),
            "number": matched.history.number,
            "rounds": rounds,
            "people": people,
            "ids": ids.values,
            "words": words.values,
            "patterns": patterns.values,
        }
    )


def restored(text: str) -> Round:
    """Read a round that was written down; raises UnknownFormat."""
    kept = _kept(text)
    ids, words = kept["ids"], kept["words"]
    patterns: list[AtWork] = [tuple((begin, end) for begin, end in each) for each in kept["patterns"]]
    rounds = {
        int(number): tuple(tuple(ids[at] for at in group) for group in groups)
        for number, groups in kept["rounds"].items()
    }
    rules = {
        **kept["rules"],
        "mixing": Mixing(kept["rules"]["mixing"]),
        "weights": Weights(**{"channels": 0, **kept["rules"]["weights"]}),
    }
    return Round(
        tuple(_person(row, ids, words, patterns) for row in kept["people"]),
        History(kept["number"], rounds),
        Rules(**rules),
        kept["seed"],
    )


def written(result: Result) -> str:
    """Write a result down."""
    return _text(
        {
            "groups": [
                [each.members, list(map(_named, each.reasons)), each.affinity] for each in result.groups
            ],
            "left_over": [[each.person, _named(each.why)] for each in result.left_over],
            "relaxations": list(map(_named, result.relaxations)),
            "affinity": result.affinity,
            "bound": result.bound,
            "is_proven": result.is_proven,
        }
    )


def read(text: str) -> Result:
    """Read a result that was written down; raises UnknownFormat."""
    return _result(_kept(text))


def read_first(text: str, groups: int) -> tuple[Result, int]:
    """Read a result with but so many of its groups, and say how many more there are; raises UnknownFormat."""
    kept = _kept(text)
    more = max(0, len(kept["groups"]) - groups)
    return _result({**kept, "groups": kept["groups"][:groups]}), more


def _result(kept: dict[str, Any]) -> Result:
    return Result(
        tuple(
            Group(tuple(members), tuple(map(_value, reasons)), affinity)
            for members, reasons, affinity in kept["groups"]
        ),
        tuple(LeftOver(person, _value(why)) for person, why in kept["left_over"]),
        tuple(map(_value, kept["relaxations"])),
        kept["affinity"],
        kept["bound"],
        kept["is_proven"],
    )


class _Table(Generic[T]):
    """Values that occur often, each written once."""

    def __init__(self) -> None:
        self._places: dict[T, int] = {}

    def at(self, value: T) -> int:
        """Give the place of a value, a new one if it is new."""
        return self._places.setdefault(value, len(self._places))

    def maybe(self, value: T | None) -> int | None:
        """Give the place of a value that may be missing."""
        return None if value is None else self.at(value)

    def all(self, values: Iterable[T]) -> list[int]:
        """Give the places of values, sorted."""
        return sorted(map(self.at, values))

    @property
    def values(self) -> list[T]:
        """All values by their place."""
        return list(self._places)


def _row(person: Person, ids: _Table[str], words: _Table[str], patterns: _Table[AtWork]) -> list[Any]:
    """Write a person as a row, in the order in which `_person` reads it."""
    return [
        ids.at(person.id),
        words.maybe(person.department),
        ids.maybe(person.manager),
        words.maybe(person.location),
        None if person.started_on is None else person.started_on.toordinal(),
        words.all(sorted(person.offers)),
        words.all(sorted(person.wants)),
        words.all(sorted(person.languages)),
        patterns.at(person.at_work),
        ids.all(sorted(person.excludes)),
        int(person.is_guest),
        person.mentees,
        int(person.seeks_mentor),
        person.left_over_in,
        person.in_three_in,
        ids.all(sorted(person.channels)),
    ]


def _person(row: Sequence[Any], ids: list[str], words: list[str], patterns: list[AtWork]) -> Person:
    name, department, manager, location, started, offers, wants, languages, at_work, excludes, *rest = row
    is_guest, mentees, seeks_mentor, left_over_in, in_three_in, *channels = rest
    return Person(
        ids[name],
        None if department is None else words[department],
        None if manager is None else ids[manager],
        None if location is None else words[location],
        None if started is None else date.fromordinal(started),
        frozenset(words[at] for at in offers),
        frozenset(words[at] for at in wants),
        frozenset(words[at] for at in languages),
        patterns[at_work],
        frozenset(ids[at] for at in excludes),
        bool(is_guest),
        mentees,
        bool(seeks_mentor),
        left_over_in,
        in_three_in,
        frozenset(ids[at] for some in channels for at in some),
    )


def _named(value: Reason | WhyLeftOver | Relaxation) -> list[Any]:
    """Write a value of a closed set as its name and what it holds."""
    return [type(value).__name__, *vars(value).values()]


def _value(named: Sequence[Any]) -> Any:
    name, *held = named
    return NAMED[name](*(tuple(each) if isinstance(each, list) else each for each in held))


def _text(kept: dict[str, Any]) -> str:
    return json.dumps({"format": FORMAT, **kept}, ensure_ascii=False, separators=(",", ":"))


def _kept(text: str) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(text)
    if kept.get("format") not in READABLE:
        raise UnknownFormat(f"format {kept.get('format')}, none of {READABLE}")
    return kept
