"""How 1-on-1s look: answers, news, lists, forms."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.one_on_ones import ROLES
from bot.recurrence import LAST, Recurrence
from handlers.views import one_on_one_forms as forms
from handlers.views import one_on_one_lists as lists
from handlers.views import one_on_ones as views
from handlers.views.elements import Message
from handlers.views.one_on_one_forms import Draft
from handlers.views.one_on_ones import Standing
from sandbox.block_kit.surfaces import check_message, check_view
from tests.handlers.views.reading import MOST_WORDS, words_of
from tests.people import AMY, DAY, MONDAY_NOON

ZONE = "America/Argentina/Buenos_Aires"
SEEN = Standing(
    id=12,
    other=AMY,
    rhythm=f"every 2 weeks on Wednesday at 10:00 ({ZONE}), 30 min",
    role="manager",
    next_at=MONDAY_NOON,
    is_shifted=False,
    zone=ZONE,
)
NAMES = {AMY: "Amy <!channel> & " + "x" * 100}
MANY = [replace(SEEN, id=number, next_at=MONDAY_NOON + number * DAY) for number in range(150)]
ANSWERS: dict[str, Message] = {
    "moved": views.moved(SEEN),
    "skipped": views.skipped(AMY, MONDAY_NOON, MONDAY_NOON + 7 * DAY, ZONE),
    "ended": views.ended(AMY),
    "declined": views.declined(AMY),
    "none": lists.listing([]),
    "two": lists.listing(MANY[:2]),
}
for _role in ROLES:
    _seen = replace(SEEN, role=_role, is_shifted=True)
    ANSWERS[f"registered as {_role}"] = views.registered(_seen)
    ANSWERS[f"told as {_role}"] = views.told(_seen)
    ANSWERS[f"role taken as {_role}"] = views.role_taken(_seen)
    ANSWERS[f"confirmed as {_role}"] = views.confirmed(_seen)
    ANSWERS[f"corrected as {_role}"] = views.corrected(_seen)


@pytest.mark.parametrize("name", ANSWERS)
def test_what_is_said(name: str, snapshot: SnapshotAssertion) -> None:
    payload = ANSWERS[name].payload()

    assert check_message(payload["blocks"]) is None
    assert len(words_of(ANSWERS[name])) <= MOST_WORDS
    assert payload == snapshot


@pytest.mark.parametrize("number", [1, 20, 21, 150])
def test_a_list_of_any_length_fits(number: int) -> None:
    message = lists.listing(MANY[:number])

    assert check_message(message.payload()["blocks"]) is None
    assert message.payload()["text"].count("<!date") == message.payload()["text"].count("Buenos_Aires>")
    assert ("Show all" in str(message.blocks)) == (number > lists.LISTED)


@pytest.mark.parametrize("skipping", [0, 40, 80, 120, 10**9])
def test_pages_fit_and_lead_on_and_back(skipping: int) -> None:
    page = lists.page(MANY, skipping)

    assert check_view(page) is None
    assert ("Later" in str(page)) == (skipping < 120)
    assert ("Earlier" in str(page)) == (skipping > 0)


def test_a_page_of_nothing_says_so() -> None:
    assert "no standing 1-on-1" in str(lists.page([], 0))


RHYTHMS = {
    "weekly": Recurrence.weekly(1),
    "every third week": Recurrence.weekly(1, 3),
    "every ninth week": Recurrence.weekly(1, 9),
    "monthly": Recurrence.monthly(1, 2),
    "monthly, last": Recurrence.monthly(1, LAST),
}


@pytest.mark.parametrize("name", RHYTHMS)
def test_forms_are_filled_with_what_stands(name: str, snapshot: SnapshotAssertion) -> None:
    form = forms.correct_form(12, Draft(RHYTHMS[name], time(9, 5), 37, date(2026, 12, 8), "report"))

    assert check_view(form) is None
    assert form == snapshot


@pytest.mark.parametrize("person", [None, AMY])
def test_the_form_for_adding(person: str | None, snapshot: SnapshotAssertion) -> None:
    form = forms.add_form(person=person, first_on=date(2026, 11, 24))

    assert check_view(form) is None
    assert form == snapshot


@pytest.mark.parametrize("verb", ["skip", "end"])
def test_forms_that_ask_which_one_take_a_hundred_and_put_the_picked_one_first(verb: str) -> None:
    form = forms.which_form(verb, MANY, NAMES, 140)

    element = form["blocks"][0]["element"]
    assert check_view(form) is None
    assert len(element["options"]) == forms.SELECTABLE
    assert element["options"][0]["value"] == "140"
    assert element["initial_option"] == element["options"][0]


def test_the_form_for_moving(snapshot: SnapshotAssertion) -> None:
    form = forms.move_form(MANY[:2], NAMES, 1, date(2026, 11, 24))

    assert check_view(form) is None
    assert form == snapshot


def test_the_form_for_asking(snapshot: SnapshotAssertion) -> None:
    assert check_view(forms.ask_form()) is None
    assert forms.ask_form() == snapshot
