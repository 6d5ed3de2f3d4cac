"""How buddy programmes look: few words, who and when first, and nothing Slack would refuse."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.enrolments import PactWith, Stand, Together
from bot.pauses import Return
from bot.programme_news import (
    ARCHIVED,
    CALLED_OFF,
    HANDED_OVER,
    HELD,
    HINDRANCES,
    INVITATION,
    RELEASED,
    WITHOUT_BOT,
    News,
)
from bot.programme_settings import Settings, settings_of
from handlers.views import buddies, buddies_forms, buddies_news, buddies_owners
from handlers.views.buddies_words import in_words
from handlers.views.elements import Message
from models.programmes import EVERYONE, IN, MENTORING, MORE, OFF, PAUSED, Programme
from models.rounds import MET
from sandbox.block_kit.surfaces import check_message, check_view
from tests.handlers.views.reading import MOST_WORDS, words_of
from tests.people import AMY, BEN, MIA, MONDAY_NOON

BERLIN = "Europe/Berlin"


def programme(**facts: Any) -> Programme:
    settings = Settings(BERLIN, mixing="across", pact_weeks=4)
    standing = {"id": 7, "workspace_id": "T1", "channel": "CGROWTH01", "owner": AMY, "next_number": 1}
    return Programme(**{**settings.values, **standing, "next_on": date(2026, 12, 1), **facts})


def stand(**facts: Any) -> Stand:
    usual = {"paused_until": None, "is_unnamed": False, "is_owner": False, "sits_out": False}
    return Stand(**{"programme": programme(), "state": IN, "next_at": MONDAY_NOON, **usual, **facts})


def news(kind: str, **facts: Any) -> Message:
    return buddies_news.message(News(kind, programme(**facts), AMY, BERLIN, BEN))


STANDS = {
    "in": stand(is_unnamed=True, is_owner=True, pairings=[Together(3, [BEN, MIA], None)]),
    "paused": stand(state=PAUSED, paused_until=date(2026, 12, 24)),
    "paused for good": stand(state=PAUSED),
    "sitting out": stand(sits_out=True),
    "in a pact": stand(
        pairings=[Together(3, [BEN], MET), Together(4, [MIA], None)],
        pacts=[PactWith((BEN,), date(2027, 1, 5))],
    ),
    "without a role": stand(lacks_role=True),
    "shut out": stand(is_shut_out=True),
    "ended": stand(
        programme=programme(ended_at=MONDAY_NOON),
        state=None,
        next_at=None,
        pairings=[Together(3, [BEN], None)],
        pacts=[PactWith((MIA,), date(2027, 1, 5))],
    ),
    "owner": stand(state=None, is_owner=True),
    "held": stand(programme=programme(held_because=ARCHIVED), next_at=None),
    "ownerless": stand(has_no_owner=True),
    "ownerless, to an admin": stand(has_no_owner=True, may_take_over=True),
}
MESSAGES = {
    **{f"overview, {name}": buddies.overview([seen], BERLIN) for name, seen in STANDS.items()},
    "overview, empty": buddies.overview([], BERLIN),
    "overview, to an admin": buddies.overview([], BERLIN, is_admin=True),
    "invitation": news(INVITATION),
    "invitation of everyone": news(INVITATION, enrolment=EVERYONE),
    "invitation of mentors": news(INVITATION, mixing=MENTORING),
    "handed over": news(HANDED_OVER),
    **{f"held, {why}": news(HELD, held_because=why) for why in HINDRANCES.values()},
    **{
        f"held while announcing, {why}": buddies_news.message(
            News(HELD, programme(held_because=why), AMY, BERLIN, is_unannounced=True)
        )
        for why in HINDRANCES.values()
    },
    "released": news(RELEASED),
    "called off": news(CALLED_OFF),
    "returned": buddies_news.returned(Return((programme(),), BERLIN)),
    "returned everywhere": buddies_news.returned(
        Return((programme(), programme(channel="CSALES001")), BERLIN)
    ),
    "joined": buddies.joined(programme(), MONDAY_NOON, BERLIN),
    "joined after the heads-up": buddies.joined(programme(), MONDAY_NOON, BERLIN, is_announced=True),
    "left": buddies.left(programme()),
    "skipped": buddies.skipped(programme(), MONDAY_NOON, BERLIN),
    "back": buddies.back(programme(), MONDAY_NOON, BERLIN),
    "paused": buddies.paused(["C1", "C2"], date(2026, 12, 24)),
    "paused for good": buddies.paused(["C1"], None),
    "resumed": buddies.resumed(["C1"]),
    "unnamed": buddies.naming(is_unnamed=True),
    "named": buddies.naming(is_unnamed=False),
    "excluded": buddies.excluded(BEN, is_new=True),
    "excluded, a buddy": buddies.excluded(BEN, is_new=True, is_buddy=True),
    "excluded again": buddies.excluded(BEN, is_new=False),
    "allowed": buddies.allowed(BEN),
    "started": buddies_owners.started(programme(held_because=WITHOUT_BOT), BERLIN),
    "given": buddies_owners.handed_over(programme()),
    "taken": buddies_owners.taken_over(programme()),
    "ending": buddies_owners.sure_to_end(programme()),
    "ended": buddies_owners.ended(programme()),
}
VIEWS = {
    "start": buddies_forms.start_form(Settings(BERLIN), "C1"),
    "change": buddies_forms.change_form(
        programme(is_mixing_required=True, announces=False, weights={"hours": OFF})
    ),
    "page": buddies_forms.page(programme(held_because=None)),
    "page while matching": buddies_forms.page(programme(held_because=None), (3000, 10000)),
    "join": buddies_forms.join_form(),
    "pause": buddies_forms.pause_form([7, 8], date(2026, 11, 24)),
    "hand over": buddies_forms.hand_over_form(programme()),
    "exclude": buddies_forms.exclude_form(),
    "exclusions": buddies.exclusions([BEN, MIA]),
    "no exclusions": buddies.exclusions([]),
    "which": buddies.which(buddies.SKIP, [programme(), programme(id=8)]),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_has_sixty_words_and_blocks_slack_takes(name: str) -> None:
    message = MESSAGES[name]

    assert len(words_of(message)) <= MOST_WORDS, message.text
    assert check_message(list(message.payload()["blocks"])) is None


def test_what_people_read(snapshot: SnapshotAssertion) -> None:
    assert {name: message.text for name, message in MESSAGES.items()} == snapshot


@pytest.mark.parametrize("name", VIEWS)
def test_a_form_is_one_slack_takes(name: str) -> None:
    assert check_view(VIEWS[name]) is None


def test_each_buddy_has_buttons_of_their_own_and_who_was_met_has_none() -> None:
    pairings = [Together(3, [BEN], None), Together(4, [MIA], None), Together(5, [AMY], MET)]

    shown = buddies.overview([stand(pairings=pairings)], BERLIN)

    buttons = [each for block in shown.blocks[1:-1] for each in block["elements"] if "action_id" in each]
    assert [(each["text"]["text"], each["value"]) for each in buttons] == [
        (words, number) for number in ("3", "4") for words in ("We met", "Not yet", "Swap")
    ]
    assert all(("confirm" in each) == (each["text"]["text"] == "Swap") for each in buttons)


def test_a_mentor_may_decline_with_a_button_of_the_mentee_s() -> None:
    pairings = [Together(3, [BEN], None), Together(4, [MIA], None, may_decline=True)]

    shown = buddies.overview([stand(pairings=pairings)], BERLIN)

    declining = [
        each for block in shown.blocks for each in block.get("elements", ()) if each.get("value") == "4"
    ]
    assert [each["text"]["text"] for each in declining] == ["We met", "Not yet", "Swap", "Decline"]
    assert "confirm" in declining[-1]
    assert str(shown.blocks).count("'Decline'") == str([declining[-1]]).count("'Decline'")


def test_an_owner_sees_how_far_a_large_matching_is() -> None:
    assert "Matching: 3,000 of 10,000" in str(VIEWS["page while matching"])
    assert "Matching" not in str(VIEWS["page"])


def test_a_long_list_stays_within_slacks_limits() -> None:
    many = [stand(programme=programme(id=number, channel=f"C{number}")) for number in range(60)]
    in_pairs = [stand(pairings=[Together(3, [BEN], None)]) for _ in range(60)]

    of_mentors = [stand(pairings=[Together(n, [BEN], None) for n in range(10)]) for _ in range(60)]

    for stands in (many, in_pairs, of_mentors):
        assert check_message(list(buddies.overview(stands, BERLIN).payload()["blocks"])) is None
        assert len(buddies.home_blocks(stands, BERLIN)) <= 16
    assert check_view(buddies.exclusions([f"U{number}" for number in range(300)])) is None


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "every 2 weeks on Tuesday at 10:00 (Europe/Berlin), in pairs, anyone with anyone"),
        ({"every_weeks": 1, "weekday": 4, "at": time(15, 30)}, "every Friday at 15:30"),
        (
            {"mixing": "within", "is_mixing_required": True},
            "within departments, even if somebody stays alone",
        ),
        ({"group_size": 3}, "in groups of 3"),
        ({"repeat_window": 0}, "may meet again at once"),
        ({"repeat_window": 1}, "For the next round nobody"),
        ({"shared_minutes": 0}, "are not asked for"),
        ({"shared_minutes": 60}, "at least 1 working hour."),
        ({"announces": False, "takes_guests": True}, "Nothing is announced. Guests may take part."),
        ({"enrolment": EVERYONE}, "Everyone in the channel takes part"),
        ({"pact_weeks": 5}, "stay together for 5 weeks"),
        (
            {"weights": {"tenure": MORE, "skills": MORE, "location": OFF}},
            "Counts more: skills to teach each other, years here apart. Does not count: the same place.",
        ),
    ],
)
def test_every_setting_is_said(facts: dict[str, Any], words: str) -> None:
    assert words in in_words(Settings(BERLIN).changed(facts))


def test_a_menu_says_what_can_be_done_and_what_it_does_not_say_is_refused() -> None:
    assert [len(buddies.verbs_of(seen)) <= 5 for seen in STANDS.values()] == [True] * len(STANDS)
    for value in ("buddies.leave:x", "buddies.end:7", "", "7"):
        with pytest.raises(buddies.OldMenu):
            buddies.read_menu({"selected_option": {"value": value}})


def test_a_change_after_the_heads_up_names_the_round_from_which_each_setting_holds() -> None:
    following = programme().next_on
    announced_at = settings_of(programme()).rhythm.starts_at(following - timedelta(days=7))

    text = buddies_owners.changed(programme(), announced_at, BERLIN).text

    announced, later = text.index("Tue 24 Nov"), text.index("Tue 1 Dec")
    assert text.index("who meets whom") < announced < text.index("day and hour") < later
