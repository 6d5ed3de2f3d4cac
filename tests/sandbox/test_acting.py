"""What people do with a real Bolt app in the workspace, over HTTP and over Socket Mode."""

import pytest

from sandbox.driver import Refused
from tests.sandbox.conftest import Attached
from tests.sandbox.tiny_app import BUTTONS, FORM

AMY, BEN = "UAMY0001", "UBEN0001"
GENERAL = "CGENERAL1"


def test_a_command_is_answered_for_the_one_who_asked(attached_both_ways: Attached) -> None:
    answer = attached_both_ways.driver.command(AMY, "/say hello")

    assert answer.text == "You said: hello"
    assert answer.visible_to == AMY
    assert answer.error is None


def test_mentions_arrive_escaped_where_the_manifest_says_so(attached: Attached) -> None:
    answer = attached.driver.command(AMY, "/say @ben & #general <b> @nobody a@ben")

    assert answer.text == ("You said: <@UBEN0001|ben> &amp; <#CGENERAL1|general> &lt;b&gt; @nobody a@ben")


def test_a_command_without_escaping_arrives_as_typed(attached: Attached) -> None:
    assert attached.driver.command(AMY, "/raw @ben & <b>").text == "You typed: @ben & <b>"


def test_an_answer_after_the_acknowledgement_is_waited_for(attached_both_ways: Attached) -> None:
    assert attached_both_ways.driver.command(AMY, "/later").text == "Here it is"


def test_an_answer_in_the_channel_is_seen_by_all_its_members(attached: Attached) -> None:
    attached.driver.command(AMY, "/loud", channel=GENERAL)

    assert attached.driver.messages(BEN, GENERAL)[-1].text == "Everybody, listen"


def test_an_ephemeral_answer_is_seen_by_nobody_else(attached: Attached) -> None:
    attached.driver.command(AMY, "/say psst", channel=GENERAL)

    assert attached.driver.messages(AMY, GENERAL)[-1].text == "You said: psst"
    assert attached.driver.messages(BEN, GENERAL) == []


def test_an_unknown_command_never_reaches_the_app(attached: Attached) -> None:
    answer = attached.driver.command(AMY, "/nonsense")

    assert answer.error == "not_a_command"
    assert attached.tiny.heard == []


def test_a_command_that_the_app_does_not_handle_fails_visibly(attached: Attached) -> None:
    answer = attached.driver.command(AMY, "/deaf", patience=0)

    assert answer.error in ("dispatch_failed", "operation_timeout")
    assert answer.text == f'/deaf failed with the error "{answer.error}"'


def test_a_pressed_button_replaces_the_ephemeral_message_it_stands_in(attached_both_ways: Attached) -> None:
    shown = attached_both_ways.driver.command(AMY, "/buttons").message

    attached_both_ways.driver.press(AMY, shown, "Go")

    (message,) = attached_both_ways.driver.messages(AMY)
    assert message.text == "Went with 7"
    assert message.ts == shown.ts


def test_a_choice_from_a_menu_reaches_the_app(attached: Attached) -> None:
    shown = attached.driver.command(AMY, "/buttons").message

    attached.driver.press(AMY, shown, "Pick one", "Blue")

    assert attached.driver.messages(AMY)[-1].text == "Went with blue"
    (payload,) = attached.tiny.told("block_actions")
    assert payload["actions"][0]["selected_option"]["value"] == "blue"
    assert payload["state"]["values"]["row"]["pick"]["selected_option"]["value"] == "blue"


def test_a_button_of_a_direct_message_is_replaced_for_good(attached: Attached) -> None:
    attached.tiny.client.chat_postMessage(channel=AMY, text="Buttons", blocks=BUTTONS)
    shown = attached.driver.last_dm(AMY)

    attached.driver.press(AMY, shown, "Go")

    assert attached.driver.last_dm(AMY).text == "Went with 7"
    assert attached.driver.last_dm(AMY).blocks == []


def test_a_button_that_is_gone_can_be_pressed_from_an_old_copy(attached: Attached) -> None:
    attached.tiny.client.chat_postMessage(channel=AMY, text="Buttons", blocks=BUTTONS)
    shown = attached.driver.last_dm(AMY)

    attached.driver.press(AMY, shown, "Go")
    attached.driver.press(AMY, shown, "Go")

    assert len(attached.tiny.told("block_actions")) == 2


def test_nobody_presses_in_a_message_they_do_not_see(attached: Attached) -> None:
    shown = attached.driver.command(AMY, "/buttons", channel=GENERAL).message

    with pytest.raises(Refused, match="message_not_found"):
        attached.driver.press(BEN, shown, "Go")


