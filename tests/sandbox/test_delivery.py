"""How payloads reach an app: signed HTTP with retries, sockets with acknowledgements, and failures."""

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from slack_sdk import WebClient
from slack_sdk.signature import SignatureVerifier
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from sandbox.driver import Driver, Refused
from sandbox.testing import Running

AMY = "UAMY0001"


@dataclass
class Endpoint:
    """An app's endpoint that records requests and answers as it was told."""

    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    answer: bytes = b""
    url: str = ""

    def bodies(self) -> list[Any]:
        return [json.loads(body) for _, body in self.requests]


@contextlib.contextmanager
def served(endpoint: Endpoint) -> Iterator[Endpoint]:
    """Serve an endpoint on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            endpoint.requests.append((dict(self.headers), body))
            self.send_response(endpoint.statuses.pop(0) if endpoint.statuses else 200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(endpoint.answer)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    endpoint.url = f"http://127.0.0.1:{server.server_port}/slack/events"
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def endpoint(driver: Driver) -> Iterator[Endpoint]:
    with served(Endpoint()) as endpoint:
        driver.event_url(endpoint.url)
        yield endpoint
        driver.event_url(None)


@contextlib.contextmanager
def socket_of(workspace: Running) -> Iterator[ClientConnection]:
    """Connect as an app's Socket Mode client does, and take the greeting."""
    client = WebClient(token="xapp-sandbox", base_url=workspace.api_url)
    with connect(client.apps_connections_open(app_token="xapp-sandbox")["url"]) as socket:
        assert json.loads(socket.recv())["type"] == "hello"
        yield socket


def in_background(act: Any) -> threading.Thread:
    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    return thread


def test_requests_are_signed_as_slack_signs_them(driver: Driver, endpoint: Endpoint) -> None:
    driver.command(AMY, "/anything at all", patience=0)

    ((headers, body),) = endpoint.requests
    assert SignatureVerifier("sandbox-signing-secret").is_valid_request(body, headers)
    assert not SignatureVerifier("another-secret").is_valid_request(body, headers)


def test_a_command_travels_as_a_form(driver: Driver, endpoint: Endpoint) -> None:
    driver.command(AMY, "/anything at all", patience=0)

    ((headers, body),) = endpoint.requests
    form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert (form["command"], form["text"], form["user_id"]) == ("/anything", "at all", AMY)
    assert form["is_enterprise_install"] == "false"
    assert form["response_url"].startswith("http://127.0.0.1:")


def test_an_acknowledgement_that_is_plain_text_is_shown(driver: Driver, endpoint: Endpoint) -> None:
    endpoint.answer = b"plain words"

    assert driver.command(AMY, "/anything").text == "plain words"


def test_an_acknowledgement_with_blocks_that_slack_refuses_fails_visibly(
    driver: Driver, endpoint: Endpoint
) -> None:
    endpoint.answer = json.dumps({"text": "x", "blocks": [{"type": "marquee"}]}).encode()

    assert driver.command(AMY, "/anything").error == "dispatch_failed"


@pytest.mark.parametrize("status", [404, 500])
def test_a_command_that_is_answered_with_an_error_fails_visibly(
    driver: Driver, endpoint: Endpoint, status: int
) -> None:
    endpoint.statuses = [status]

    answer = driver.command(AMY, "/anything")

    assert answer.text == '/anything failed with the error "dispatch_failed"'
    assert answer.visible_to == AMY


def test_a_command_without_any_app_fails_visibly(driver: Driver) -> None:
    assert driver.command(AMY, "/anything").text == '/anything failed with the error "dispatch_failed"'


def test_a_url_is_verified_with_a_challenge(driver: Driver, endpoint: Endpoint) -> None:
    assert driver.event_url(endpoint.url, verify=True) is False

    (body,) = endpoint.bodies()
    assert body["type"] == "url_verification"


def test_no_payload_ever_leaves_this_machine(driver: Driver) -> None:
    with pytest.raises(Refused, match="this machine only"):
        driver.event_url("https://example.com/slack/events")


def test_an_event_that_failed_is_sent_again_at_once_and_says_so(driver: Driver, endpoint: Endpoint) -> None:
    endpoint.statuses = [500]

    driver.write(AMY, "hello")

    driver.eventually(lambda: len(endpoint.requests) == 2)
    first, second = endpoint.requests
    assert "x-slack-retry-num" not in first[0]
    assert (second[0]["x-slack-retry-num"], second[0]["x-slack-retry-reason"]) == ("1", "http_error")
    assert first[1] == second[1]


def test_the_greeting_counts_the_connections(workspace: Running) -> None:
    client = WebClient(token="xapp-sandbox", base_url=workspace.api_url)

    with (
        socket_of(workspace),
        connect(client.apps_connections_open(app_token="xapp-sandbox")["url"]) as second,
    ):
        assert json.loads(second.recv())["num_connections"] == 2


def test_a_ticket_is_good_for_one_connection(workspace: Running) -> None:
    client = WebClient(token="xapp-sandbox", base_url=workspace.api_url)
    url = client.apps_connections_open(app_token="xapp-sandbox")["url"]

    with connect(url) as socket:
        socket.recv()
        with pytest.raises(Exception, match="403"):
            connect(url)


def test_an_app_has_ten_connections_at_most(workspace: Running) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(socket_of(workspace))

        with pytest.raises(Exception, match="403"):
            stack.enter_context(socket_of(workspace))


def test_a_payload_goes_to_one_connection_and_its_acknowledgement_may_carry_the_answer(
    workspace: Running, driver: Driver
) -> None:
    answers: list[str] = []

    with socket_of(workspace) as first, socket_of(workspace) as second:
        thread = in_background(lambda: answers.append(driver.command(AMY, "/anything").text))
        envelope = json.loads(first.recv(timeout=5))
        first.send(json.dumps({"envelope_id": envelope["envelope_id"], "payload": {"text": "by socket"}}))
        thread.join(5)

        with pytest.raises(TimeoutError):
            second.recv(timeout=0.05)

    assert answers == ["by socket"]
    assert envelope["type"] == "slash_commands"
    assert envelope["accepts_response_payload"] is True


def test_a_socket_is_preferred_to_the_event_url(
    workspace: Running, driver: Driver, endpoint: Endpoint
) -> None:
    with socket_of(workspace) as socket:
        thread = in_background(lambda: driver.write(AMY, "hello"))
        envelope = json.loads(socket.recv(timeout=5))
        socket.send(json.dumps({"envelope_id": envelope["envelope_id"]}))
        thread.join(5)

    assert envelope["type"] == "events_api"
    assert (envelope["retry_attempt"], envelope["retry_reason"]) == (0, "")
    assert endpoint.requests == []


def test_a_command_that_is_not_acknowledged_in_time_fails_visibly(workspace: Running, driver: Driver) -> None:
    with socket_of(workspace):
        answer = driver.command(AMY, "/anything")

    assert answer.text == '/anything failed with the error "operation_timeout"'


def test_an_app_is_asked_to_renew_its_connections(workspace: Running, driver: Driver) -> None:
    with socket_of(workspace) as socket:
        assert driver.refresh_sockets() == 1

        assert json.loads(socket.recv(timeout=5))["reason"] == "refresh_requested"
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=5)


def test_a_ping_is_answered(workspace: Running) -> None:
    with socket_of(workspace) as socket:
        assert socket.ping().wait(timeout=5)
