"""What goes into a round's matching: people as they stand at that moment, when they met, and the owner's rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import combinations
from typing import Final

from sqlalchemy.orm import Session

from bot import profiles
from bot.attributes import Attributes, comparable
from bot.matching import Group, History, Mixing, Person, Rules, Weights
from bot.matching.people import LONG_AGO_ROUNDS
from bot.matching.results import NeverMet, NotMetFor, Reason
from bot.members import hours_of
from bot.round_takers import Taker
from bot.round_times import at_work
from models import round_work
from models.bulk import rows_of
from models.programmes import LESS, MENTEE, MENTOR, MORE, OFF, Exclusion, Participant, Programme
from models.rounds import Partner, Round

WORKING_DAYS: Final = 5
PAIR: Final = 2
HALVES: Final = {OFF: 0, LESS: 1, MORE: 4}
"""How many halves of its usual share a term of the affinity gets."""


def rules_of(programme: Programme) -> Rules:
    """Say what the owner set, as matching reads it: the owner's hours are those of a day, its hours a week's."""
    return Rules(
        mixing=Mixing(programme.mixing),
        is_mixing_hard=programme.is_mixing_required,
        group_size=programme.group_size,
        repeat_window=programme.repeat_window,
        least_shared_minutes=programme.shared_minutes * WORKING_DAYS,
        guests_may=programme.takes_guests,
        weights=Weights().in_shares({term: HALVES[level] for term, level in programme.weights.items()}),
    )


def people(session: Session, programme: Programme, takers: Iterable[Taker], on: date) -> list[Person]:
    """Describe those who take part, in the week of a day; five queries however many there are.

    With whom somebody has a standing 1-on-1 as manager and report is kept apart from them like whom they do not want:
    the roster knows one manager of each, and need not know that one.

    The channels they are in are those of other programmes. Slack tells of all others only person by person, which for
    a workspace of twenty thousand would take hours a round at the rate it allows.
    """
    present = list(takers)
    ids = [taker.member.user_id for taker in present]
    known = profiles.of(session, programme.workspace_id, ids)
    unwanted: dict[str, set[str]] = {}
    for user_id, other in session.execute(Exclusion.of_people(programme.workspace_id, ids)):
        unwanted.setdefault(user_id, set()).add(other)
    for user_id, other in rows_of(session, round_work.led(programme.workspace_id, ids)):
        unwanted.setdefault(user_id, set()).add(other)
    elsewhere: dict[str, set[str]] = {}
    for user_id, channel in rows_of(session, Participant.elsewhere(programme, ids)):
        elsewhere.setdefault(user_id, set()).add(channel)
    spelling = _spelling(known.values())
    return [
        _person(
            taker,
            known[taker.member.user_id],
            spelling,
            on,
            excludes=frozenset(unwanted.get(taker.member.user_id, ())),
            channels=frozenset(elsewhere.get(taker.member.user_id, ())),
        )
        for taker in present
    ]


def _spelling(known: Iterable[Attributes]) -> Mapping[str, str]:
    """Choose one way of writing for what people wrote differently, so that it is compared and can be shown."""
    said = {text for each in known for text in _texts(each)}
    return {comparable(text): text for text in sorted(said, reverse=True)}


def _texts(known: Attributes) -> tuple[str, ...]:
    single = tuple(text for text in (known.department, known.location) if text)
    return (*single, *known.skills_offered, *known.skills_wanted, *known.languages)


def _person(
    taker: Taker, known: Attributes, spelling: Mapping[str, str], on: date, **others: frozenset[str]
) -> Person:
    participant, member = taker.participant, taker.member
    return Person(
        member.user_id,
        department=_one(known.department, spelling),
        manager=known.manager,
        location=_one(known.location, spelling),
        started_on=known.starts_on,
        offers=_all(known.skills_offered, spelling),
        wants=_all(known.skills_wanted, spelling),
        languages=_all(known.languages, spelling),
        at_work=at_work(hours_of(member), on),
        is_guest=member.is_guest,
        mentees=participant.capacity if participant.role == MENTOR else 0,
        seeks_mentor=participant.role == MENTEE,
        left_over_in=participant.left_over_in,
        in_three_in=participant.three_in,
        **others,
    )


def _one(text: str | None, spelling: Mapping[str, str]) -> str | None:
    return spelling[comparable(text)] if text else None


def _all(texts: Sequence[str], spelling: Mapping[str, str]) -> frozenset[str]:
    return frozenset(spelling[comparable(text)] for text in texts)


def history(session: Session, programme: Programme, number: int) -> History:
    """Read who was put together in a programme before a round, as far back as matching looks.

    A repeat is one within the owner's window, and of repeats the oldest are within it too; beyond that an earlier
    meeting counts for less the longer it is past, until `LONG_AGO_ROUNDS`. Who was left over or in a three stands
    with the participant. What lies further back would only make the matching of an old programme ever slower.
    """
    since = _horizon(number, programme.repeat_window)
    met: dict[int, dict[int, list[str]]] = {}
    for met_in, pairing_id, user_id in rows_of(session, round_work.met_since(programme.id, since, number)):
        met.setdefault(met_in, {}).setdefault(pairing_id, []).append(user_id)
    return _as_history(number, met)


def _horizon(number: int, repeat_window: int) -> int:
    """Give the first round that is remembered when one is matched."""
    return number - max(LONG_AGO_ROUNDS, repeat_window)


def remembering(session: Session, buddy_round: Round, groups: Sequence[Group]) -> list[Group]:
    """Say of two who are new to each other as far as matching looks when they met before that; at most a query."""
    new = {each.members for each in groups if NeverMet() in each.reasons}
    if not new or _horizon(buddy_round.number, 0) <= 1:
        return list(groups)
    people = {who for members in new for who in members}
    asked = round_work.last_met_before(buddy_round.programme_id, buddy_round.number, people)
    met = {(one, other): number for one, other, number in rows_of(session, asked)}
    return [_remembering(each, met, buddy_round.number) if each.members in new else each for each in groups]


def _remembering(group: Group, met: Mapping[tuple[str, str], int], number: int) -> Group:
    """Tell of the latest of these meetings instead, of larger groups of none: some of them may be new."""
    pairs = combinations(sorted(group.members), PAIR)
    earlier = [met[one, other] for one, other in pairs if (one, other) in met]
    if not earlier:
        return group
    ago: list[Reason] = [NotMetFor(number - max(earlier))] if len(group.members) == PAIR else []
    told = (each for reason in group.reasons for each in (ago if reason == NeverMet() else [reason]))
    return replace(group, reasons=tuple(told))


def history_of(
    session: Session, programme: Programme, number: int, user_id: str, *, with_now: bool = False
) -> History:
    """Read with whom one person was put together in a programme before a round, or in it as well."""
    met: dict[int, dict[int, list[str]]] = {}
    for met_in, pairing_id, other in session.execute(Partner.history_of(programme.id, user_id)):
        if met_in < number + with_now:
            met.setdefault(met_in, {}).setdefault(pairing_id, []).append(other)
    return _as_history(number, met)


def _as_history(number: int, met: Mapping[int, Mapping[int, Sequence[str]]]) -> History:
    rounds = {
        met_in: tuple(sorted(tuple(sorted(group)) for group in groups.values()))
        for met_in, groups in met.items()
    }
    return History(number, dict(sorted(rounds.items())))