def test_a_response_url_takes_five_answers(attached: Attached) -> None:
    attached.tiny.client.chat_postMessage(channel=AMY, text="Buttons", blocks=BUTTONS)

    attached.driver.press(AMY, attached.driver.last_dm(AMY), "Flood")

    attached.driver.eventually(lambda: len(attached.tiny.statuses) == 6)
    assert [status for status, _ in attached.tiny.statuses] == [200, 200, 200, 200, 200, 404]
    assert attached.tiny.statuses[0][1] == "ok"
    assert "used_url" in attached.tiny.statuses[-1][1]
    answers = [each.text for each in attached.driver.messages(AMY) if each.is_ephemeral]
    assert answers == [f"Answer {number}" for number in range(5)]


def test_a_command_opens_a_form_and_submitting_it_closes_it(attached_both_ways: Attached) -> None:
    view = attached_both_ways.driver.command(AMY, "/form").view
    assert view is not None
    assert view.fields == ["Title", "Kind", "When", "Who"]

    result = attached_both_ways.driver.submit(AMY, {"Title": "Rust", "kind": "Project", "Who": [BEN]})

    assert (result.errors, result.view, result.error) == ({}, None, None)
    attached_both_ways.driver.eventually(
        lambda: [each.text for each in attached_both_ways.driver.dms(AMY)] == ["Saved Rust"]
    )
    (payload,) = attached_both_ways.tiny.told("view_submission")
    values = payload["view"]["state"]["values"]
    assert values["title"]["text"] == {"type": "plain_text_input", "value": "Rust"}
    assert values["kind"]["kind"]["selected_option"]["value"] == "project"
    assert values["when"]["when"] == {"type": "datepicker", "selected_date": "2027-03-31"}
    assert values["who"]["who"] == {"type": "multi_users_select", "selected_users": [BEN]}
    assert payload["view"]["private_metadata"] == "kept"


def test_errors_of_the_app_stand_beside_their_fields(attached_both_ways: Attached) -> None:
    attached_both_ways.driver.command(AMY, "/form")

    result = attached_both_ways.driver.submit(AMY, {"Title": "bad"})

    assert result.errors == {"Title": "Say it better."}
    assert attached_both_ways.driver.view(AMY) is not None


def test_a_required_field_left_empty_never_reaches_the_app(attached: Attached) -> None:
    attached.driver.command(AMY, "/form")

    result = attached.driver.submit(AMY, {"Title": ""})

    assert result.errors == {"Title": "Please complete this required field."}
    assert attached.tiny.told("view_submission") == []


def test_a_text_that_is_too_long_never_reaches_the_app(attached: Attached) -> None:
    attached.driver.command(AMY, "/form")

    assert "Title" in attached.driver.submit(AMY, {"Title": "x" * 21}).errors
    assert attached.driver.submit(AMY, {"Title": "x" * 20}).errors == {}


def test_a_field_that_the_form_does_not_have_is_refused(attached: Attached) -> None:
    attached.driver.command(AMY, "/form")

    with pytest.raises(Refused, match="no field Colour"):
        attached.driver.submit(AMY, {"Title": "Rust", "Colour": "red"})


def test_a_submitted_form_can_be_replaced(attached: Attached) -> None:
    attached.driver.command(AMY, "/form")

    result = attached.driver.submit(AMY, {"Title": "update"})

    assert result.view is not None
    assert result.view.title == "Once more"


def test_a_button_in_a_form_changes_the_form_and_keeps_what_was_typed(attached: Attached) -> None:
    view = attached.driver.command(AMY, "/form").view
    assert view is not None

    attached.driver.press(AMY, view, "Rename", values={"Title": "Typed"})

    renamed = attached.driver.view(AMY)
    assert renamed is not None
    assert renamed.title == "Renamed"
    assert renamed.values["title"]["text"]["value"] == "Typed"
    assert attached.driver.submit(AMY).errors == {}
    attached.driver.eventually(lambda: [each.text for each in attached.driver.dms(AMY)] == ["Saved Typed"])


def test_forms_stack_three_high_and_clear_together(attached: Attached) -> None:
    attached.driver.command(AMY, "/form")
    for depth in (2, 3):
        top = attached.driver.view(AMY)
        assert top is not None
        attached.driver.press(AMY, top, "Deeper")
        assert len(attached.driver.views(AMY)) == depth
    first, second, third = attached.driver.views(AMY)

    attached.driver.press(AMY, third, "Deeper", patience=0.2)
    refused = attached.driver.eventually(
        lambda: [call for call in attached.driver.calls("views.push") if not call["ok"]]
    )
    result = attached.driver.submit(AMY, {"Title": "x"})

    assert refused[0]["error"] == "push_limit_reached"
    assert first.id != second.id != third.id
    assert result.view is None
    assert attached.driver.views(AMY) == []


