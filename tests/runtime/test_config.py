"""Settings: every fault is named at once, in words, and no token is shown."""

from __future__ import annotations

import pytest

from bot.runtime.config import ANY_DOOR, HTTP_DOOR, OUR_NAME, BadSettings, database_url, is_loopback, load

GOOD = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "SLACK_SIGNING_SECRET": "s"}

FAULTS = [
    ({"SLACK_BOT_TOKEN": ""}, "SLACK_BOT_TOKEN is missing"),
    ({"SLACK_BOT_TOKEN": "xoxp-secret"}, "SLACK_BOT_TOKEN is not a bot token"),
    ({"SLACK_APP_TOKEN": "xoxb-secret"}, "SLACK_APP_TOKEN is not an app-level token"),
    ({"SLACK_APP_TOKEN": "", "SLACK_SIGNING_SECRET": ""}, "both missing"),
    ({"PORT": "three"}, "PORT is 'three'"),
    ({"WEB_THREADS": "-1"}, "WEB_THREADS is '-1'"),
    ({"WEB_CONCURRENCY": "1.5"}, "WEB_CONCURRENCY is '1.5'"),
    ({"PORT": "99999"}, "PORT is '99999': it should be a whole number from 0 to 65535"),
    ({"WEB_THREADS": "0"}, "WEB_THREADS is '0'"),
    ({"WEB_THREADS": "²"}, "WEB_THREADS is '²'"),
    ({"LOG_LEVEL": "verbose"}, "LOG_LEVEL is 'verbose': it should be DEBUG, INFO"),
    ({"DATABASE_URL": "mysql://u:secret@h/db"}, "DATABASE_URL should look like"),
    ({"DATABASE_URL": "postgresql://u:secret@h:port/db"}, "DATABASE_URL should look like"),
    ({"DATABASE_URL": "secret"}, "DATABASE_URL should look like"),
    ({"SLACK_PROFILE_FIELDS": "department"}, "SLACK_PROFILE_FIELDS: 'department' should look like"),
    ({"SLACK_PROFILE_FIELDS": "manager = ,"}, "'manager' should look like"),
    ({"SLACK_PROFILE_FIELDS": "shoe size=Xf1"}, "'shoe size' is none of department, manager"),
    ({"SLACK_PROFILE_FIELDS": "start date=Xf1,Starts_On=Xf2"}, "'Starts_On' is named twice"),
    ({"CLOCK_URL": "http://127.0.0.1:1/clock"}, "people's time may be moved only while"),
    (
        {"CLOCK_URL": "http://clock.example/", "SLACK_API_URL": "http://127.0.0.1:1/api/"},
        "CLOCK_URL is not on this machine",
    ),
]


@pytest.mark.parametrize(("change", "words"), FAULTS)
def test_a_fault_is_named_in_words_without_the_secret(change: dict[str, str], words: str) -> None:
    with pytest.raises(BadSettings) as bad:
        load({**GOOD, **change})

    assert len(bad.value.faults) == 1
    assert words in bad.value.faults[0]
    assert "secret" not in str(bad.value).lower().replace("slack_signing_secret", "")


def test_all_faults_come_at_once() -> None:
    with pytest.raises(BadSettings) as bad:
        load({"PORT": "x", "SLACK_BOT_TOKEN": "y"})

    assert len(bad.value.faults) == 3


def test_the_web_needs_a_signing_secret_and_a_worker_no_door() -> None:
    socket_only = {**GOOD, "SLACK_SIGNING_SECRET": ""}
    with pytest.raises(BadSettings, match="SLACK_SIGNING_SECRET is missing"):
        load(socket_only, needs=(OUR_NAME, HTTP_DOOR))

    assert load(socket_only, needs=(OUR_NAME, ANY_DOOR)).app_token == "xapp-1"
    assert load({"SLACK_BOT_TOKEN": "xoxb-1"}, needs=(OUR_NAME,)).signing_secret == ""
    assert load({}, needs=()).bot_token == ""


@pytest.mark.parametrize(
    "change",
    [
        {"LOG_LEVEL": "debug"},
        {"LOG_LEVEL": "WARN"},
        {"DATABASE_URL": "sqlite://"},
        {"DATABASE_URL": "postgres://u:p[x@h:5432/db"},
    ],
)
def test_what_can_be_meant_is_no_fault(change: dict[str, str]) -> None:
    assert load({**GOOD, **change})


def test_settings_never_show_what_they_hold() -> None:
    assert "xoxb-1" not in repr(load(GOOD))


URLS = [
    ("postgres://u:p@h/db", "postgresql+psycopg://u:p@h/db"),
    ("postgresql://u:p@h/db", "postgresql+psycopg://u:p@h/db"),
    ("postgresql+psycopg://h/db", "postgresql+psycopg://h/db"),
    ("sqlite:////tmp/a.db", "sqlite:////tmp/a.db"),
]


@pytest.mark.parametrize(("given", "used"), URLS)
def test_addresses_as_hosts_hand_them_out_are_understood(given: str, used: str) -> None:
    assert database_url({"DATABASE_URL": given}) == used


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://localhost/", "http://[::1]:80/", "http://127.9.9.9"]
)
def test_addresses_of_this_machine(url: str) -> None:
    assert is_loopback(url)


@pytest.mark.parametrize(
    "url",
    ["https://slack.com/api/", "http://127.0.0.1.example/", "http://localhost.example", "", "127.0.0.1"],
)
def test_addresses_elsewhere(url: str) -> None:
    assert not is_loopback(url)


def test_fields_of_slack_profiles_are_mapped_by_id_or_label() -> None:
    written = "department=Xf123, Start date = First day at work,skills offered=Skills,"

    assert load({**GOOD, "SLACK_PROFILE_FIELDS": written}).profile_fields == {
        "department": "Xf123",
        "starts_on": "First day at work",
        "skills_offered": "Skills",
    }
    assert load(GOOD).profile_fields == {}
