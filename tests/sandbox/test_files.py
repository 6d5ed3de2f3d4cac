"""Files that people hand to the app with a form: what the app is told, may read, and may not."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from starlette.datastructures import FormData

import sandbox
from sandbox.driver import Driver, Refused
from sandbox.manifest import Manifest
from sandbox.page.forms import field_name, state_values
from sandbox.testing import Grounds
from tests.sandbox.conftest import Attached
from tests.sandbox.test_page_forms import BERLIN
from tests.sandbox.tiny_app import FORM

AMY, BEN = "UAMY0001", "UBEN0001"
TOKEN = {"Authorization": "Bearer xoxb-sandbox"}
FIELD: dict[str, Any] = {
    "type": "input",
    "block_id": "list",
    "label": {"type": "plain_text", "text": "List"},
    "element": {"type": "file_input", "action_id": "list", "filetypes": ["csv"], "max_files": 1},
}
TITLE: dict[str, Any] = FORM["blocks"][0]
UPLOAD = FORM | {"blocks": [FIELD, {**TITLE, "optional": True}]}


def open_form(attached: Attached) -> None:
    """Put the form with a field for files before Amy."""
    attached.driver.command(AMY, "/form")
    view = attached.driver.view(AMY)
    assert view is not None
    attached.tiny.client.views_update(view_id=view.id, view=UPLOAD)


def submitted(attached: Attached) -> dict[str, Any]:
    told = attached.tiny.told("view_submission")[-1]
    return dict(told["view"]["state"]["values"]["list"]["list"])


def test_the_app_is_told_of_a_file_and_reads_it_with_its_token(attached: Attached) -> None:
    open_form(attached)
    file_id = attached.driver.upload(AMY, "list.csv", b"a,b\n")

    attached.driver.submit(AMY, {"List": [file_id], "Title": "update"})

    told = submitted(attached)["files"][0]
    assert (told["id"], told["name"], told["user"], told["size"]) == (file_id, "list.csv", AMY, 4)
    info = attached.tiny.client.files_info(file=file_id)["file"]
    assert info["url_private"] == told["url_private"]
    answer = httpx.get(info["url_private"], headers=TOKEN)
    assert (answer.status_code, answer.content) == (200, b"a,b\n")


def test_without_the_token_slack_shows_a_page_to_sign_in(attached: Attached) -> None:
    open_form(attached)
    attached.driver.submit(AMY, {"List": [attached.driver.upload(AMY, "list.csv", b"a,b\n")]})
    address = submitted(attached)["files"][0]["url_private"]

    for headers in ({}, {"Authorization": "Bearer xoxb-other"}):
        answer = httpx.get(address, headers=headers, follow_redirects=True)
        assert answer.headers["content-type"].startswith("text/html")
        assert b"a,b" not in answer.content


def test_a_file_nobody_handed_over_is_none_for_the_app(client: WebClient, driver: Driver) -> None:
    file_id = driver.upload(AMY, "list.csv", b"a,b\n")

    for wanted in (file_id, "FNOTHERE1"):
        with pytest.raises(SlackApiError, match="file_not_found"):
            client.files_info(file=wanted)
    answer = httpx.get(f"{driver.base_url}/files/{file_id}/download", headers=TOKEN)
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ([], "required"),
        ([("list.xlsx", 1)], "of these types: csv"),
        ([("a.csv", 1), ("b.csv", 1)], "no more than 1"),
        ([("a.csv", 10 * 1024 * 1024 + 1)], "at most 10 MB"),
    ],
)
def test_slacks_client_keeps_a_file_back_that_the_field_does_not_take(
    attached: Attached, files: list[tuple[str, int]], problem: str
) -> None:
    open_form(attached)
    ids = [attached.driver.upload(AMY, name, b"x" * size) for name, size in files]

    result = attached.driver.submit(AMY, {"List": ids})

    assert problem in result.errors["List"]
    assert attached.tiny.told("view_submission") == []


def test_a_form_takes_no_file_of_somebody_else(attached: Attached) -> None:
    open_form(attached)

    with pytest.raises(Refused, match="of the person who fills it"):
        attached.driver.submit(AMY, {"List": [attached.driver.upload(BEN, "list.csv", b"x")]})


def test_a_field_for_files_needs_the_scope_to_read_them(grounds: Grounds) -> None:
    with grounds.workspace(manifest=Manifest(scopes=("chat:write", "users:read"))) as sandbox:
        client = WebClient(token="xoxb-sandbox", base_url=sandbox.api_url, retry_handlers=[])
        with pytest.raises(SlackApiError, match="missing_scope"):
            client.views_open(trigger_id="1.2.3", view=UPLOAD)
        with pytest.raises(SlackApiError, match="missing_scope"):
            client.files_info(file="F1")


def test_a_person_chooses_a_file_on_the_page(attached: Attached) -> None:
    open_form(attached)
    view = attached.driver.view(AMY)
    assert view is not None
    place = f"{attached.driver.base_url}/as/{AMY}/home"

    page = httpx.get(place).text
    sent = httpx.post(
        f"{place}/view/{view.id}",
        headers={"Origin": attached.driver.base_url},
        data={"do": "submit"},
        files={field_name("list", "list"): ("list.csv", b"a,b\n", "text/csv")},
    )

    assert 'enctype="multipart/form-data"' in page
    assert 'type="file"' in page
    assert 'accept=".csv"' in page
    assert sent.status_code == 303
    file = submitted(attached)["files"][0]
    assert (file["name"], file["user"], file["size"]) == ("list.csv", AMY, 4)


def test_the_page_reads_a_field_for_files_into_slacks_shape() -> None:
    form = FormData([(field_name("list", "list"), "F1"), (field_name("list", "list"), "")])

    assert state_values([FIELD], form, BERLIN) == {"list": {"list": {"type": "file_input", "files": ["F1"]}}}


def test_a_profile_has_the_fields_the_workspace_added(client: WebClient, driver: Driver) -> None:
    driver.change_person(AMY, fields={"Xf00DEPT01": "Platform", "Xf00MANA01": BEN})

    labels = {each["label"]: each["id"] for each in client.team_profile_get()["profile"]["fields"]}
    filled = client.users_profile_get(user=AMY)["profile"]["fields"]

    assert filled[labels["Department"]]["value"] == "Platform"
    assert filled[labels["Manager"]]["value"] == BEN
    assert client.users_profile_get(user=BEN)["profile"]["fields"] == []
    assert all("fields" not in user["profile"] for user in client.users_list()["members"])


def test_a_picture_keeps_its_description_and_the_page_shows_both(attached: Attached) -> None:
    client, channel = (
        attached.tiny.client,
        attached.tiny.client.conversations_open(users=[AMY])["channel"]["id"],
    )
    picture = (Path(sandbox.__file__).parent / "picture.png").read_bytes()
    upload = {"filename": "ties.png", "content": picture, "alt_txt": "Two & three"}

    client.files_upload_v2(channel=channel, file_uploads=[upload])

    (file,) = attached.driver.dms(AMY)[-1].files
    assert file["alt_txt"] == "Two & three"
    page = httpx.get(f"{attached.driver.base_url}/as/{AMY}/{channel}").text
    address = f"/as/{AMY}/file/{file['id']}"
    assert f'src="{address}" alt="Two &amp; three"' in page
    shown = httpx.get(attached.driver.base_url + address)
    assert (shown.headers["content-type"], shown.content) == ("image/png", picture)


def test_a_description_that_is_too_long_is_refused(attached: Attached) -> None:
    with pytest.raises(SlackApiError, match="alt_txt_too_large"):
        attached.tiny.client.files_getUploadURLExternal(filename="a.png", length=1, alt_txt="a" * 1001)