def test_a_form_that_is_submitted_twice_is_gone_the_second_time(attached: Attached) -> None:
    view = attached.driver.command(AMY, "/form").view
    attached.driver.submit(AMY, {"Title": "Rust"}, view=view)

    with pytest.raises(Refused, match="not_found"):
        attached.driver.submit(AMY, {"Title": "Rust"}, view=view)


def test_a_form_can_arrive_at_the_app_twice(attached: Attached) -> None:
    attached.driver.command(AMY, "/form")
    attached.driver.submit(AMY, {"Title": "Rust"})

    attached.driver.resubmit()

    first, second = attached.tiny.told("view_submission")
    assert first == second


def test_closing_a_form_is_told_to_the_app_that_asked(attached: Attached) -> None:
    attached.driver.command(AMY, "/form")

    attached.driver.close_view(AMY)

    assert attached.driver.view(AMY) is None
    (payload,) = attached.tiny.told("view_closed")
    assert payload["is_cleared"] is False
    assert payload["view"]["callback_id"] == FORM["callback_id"]


def test_opening_the_home_shows_what_the_app_publishes(attached_both_ways: Attached) -> None:
    home = attached_both_ways.driver.open_home(AMY)

    assert home is not None
    assert home.words == f"Home of <@{AMY}>\nSearch"
    assert attached_both_ways.tiny.told("app_home_opened")[0]["event"]["tab"] == "home"


def test_a_field_of_the_home_that_dispatches_can_be_pressed(attached: Attached) -> None:
    home = attached.driver.open_home(AMY)
    assert home is not None

    attached.driver.press(AMY, home, "Search", "rust", patience=0)

    (payload,) = attached.tiny.told("block_actions")
    assert payload["actions"][0]["value"] == "rust"
    assert payload["container"] == {"type": "view", "view_id": home.id}


def test_a_shortcut_on_a_message_knows_the_message(attached: Attached) -> None:
    written = attached.driver.write(BEN, "Ask @amy about #general", channel=GENERAL)

    answer = attached.driver.shortcut(AMY, "note", written)

    assert answer.text == "Noted: Ask <@UAMY0001> about <#CGENERAL1>"
    assert answer.visible_to == AMY


def test_a_global_shortcut_opens_a_form(attached: Attached) -> None:
    view = attached.driver.shortcut(AMY, "new_note").view

    assert view is not None
    assert view.title == "A form"


def test_a_message_to_the_app_is_an_event(attached_both_ways: Attached) -> None:
    attached_both_ways.driver.write(AMY, "hello & welcome")

    (body,) = attached_both_ways.driver.eventually(lambda: attached_both_ways.tiny.told("message"))
    assert body["event"]["text"] == "hello &amp; welcome"
    assert body["event"]["channel_type"] == "im"


def test_a_message_in_a_channel_without_the_app_is_nobody_elses_business(attached: Attached) -> None:
    attached.driver.write(AMY, "just us", channel=GENERAL)
    attached.driver.command(AMY, "/say x")

    assert attached.tiny.told("message") == []


def test_an_event_can_be_delivered_again(attached: Attached) -> None:
    attached.driver.write(AMY, "once")
    attached.driver.eventually(lambda: attached.tiny.told("message"))

    attached.driver.redeliver(2)

    attached.driver.eventually(lambda: len(attached.tiny.told("message")) == 3)
    assert len({body["event_id"] for body in attached.tiny.told("message")}) == 1


def test_a_changed_person_is_told_to_the_app(attached: Attached) -> None:
    attached.driver.change_person(BEN, tz="Asia/Tokyo")

    (body,) = attached.driver.eventually(lambda: attached.tiny.told("user_change"))
    assert body["event"]["user"]["tz"] == "Asia/Tokyo"
    assert body["event"]["user"]["tz_offset"] == 9 * 3600


def test_a_deactivated_person_is_told_to_the_app(attached: Attached) -> None:
    attached.driver.change_person(BEN, deleted=True)

    (body,) = attached.driver.eventually(lambda: attached.tiny.told("user_change"))
    assert body["event"]["user"]["deleted"] is True


def test_a_new_person_is_told_to_the_app_and_joins_general(attached: Attached) -> None:
    attached.driver.add_person("UNEW0001", "newton", "Newton New", tz="Europe/London")

    (body,) = attached.driver.eventually(lambda: attached.tiny.told("team_join"))
    assert body["event"]["user"]["id"] == "UNEW0001"
    assert [each["title"] for each in attached.driver.conversations("UNEW0001")] == ["#general"]
