"""Who is let in: this machine by its own name, and no page of another origin."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from sandbox.__main__ import main
from sandbox.server import HOST
from sandbox.testing import Running


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", ""])
def test_another_host_name_is_refused(workspace: Running, host: str) -> None:
    answer = httpx.get(
        f"{workspace.url}/sandbox/state", headers={"Host": host}, trust_env=False, verify=False
    )

    assert answer.status_code == 403


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_a_foreign_page_changes_nothing(workspace: Running, headers: dict[str, str]) -> None:
    order = {"user": "UAMY0001", "with": "UBEN0001", "text": "forged"}

    answer = httpx.post(
        f"{workspace.url}/sandbox/message", json=order, headers=headers, trust_env=False, verify=False
    )

    assert answer.status_code == 403
    assert workspace.driver.messages("UAMY0001", to="UBEN0001") == []


def test_our_own_page_may_change_things(workspace: Running) -> None:
    order = {"user": "UAMY0001", "with": "UBEN0001", "text": "mine"}
    headers = {"Origin": workspace.url, "Sec-Fetch-Site": "same-origin"}

    answer = httpx.post(
        f"{workspace.url}/sandbox/message", json=order, headers=headers, trust_env=False, verify=False
    )

    assert answer.status_code == 200


def test_no_other_page_may_read_an_answer(workspace: Running) -> None:
    answer = httpx.get(
        f"{workspace.url}/sandbox/state", headers={"Origin": "https://evil.example"}, trust_env=False
    )

    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_the_sandbox_listens_on_this_machine_only(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--host", "0.0.0.0"])

    assert (code, capsys.readouterr().err) == (2, f"The sandbox listens on {HOST} only.\n")


def test_a_manifest_that_is_none_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "manifest.json"
    file.write_text("[]")

    code = main(["--manifest", str(file)])

    assert code == 1
    assert "is no app manifest" in capsys.readouterr().err


@pytest.mark.siege
def test_the_command_prints_one_line_when_it_is_ready_and_ends_when_told(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--state", str(tmp_path / "state.json")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            url = process.stdout.readline().strip()
            state = httpx.get(f"{url}/sandbox/state", trust_env=False, timeout=60).json()
            process.terminate()
            rest, errors = process.communicate(timeout=60)
        finally:
            process.kill()  # or a failure above would wait for a server that nobody ends
    assert state["rates"] is True
    assert (rest, errors) == ("", "")
    assert (tmp_path / "state.json").exists()


def test_bad_orders_are_refused_with_a_reason(workspace: Running) -> None:
    def order(path: str, **given: object) -> httpx.Response:
        return httpx.post(f"{workspace.url}{path}", json=given, trust_env=False, verify=False)

    assert order("/sandbox/command", text="/x").json() == {"error": "`user` is missing."}
    assert order("/sandbox/command", user="UNOBODY1", text="/x").status_code == 404
    assert order("/sandbox/command", user="UOLD0001", text="/x").status_code == 404
    assert order("/sandbox/faults", method="x", kind="drop", colour="red").status_code == 400
    assert order("/sandbox/faults", method="x", kind="flood").status_code == 400
    assert order("/sandbox/people", id="UNEW0001").json() == {"error": "`name` is missing."}
    nowhere = {"id": "UNEW0001", "name": "new", "real_name": "New", "tz": "Mars/Base"}
    assert order("/sandbox/people", **nowhere).json() == {"error": "Mars/Base is no time zone."}
    assert (
        httpx.post(
            f"{workspace.url}/sandbox/command", content=b"{", trust_env=False, verify=False
        ).status_code
        == 400
    )
