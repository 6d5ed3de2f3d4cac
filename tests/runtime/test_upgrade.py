"""An upgrade while people use the bot: readiness before and after the migrations, and two versions on one store."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, select, text, update

from bot.outbox import Message, enqueue
from bot.runtime.clock import SystemClock
from bot.runtime.config import ROOT
from bot.runtime.database import Sessions, connect, migrate
from bot.runtime.slack import InDoubt, NotSent, Outcome, Outgoing, Sent, post
from models.conversations import Conversation
from models.members import Member
from models.outbox import DOUBTFUL, READY, SENT, Delivery
from sandbox.driver import Driver
from sandbox.identity import TEAM_ID
from tests.people import AMY
from tests.runtime import crowd
from tests.runtime.command_line import run_apart
from tests.runtime.programs import (
    END_SECONDS,
    START_SECONDS,
    fetch,
    free_port,
    hear,
    running_app,
    wait_until,
    wait_until_ready,
)
from tests.runtime.programs import environment as environment
from tests.runtime.stage import Office, client_of, doubted, exhaust, note_together
from tests.stores import Postgres

pytestmark = pytest.mark.siege

PREVIOUS = {
    "with 0004": "d617555496c337a5943678185b7f6be40f3e2657",
    "with 0014": "06d55f1a9ba6a75a8ee0821c6556644b2c61af0b",
}
"""Versions that a store may come from: one of long ago, and the last one that was given out."""
the_last_one = pytest.mark.parametrize("previous_version", ["with 0014"], indirect=True)
"""Only with that do processes of ours share a store."""
PROBED = ["worker", "--probes"]
GOAL = "/goal add Give one demo a month by 2030-01-01"


@pytest.fixture(scope="session", params=PREVIOUS)
def previous_version(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack a version before this one, which runs with the same libraries."""
    packed = subprocess.run(["git", "archive", PREVIOUS[request.param]], cwd=ROOT, capture_output=True)
    if packed.returncode:
        assert not _has_whole_history(), packed.stderr
        pytest.skip("this checkout has no history, or is shallow, and cannot hold the previous version")
    home = tmp_path_factory.mktemp("previous")
    subprocess.run(["tar", "-x", "-C", home], input=packed.stdout, check=True)
    return home


def _has_whole_history() -> bool:
    asked = subprocess.run(["git", "rev-parse", "--is-shallow-repository"], cwd=ROOT, capture_output=True)
    return asked.stdout.strip() == b"false"


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, environment: dict[str, str]) -> Iterator[str]:
    """Give the address of a migrated store on each kind of server."""
    if request.param == "sqlite":
        yield environment["DATABASE_URL"]
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    with postgres.database() as name:
        yield postgres.address(name)


def on(address: str, environment: dict[str, str]) -> dict[str, str]:
    """Give a process this store and a port of its own."""
    return {**environment, "DATABASE_URL": address, "PORT": str(free_port()), "LOG_LEVEL": "WARNING"}


def test_web_becomes_ready_when_the_store_is_migrated_beside_it(
    environment: dict[str, str], address: str
) -> None:
    engine = connect(address)
    migrate(engine, to="base")
    engine.dispose()
    mine = on(address, environment)
    with running_app(["web"], mine) as web:
        wait_until(web, lambda: fetch(mine, "/healthz") == 200)
        before = hear(mine, "/readyz")
        alive = fetch(mine, "/healthz")
        migrated = run_apart(["migrate"], mine)
        after = hear(mine, "/readyz")

    assert before == (503, "migrations are missing: run `python app.py migrate`\n")
    assert (alive, migrated.returncode, after) == (200, 0, (200, "ready\n"))


def test_a_store_of_a_newer_version_is_served_and_worked_on(
    environment: dict[str, str], slack: Driver, address: str
) -> None:
    web, worker = on(address, environment), on(address, environment)
    with crowd.store_at(address) as store, ExitStack() as running:
        people = crowd.gather(store, slack, 3)
        with store.begin() as session:
            session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
            session.execute(text("ALTER TABLE workspace ADD COLUMN of_tomorrow VARCHAR"))
        for arguments, mine in ((["web"], web), (PROBED, worker)):
            process = running.enter_context(running_app(arguments, mine))
            wait_until_ready(process, mine)
        crowd.tell(store, people)
        _wait_for_all_sent(process, store)

        assert crowd.seen_by(slack, people) == dict.fromkeys(people, 1)


@the_last_one
def test_a_worker_of_the_version_before_delivers_beside_ours_and_each_message_once(
    environment: dict[str, str], slack: Driver, address: str, previous_version: Path
) -> None:
    old, new = on(address, environment), on(address, environment)
    # Without a slow Slack the first one to be ready would leave nothing to the other.
    slack.fault("chat.postMessage", "delay", times=1000, seconds=0.3)
    with crowd.store_at(address) as store, ExitStack() as running:
        workers = [
            (running.enter_context(running_app(PROBED, mine, home=home)), mine)
            for mine, home in ((old, previous_version), (new, ROOT))
        ]
        people = crowd.gather(store, slack, 100)
        for process, mine in workers:
            wait_until_ready(process, mine)
        crowd.tell(store, people, times=2)
        early = _write_of_tomorrow(store, people[0])
        # One that knows another pace may leave nothing to ours until it ends, as it does in an upgrade.
        wait_until(process, lambda: crowd.states(store).get(SENT, 0) >= 60)
        workers[0][0].terminate()
        assert workers[0][0].wait(END_SECONDS) == 0
        late = _write_of_tomorrow(store, people[1])
        wait_until(process, lambda: crowd.states(store).get(SENT) == 200)
        wait_until(process, lambda: _row(store, late).reason is not None)

        seen = [message.ts for person in people for message in slack.dms(person)]
        assert sorted(seen) == sorted(each.ts for each in crowd.deliveries(store) if each.ts)
        assert 0 < _sent_by(new) < 200, "only one of them worked"
        assert (_row(store, early).state, _row(store, late).state) == (READY, READY), "left to who knows it"


