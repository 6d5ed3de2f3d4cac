"""How rounds look: sixty words, Slack's limits, no markup of anybody's, and parts for a large round's channel."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.matching.results import (
    GuestsStayOut,
    MentorsTaken,
    NeverMet,
    NobodyFree,
    NotAsked,
    NotMetFor,
    OfferedSkill,
    OtherDepartments,
    OtherSize,
    Reason,
    Repeat,
    SameDepartment,
    SameLocation,
    SharedHours,
    SharedLanguage,
    TenureApart,
)
from bot.round_facts import (
    Announcement,
    Buddy,
    Changed,
    Closing,
    HeadsUp,
    Introduction,
    LeftOut,
    Nobody,
    PactFacts,
    Parted,
    Preview,
    Silenced,
    TooFew,
)
from bot.round_messages import GROUPS_A_MESSAGE
from bot.round_results import short_questions
from handlers.views import rounds as views
from handlers.views import rounds_channel, rounds_pacts, rounds_preview
from handlers.views.elements import Message
from sandbox.block_kit.surfaces import check_message
from tests.handlers.views.reading import MOST_WORDS, words_of
from tests.people import AMY, BEN, DAY, MONDAY_NOON, RAY

CHANNEL, UNTIL = "CGROWTH01", date(2026, 12, 8)
BERLIN = "Europe/Berlin"
TIMES = tuple(MONDAY_NOON + nth * DAY for nth in (1, 2, 3))
SKILL = OfferedSkill("public speaking", AMY, BEN)
REASONS: list[Reason] = [
    SKILL,
    OtherDepartments("People Operations", "Platform Engineering"),
    SameDepartment("Platform Engineering"),
    SharedHours(12),
    TenureApart(7),
    NeverMet(),
    NotMetFor(9),
    SharedLanguage("Brazilian Portuguese"),
    SameLocation("Rio de Janeiro"),
]
LONGEST = max((each.ask for each in short_questions().questions), key=lambda text: len(text.split()))


def introduction(
    *reasons: Reason,
    people: tuple[str, ...] = (AMY, BEN),
    department: str = "Design",
    mentor: str | None = None,
) -> Introduction:
    return Introduction(
        pairing_id=3,
        channel=CHANNEL,
        until=UNTIL,
        zone=BERLIN,
        buddies=tuple(Buddy(each, department) for each in people),
        reasons=reasons,
        times=TIMES,
        question=LONGEST,
        mentor=mentor,
        may_decline=mentor is not None,
    )


@pytest.mark.parametrize("first", REASONS, ids=lambda reason: type(reason).__name__)
def test_an_introduction_has_sixty_words_whatever_the_reasons(first: Reason) -> None:
    for second in REASONS:
        message = views.introduction(introduction(first, second))
        of_three = views.introduction(introduction(first, second, people=(AMY, BEN, RAY)))

        assert len(words_of(message)) <= MOST_WORDS, message.text
        assert len(words_of(of_three)) <= MOST_WORDS, of_three.text
        assert check_message(message.payload()["blocks"]) is None, message.text


OTHERS: dict[str, Message] = {
    "heads up": views.heads_up(HeadsUp(1, CHANNEL, MONDAY_NOON, BERLIN)),
    "sat out": views.sat_out(CHANNEL, MONDAY_NOON, BERLIN),
    "introduction": views.introduction(introduction(SKILL, NeverMet())),
    "of three": views.introduction(introduction(SharedHours(1), NeverMet(), people=(AMY, BEN, RAY))),
    "mentor": views.introduction(introduction(SKILL, mentor=AMY)),
    "halfway": views.halfway(introduction(SKILL)),
    "halfway of a mentor": views.halfway(introduction(SKILL, mentor=AMY)),
    "closing": views.closing(Closing(3, (AMY,), CHANNEL, UNTIL)),
    "closing for a mentor": views.closing(Closing(3, (AMY,), CHANNEL, UNTIL, may_decline=True)),
    "closing for a mentor, late": views.closing(Closing(3, (AMY,), CHANNEL, UNTIL, may_swap=False)),
    "met": views.met((AMY, BEN)),
    "not yet": views.not_yet(Closing(3, (AMY,), CHANNEL, UNTIL)),
    "swapped": views.swapped((AMY,)),
    "nobody to swap": views.nobody_to_swap((AMY,)),
    "nobody to swap in time": views.nobody_to_swap((AMY,), is_late=True),
    "nobody to swap, and no next round": views.nobody_to_swap((AMY,), has_next=False),
    "declined": views.declined(AMY),
    "left over": views.left_over(Nobody(CHANNEL, NobodyFree(), UNTIL)),
    "guest": views.left_over(Nobody(CHANNEL, GuestsStayOut(), None)),
    "mentors taken": views.left_over(Nobody(CHANNEL, MentorsTaken(), UNTIL)),
    "not asked": views.left_over(Nobody(CHANNEL, NotAsked(), UNTIL)),
    "nobody": views.too_few(TooFew(CHANNEL, True, 0, UNTIL)),
    "one": views.too_few(TooFew(CHANNEL, True, 1, UNTIL)),
    "no mentor or mentee": views.too_few(TooFew(CHANNEL, True, 0, UNTIL, is_mentoring=True)),
    "left out without a role": views.left_out(LeftOut(CHANNEL, True, UNTIL)),
    "left out as a guest": views.left_out(LeftOut(CHANNEL, False, UNTIL)),
    "one beside pacts": views.too_few(TooFew(CHANNEL, True, 1, UNTIL, are_in_pacts=True)),
    "no two": views.too_few(TooFew(CHANNEL, True, 5, None)),
    "the only one": views.too_few(TooFew(CHANNEL, False, 1, UNTIL)),
    "parted": views.parted(Parted(CHANNEL, (AMY,), False, UNTIL)),
    "replaced": views.parted(Parted(CHANNEL, (AMY,), False, None, now_with=(BEN,))),
    "replaced, and that is over as well": views.parted(Parted(CHANNEL, (AMY,), False, None, now_with=())),
    "unreachable": views.parted(Parted(CHANNEL, (AMY,), True, UNTIL)),
    "silenced": views.silenced(Silenced(CHANNEL, 7)),
    "goes on": views.goes_on(CHANNEL),
    "changed": rounds_preview.changed(Changed(CHANNEL, (AMY,), 2)),
    "changed for nobody's eyes": rounds_preview.changed(Changed(CHANNEL, (), 1)),
    "changed to less": rounds_preview.changed(Changed(CHANNEL, (AMY, BEN), 0)),
    "computing": rounds_preview.computing(CHANNEL),
    "starting": rounds_preview.starting(CHANNEL),
    "pact offer": rounds_pacts.offer(PactFacts(1, 3, (AMY,), CHANNEL, 6)),
    "pact prompt": rounds_pacts.prompt(PactFacts(1, 3, (AMY, BEN), CHANNEL, 6, 14)),
    "pact end": rounds_pacts.end(PactFacts(1, 3, (AMY,), CHANNEL, 6)),
    "pact end with the last prompt": rounds_pacts.end(PactFacts(1, 3, (AMY, BEN), CHANNEL, 4, 28)),
    "pact parted": rounds_pacts.end(PactFacts(1, 3, (AMY,), CHANNEL, 6, is_parted=True)),
    "pact parted, without a next round": rounds_pacts.end(
        PactFacts(1, 3, (AMY,), CHANNEL, 6, is_parted=True, has_next=False)
    ),
    "pact end without a next round": rounds_pacts.end(
        PactFacts(1, 3, (AMY,), CHANNEL, 4, 28, has_next=False)
    ),
    "refused without a next round": rounds_pacts.refused(has_next=False),
    "asked again without a next round": rounds_pacts.asked_again((AMY,), 6, stands=False, has_next=False),
    "not rematched without a next round": rounds_pacts.rematched(None, CHANNEL, has_next=False),
    "pact of three": rounds_pacts.offer(PactFacts(1, 3, (AMY, BEN), CHANNEL, 6)),
    "again": rounds_pacts.offer(PactFacts(1, 3, (AMY,), CHANNEL, 6, is_again=True)),
    "agreed alone of three": rounds_pacts.agreed((AMY, BEN), 6, stands=False),
    "agreed": rounds_pacts.agreed((AMY,), 6, stands=True),
    "agreed alone": rounds_pacts.agreed((AMY,), 6, stands=False),
    "asked again": rounds_pacts.asked_again((AMY,), 6, stands=False),
    "asked again of three": rounds_pacts.asked_again((AMY, BEN), 6, stands=False),
    "refused": rounds_pacts.refused(),
    "rotates": rounds_pacts.rotates(CHANNEL),
    "rematched": rounds_pacts.rematched((AMY,), CHANNEL),
    "not rematched": rounds_pacts.rematched(None, CHANNEL),
}


@pytest.mark.parametrize("name", OTHERS)
def test_everything_else_is_short_and_looks_as_approved(name: str, snapshot: SnapshotAssertion) -> None:
    message = OTHERS[name]

    assert len(words_of(message)) <= MOST_WORDS, message.text
    assert check_message(message.payload()["blocks"]) is None
    assert message.payload() == snapshot(name=name)


def test_what_people_wrote_pings_nobody_and_breaks_no_line() -> None:
    evil = "<!channel>\n*Sales*"
    shown = views.introduction(
        introduction(OfferedSkill(evil, AMY, BEN), SameLocation(evil), department=evil)
    )
    text = str(shown.payload())

    assert "<!channel>" not in text
    assert "&lt;!channel&gt; *Sales*" in text


def announcement(
    groups: int, *, size: int = 2, part: int = 1, parts: int = 1, unnamed: int = 0
) -> Announcement:
    people = tuple(tuple(f"U{'X' * 30}{place}" for place in range(size)) for _ in range(groups))
    return Announcement(CHANNEL, people, part, parts, unnamed, groups * size, UNTIL, False)


@pytest.mark.parametrize("size", [2, 4])
def test_a_full_part_of_an_announcement_is_what_slack_takes(size: int) -> None:
    message = rounds_channel.announcement(announcement(GROUPS_A_MESSAGE, size=size, unnamed=2))

    assert check_message(message.payload()["blocks"]) is None
    assert sum(len(str(block)) for block in message.blocks) < 13_000


def test_the_first_part_counts_and_the_last_says_how_to_join() -> None:
    first = rounds_channel.announcement(announcement(2, part=1, parts=3))
    last = rounds_channel.announcement(announcement(2, part=3, parts=3, unnamed=3))
    of_threes = rounds_channel.announcement(announcement(2, size=3, part=3, parts=3, unnamed=3))

    assert "4 people take part" in first.text
    assert "/buddy join" not in first.text
    assert "continued (3 of 3)" in last.text
    assert "And 3 more pairs." in last.text
    assert "And 3 more groups." in of_threes.text
    assert "/buddy join" in last.text


def test_who_reads_of_mentors_and_mentees_is_told_the_words_that_let_them_join() -> None:
    facts = replace(announcement(2), is_mentoring=True)

    assert "Type `/buddy join as mentor`, or `as mentee`, here" in rounds_channel.announcement(facts).text


def test_a_preview_of_a_large_round_shows_what_fits_and_counts_the_rest(snapshot: SnapshotAssertion) -> None:
    groups = tuple(((AMY, BEN), (SKILL, NeverMet())) for _ in range(400))
    relaxed = (Repeat(AMY, BEN, 3), OtherSize((AMY, BEN, RAY)))
    facts = Preview(9, CHANNEL, MONDAY_NOON, BERLIN, groups, ((RAY, NobodyFree()),), relaxed, True)

    large = rounds_preview.preview(facts)
    small = rounds_preview.preview(
        Preview(9, CHANNEL, MONDAY_NOON, BERLIN, groups[:1], ((RAY, NobodyFree()),), relaxed, True)
    )

    assert check_message(large.payload()["blocks"]) is None
    assert "more lines" in large.text
    assert sum(len(str(block)) for block in large.blocks) < 13_000
    assert small.payload() == snapshot


def test_a_preview_of_nobody_says_so_and_promises_nothing() -> None:
    shown = rounds_preview.preview(Preview(9, CHANNEL, MONDAY_NOON, BERLIN, (), (), (), True))

    assert "nobody takes part yet" in shown.text
    assert "as it stands" not in shown.text
