"""The fixtures of the sandbox's tests: a workspace alone, and one with a small app attached."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from slack_sdk import WebClient

from sandbox.driver import Driver
from sandbox.testing import Grounds, Running, serving
from tests.sandbox.tiny_app import MANIFEST, TinyApp, over_http, over_socket_mode

TRANSPORTS = {"http": over_http, "socket_mode": over_socket_mode}


@dataclass(frozen=True)
class Attached:
    """A workspace with the small app in it."""

    running: Running
    tiny: TinyApp

    @property
    def driver(self) -> Driver:
        return self.running.driver


@pytest.fixture(scope="session")
def grounds() -> Iterator[Grounds]:
    """The server of this process; each test has a new workspace in it."""
    with serving() as server:
        yield server


@pytest.fixture
def workspace(grounds: Grounds) -> Iterator[Running]:
    """A workspace with every scope and no app."""
    with grounds.workspace() as sandbox:
        yield sandbox


@pytest.fixture
def driver(workspace: Running) -> Driver:
    return workspace.driver


@pytest.fixture
def client(workspace: Running) -> WebClient:
    """An app's client that never repeats a call by itself."""
    return WebClient(token="xoxb-sandbox", base_url=workspace.api_url, retry_handlers=[])


@pytest.fixture
def attached(grounds: Grounds) -> Iterator[Attached]:
    """A workspace with the small app attached over HTTP."""
    yield from _attached(grounds, "http")


@pytest.fixture(params=TRANSPORTS)
def attached_both_ways(request: pytest.FixtureRequest, grounds: Grounds) -> Iterator[Attached]:
    """A workspace with the small app attached, once over HTTP and once over Socket Mode."""
    yield from _attached(grounds, request.param)


def _attached(grounds: Grounds, transport: str) -> Iterator[Attached]:
    with grounds.workspace(manifest=MANIFEST) as sandbox:
        tiny = TinyApp(sandbox.api_url)
        with TRANSPORTS[transport](sandbox, tiny):
            yield Attached(sandbox, tiny)