def _write_of_tomorrow(store: Sessions, receiver: str) -> int:
    """Write a message of a kind that none of these versions knows, and give its id."""
    now = SystemClock().people_now()
    news = Message(TEAM_ID, f"tomorrow:{receiver}", "tomorrow.news", receiver, 1, now, now + crowd.FAR_AHEAD)
    with store.begin() as session:
        enqueue(session, [news])
        return session.scalars(select(Delivery.id).where(Delivery.key == news.key)).one()


def _row(store: Sessions, number: int) -> Delivery:
    with store.read() as session:
        return session.get_one(Delivery, number)


@the_last_one
def test_web_of_the_version_before_stays_ready_and_answers(
    environment: dict[str, str], slack: Driver, address: str, previous_version: Path
) -> None:
    mine = on(address, environment)
    with running_app(["web"], mine, home=previous_version) as web:
        wait_until_ready(web, mine)
        slack.event_url(f"http://127.0.0.1:{mine['PORT']}/slack/events")
        answer = slack.command(AMY, GOAL)
        slack.event_url(None)

    assert "Logged as goal 1" in (answer.text or "")
    with crowd.store_at(address) as store, store.read() as session:
        (known,) = session.scalars(select(Member).where(Member.user_id == AMY))
        assert (known.weekly_messages, known.less_of, known.undisturbed_from) == (3, "", None)


@the_last_one
def test_a_worker_of_the_version_before_finds_what_ours_posted_as_one_message(
    environment: dict[str, str], slack: Driver, previous_version: Path
) -> None:
    with crowd.store_at(environment["DATABASE_URL"]) as store:
        office = Office(store, environment["SLACK_API_URL"])
        office.clock.machine, office.clock.people = SystemClock().machine_now(), SystemClock().people_now()
        together = office.write(AMY, AMY)
        office.loop(send=_losing_the_answer(office.api_url), prepare=note_together).drain()
        (nowhere,) = doubted(office, AMY)
        office.close()
        (message,) = slack.dms(AMY)
        with running_app(PROBED, environment, home=previous_version) as worker:
            wait_until(worker, lambda: DOUBTFUL not in crowd.states(store))

        found = [(office.row(number).state, office.row(number).ts) for number in together]
        assert found == [(SENT, message.ts)] * 2
        assert office.row(nowhere).state == READY
        assert len(slack.dms(AMY)) == 1


def _losing_the_answer(api_url: str) -> Callable[[Outgoing], Outcome]:
    """Send to Slack, and never hear that it was taken."""
    client = client_of(api_url)

    def send(message: Outgoing) -> Outcome:
        assert isinstance(post(client, message), Sent)
        return InDoubt("the connection broke")

    return send


def test_a_store_that_the_version_before_made_is_brought_here_and_all_in_it_is_reached(
    environment: dict[str, str], slack: Driver, address: str, previous_version: Path
) -> None:
    engine = connect(address)
    migrate(engine, to="base")
    with running_app(["migrate"], on(address, environment), home=previous_version) as migrating:
        assert migrating.wait(START_SECONDS) == 0
    office = Office(Sessions(engine), environment["SLACK_API_URL"])
    _begin_as_it_did(engine)
    migrate(engine)

    number = office.write()[0]
    office.loop().drain()

    office.close()
    assert office.row(number).state == SENT
    with office.sessions.read() as session:
        assert session.scalars(select(Conversation.channel)).all() == [slack.last_dm(AMY).channel]
    engine.dispose()


def _begin_as_it_did(engine: Engine) -> None:
    """Let the store know of a receiver who was never reached, as the version before kept it."""
    columns = {column["name"]: column for column in inspect(engine).get_columns("conversation")}
    channel = "NULL" if columns["channel"]["nullable"] else f"'{AMY}'"
    begin = (
        f"INSERT INTO conversation (workspace_id, receiver, channel) VALUES ('{TEAM_ID}', '{AMY}', {channel})"
    )
    with engine.begin() as connection:
        connection.execute(text(begin))


def _wait_for_all_sent(process: subprocess.Popen[str], store: Sessions) -> None:
    wait_until(process, lambda: set(crowd.states(store)) == {SENT})


def _sent_by(environment: dict[str, str]) -> int:
    """Read from a worker how many messages it has sent."""
    _, metrics = hear(environment, "/metrics")
    told = [line for line in metrics.splitlines() if line.startswith('trellis_messages_total{state="sent"}')]
    return sum(int(float(line.split()[1])) for line in told)


def test_what_an_old_worker_left_in_doubt_is_looked_up(office: Office) -> None:
    number = office.write()[0]
    with office.sessions.begin() as session:
        doubted = update(Delivery).where(Delivery.id == number)
        long_ago = office.clock.machine - timedelta(hours=1)
        session.execute(doubted.values(state=DOUBTFUL, attempt=1, doubt_since=long_ago, retry_at=None))

    exhaust(office.loop())

    assert office.states() == [SENT]


def test_whom_we_could_not_reach_an_old_worker_still_can(office: Office) -> None:
    office.write()

    office.loop(send=lambda _: NotSent("away")).turn()

    with office.sessions.read() as session:
        assert None not in session.scalars(select(Conversation.channel)).all()
