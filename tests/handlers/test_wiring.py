"""What all doors are built with."""

from __future__ import annotations

from handlers import acquaintance, wiring
from tests.trellis import settings_for


def test_whom_we_trust_to_be_slack_is_loaded_once_for_all_clients() -> None:
    client = wiring.slack_client(settings_for("https://slack.com/api/"))
    another = wiring.slack_client(settings_for("https://slack.com/api/"))

    assert client.ssl is not None
    assert {
        id(each.ssl) for each in (another, acquaintance.patient(client), acquaintance.impatient(client))
    } == {id(client.ssl)}
