"""How a programme goes, as its owner may know it: figures, groups, and what of it stays private."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot import (
    enrolments,
    exclusions,
    matching,
    pauses,
    profiles,
    programme_replays,
    programme_reports,
    round_wishes,
    rounds,
)
from bot.matching.results import NobodyFree
from bot.permissions import Actor, NotYourProgramme
from bot.programme_replays import NothingToReplay
from bot.programme_reports import NoSuchPage, Overview, RoundReport
from bot.programme_tallies import SILENT, Unmet, unmet
from bot.runtime.database import Sessions
from models.profiles import CSV
from models.rounds import MET, NOT_YET, SWAP
from tests.bot import rounds_stage as stage
from tests.bot.buddies_stage import TEAM, actor, found, know, profile
from tests.bot.rounds_stage import quick as quick
from tests.people import HOUR, MONDAY_NOON
from tests.statements import counted

OWNER = actor("U001")
LATER = stage.START + HOUR


def departed(sessions: Sessions, departments: Sequence[str], **said: object) -> int:
    """Start a programme whose people are of these departments, one each."""
    programme_id = stage.staffed(sessions, len(departments), **said)
    with sessions.begin() as session:
        known = {f"U{nth:03}": {"department": name} for nth, name in enumerate(departments, start=1)}
        profiles.take_over(session, TEAM, known, source=CSV)
    return programme_id


def overview_of(sessions: Sessions, programme_id: int, who: Actor = OWNER, *, skip: int = 0) -> Overview:
    with sessions.read() as session:
        return programme_reports.overview(session, who, programme_id, skip=skip)


def report_of(sessions: Sessions, programme_id: int, who: Actor = OWNER, *, skip: int = 0) -> RoundReport:
    newest = stage.rounds_of(sessions, programme_id)[0]
    with sessions.read() as session:
        return programme_reports.round_report(session, who, newest.id, skip=skip)


def say(sessions: Sessions, programme_id: int, who: str, answer: str) -> None:
    pairing = stage.pairing_of(sessions, programme_id, who)
    with sessions.begin() as session:
        if answer == SWAP:
            rounds.swap(session, actor(who), pairing.id, now=LATER)
            return
        rounds.say(session, actor(who), pairing.id, answer, now=LATER)


def test_a_programme_without_a_round_has_no_figures_yet(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 3)

    facts = overview_of(quick, programme_id)

    assert (facts.participants, facts.rounds, facts.placed, facts.latest) == (3, (), 0, 0)


def test_a_round_is_counted_by_people_and_a_tie_by_those_who_met(sessions: Sessions) -> None:
    programme_id = departed(sessions, ["Sales", "Legal"] * 5 + ["Sales"], mixing="across")
    stage.first_round(sessions)
    first, second, *_ = stage.groups(sessions, programme_id)
    say(sessions, programme_id, first[0], MET)
    say(sessions, programme_id, second[0], NOT_YET)

    facts, report = overview_of(sessions, programme_id), report_of(sessions, programme_id)

    (figures,) = facts.rounds
    assert (figures.number, figures.took_part, figures.met, figures.is_over) == (1, 11, len(first), False)
    assert report.groups[:2] == (first, second)
    assert report.figures == figures
    assert sum(tie.meetings for tie in facts.ties.ties) >= 1
    assert facts.ties.departments == ("Legal", "Sales")
    assert facts.ties.new_in(1) == facts.ties.ties
    # People are counted over rounds that are over: this one runs.
    assert (facts.placed, facts.met) == (0, 0)


def test_who_is_left_over_is_named_and_the_reason_is_the_same_whoever_wanted_whom(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 3)
    with quick.begin() as session:
        exclusions.exclude(session, actor("U001"), "U003", now=MONDAY_NOON)
        exclusions.exclude(session, actor("U002"), "U003", now=MONDAY_NOON)
    stage.first_round(quick)

    report = report_of(quick, programme_id)

    assert report.left_over == (("U003", NobodyFree()),)
    assert "xclu" not in repr(report)


def test_whether_two_met_is_counted_and_told_of_nobody_by_name(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 6)
    stage.first_round(quick)
    first, *others = stage.groups(quick, programme_id)
    with quick.read() as session:
        before = list(programme_reports.exported(session, OWNER, programme_id).people)

    say(quick, programme_id, first[0], MET)
    report = report_of(quick, programme_id)
    with quick.read() as session:
        after = list(programme_reports.exported(session, OWNER, programme_id).people)

    assert (report.figures.met, report.groups) == (2, (first, *others))
    assert after == before


def test_how_many_met_is_told_of_five_people_or_more_and_fewer_are_in_no_total(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 4)
    stage.first_round(quick)
    say(quick, programme_id, "U001", MET)
    of_four = report_of(quick, programme_id).figures
    with quick.begin() as session:
        know(session, profile("U005"), profile("U006"))
        for each in ("U005", "U006"):
            enrolments.join(session, actor(each), found(session, programme_id), now=LATER)
    for moment in (stage.HEADS_UP, stage.START):
        stage.step(quick, stage.following(moment, 1))
    met = {who for each in stage.groups(quick, programme_id) if "U001" in each for who in each}
    with quick.begin() as session:
        pairing = stage.pairing_of(quick, programme_id, "U001")
        rounds.say(session, actor("U001"), pairing.id, MET, now=stage.following(LATER, 1))
    stage.step(quick, stage.following(stage.START, 2))

    facts = overview_of(quick, programme_id)

    assert (of_four.placed, of_four.met) == (4, None)
    assert [(each.placed, each.met, each.is_over) for each in facts.rounds] == [(6, 2, True), (4, None, True)]
    assert (facts.placed, facts.met) == (6, len(met))


def test_a_swap_looks_like_not_yet_and_its_groups_as_they_stand(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 4)
    stage.first_round(quick)
    first, second = stage.groups(quick, programme_id)
    say(quick, programme_id, first[0], SWAP)

    report = report_of(quick, programme_id)

    assert report.groups == (first, second)
    assert report.unmet == ()
    assert SWAP not in repr(report)


@pytest.mark.parametrize(
    ("not_yet", "swap", SILENT, "told"),
    [
        (5, 6, 7, (Unmet((NOT_YET,), 5), Unmet((SWAP,), 6), Unmet((SILENT,), 7))),
        (9, 1, 8, (Unmet((NOT_YET,), 9), Unmet((SWAP, SILENT), 9))),
        (0, 6, 9, (Unmet((SILENT,), 9), Unmet((NOT_YET, SWAP), 6))),
        # All of them wanted another buddy: to say so would say it of each.
        (0, 12, 0, ()),
        (1, 1, 1, ()),
        (0, 0, 0, ()),
    ],
)
def test_no_answer_is_counted_that_few_or_all_gave(
    not_yet: int, swap: int, silent: int, told: tuple[Unmet, ...]
) -> None:
    said = {NOT_YET: not_yet, SWAP: swap, SILENT: silent, MET: 40}

    assert unmet(said) == told


def test_who_pauses_is_counted_and_listed_like_everybody_else(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 5)
    before = participants_of(quick, programme_id)
    with quick.begin() as session:
        pauses.pause(session, actor("U004"), [programme_id], None, now=MONDAY_NOON)
        enrolments.leave(session, actor("U005"), found(session, programme_id), now=MONDAY_NOON)

    assert before == ("U001", "U002", "U003", "U004", "U005")
    assert participants_of(quick, programme_id) == ("U001", "U002", "U003", "U004")
    assert overview_of(quick, programme_id).participants == 4


def test_who_cannot_take_part_whatever_they_do_is_not_listed(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 4, takes_guests=True)
    with quick.begin() as session:
        know(session, profile("U003", is_guest=True), profile("U004", is_deactivated=True))
    with_guests = participants_of(quick, programme_id)
    with quick.begin() as session:
        found(session, programme_id).takes_guests = False

    assert with_guests == ("U001", "U002", "U003")
    assert participants_of(quick, programme_id) == ("U001", "U002")
    assert overview_of(quick, programme_id).participants == 2


def participants_of(sessions: Sessions, programme_id: int) -> tuple[str, ...]:
    with sessions.read() as session:
        shown = programme_reports.participants(session, OWNER, programme_id)
        taken = programme_reports.exported(session, OWNER, programme_id).participants
    assert (shown.people, shown.count) == (taken, len(taken))
    return shown.people


def test_nobody_but_the_owner_sees_or_computes_anything(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 2)
    stage.first_round(quick)
    round_id = stage.rounds_of(quick, programme_id)[0].id
    strangers = actor("U002"), actor("UNOBODY"), Actor("TOTHER", "U001")

    for who in strangers:
        with quick.read() as session:
            for use, row_id in (
                (programme_reports.overview, programme_id),
                (programme_reports.participants, programme_id),
                (programme_reports.exported, programme_id),
                (programme_reports.round_report, round_id),
                (programme_replays.kept, round_id),
                (programme_replays.kept, 10**17),
            ):
                with pytest.raises(NotYourProgramme):
                    use(session, who, row_id)


def test_the_figures_take_as_many_queries_for_many_people_as_for_few(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 4)
    stage.first_round(quick)
    for_few = queries(quick, programme_id)
    with quick.begin() as session:
        newcomers = [f"U{nth:03}" for nth in range(5, 41)]
        know(session, *map(profile, newcomers))
        for each in newcomers:
            enrolments.join(session, actor(each), found(session, programme_id), now=LATER)
    stage.step(quick, stage.following(stage.HEADS_UP, 1))
    stage.step(quick, stage.following(stage.START, 1))

    assert queries(quick, programme_id) == for_few <= 23


def queries(sessions: Sessions, programme_id: int) -> int:
    newest = stage.rounds_of(sessions, programme_id)[0].id
    with counted() as statements, sessions.read() as session:
        programme_reports.overview(session, OWNER, programme_id)
        programme_reports.participants(session, OWNER, programme_id)
        programme_reports.round_report(session, OWNER, newest)
        programme_reports.exported(session, OWNER, programme_id)
    return len(statements)


def test_pages_beyond_the_end_are_refused(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 2)
    stage.first_round(quick)

    for read in (overview_of, report_of):
        with pytest.raises(NoSuchPage):
            read(quick, programme_id, skip=100)


def test_a_round_computed_again_comes_out_the_same_even_after_people_swapped_and_left(
    quick: Sessions,
) -> None:
    programme_id = departed(quick, ["Sales", "Legal", "Lab"] * 3, group_size=2, mixing="across")
    stage.first_round(quick)
    say(quick, programme_id, stage.groups(quick, programme_id)[0][0], SWAP)
    round_id = stage.rounds_of(quick, programme_id)[0].id

    with quick.read() as session:
        kept = programme_replays.kept(session, OWNER, round_id)
    again = programme_replays.replay(kept)

    assert again.is_same
    assert (again.groups, again.same, again.number) == (4, 4, 1)


def test_of_a_round_that_was_previewed_the_preview_is_computed_again(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 8)
    stage.step(quick, stage.HEADS_UP)
    with quick.begin() as session:
        round_wishes.preview(session, OWNER, programme_id, stage.HEADS_UP + HOUR)
    stage.match(quick, stage.HEADS_UP + HOUR)
    with quick.begin() as session:
        enrolments.leave(session, actor("U008"), found(session, programme_id), now=LATER)
    stage.step(quick, stage.START)
    round_id = stage.rounds_of(quick, programme_id)[0].id

    with quick.read() as session:
        again = programme_replays.replay(programme_replays.kept(session, OWNER, round_id))

    assert (again.is_same, again.was_previewed, again.groups) == (True, True, 4)


def test_a_round_that_comes_out_otherwise_says_so(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 12)
    stage.first_round(quick)
    with quick.read() as session:
        kept = programme_replays.kept(session, OWNER, stage.rounds_of(quick, programme_id)[0].id)
    given = matching.restored(kept.snapshot)
    otherwise = replace(kept, snapshot=matching.snapshot(replace(given, seed=given.seed + 1)))

    again = programme_replays.replay(otherwise)

    assert not again.is_same
    assert again.same < again.groups == 6


def test_a_round_that_was_not_matched_cannot_be_computed_again(quick: Sessions) -> None:
    programme_id = stage.staffed(quick, 2)
    stage.step(quick, stage.HEADS_UP)
    announced = stage.rounds_of(quick, programme_id)[0]

    with quick.read() as session, pytest.raises(NothingToReplay):
        programme_replays.kept(session, OWNER, announced.id)
