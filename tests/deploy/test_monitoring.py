"""The dashboard and the alerts ask for what /metrics really shows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine

from bot.outbox import Message, enqueue
from bot.runtime.clock import MovedClock
from bot.runtime.database import Sessions
from bot.runtime.web import build_web
from models.bulk import insert_missing
from models.workspaces import Workspace
from sandbox.identity import TEAM_ID
from tests.deploy.judges import judge, told
from tests.people import AMY, MONDAY_NOON
from tests.trellis import ROOT

ALERTS = ROOT / "deploy" / "alerts.yml"
DASHBOARD = ROOT / "deploy" / "grafana-dashboard.json"
DASHBOARD_COLUMNS = 24
BY_PROMETHEUS = {"up"}
"""What Prometheus itself knows of every process it asks."""
WORDS = {"and", "or", "unless", "on", "by", "ignoring", "without", "bool"}
SET_BY_PROMETHEUS = {"job", "instance"}


@dataclass(frozen=True)
class Asked:
    """One metric in an expression, and the labels it is narrowed by: name, operator, value."""

    metric: str
    labels: tuple[tuple[str, str, str], ...]


def asked_by(expression: str) -> Iterator[Asked]:
    """Find the metrics of a PromQL expression: names that are no function, keyword or grouping label."""
    bare = re.sub(r"\b(by|on|without|ignoring)\s*\([^)]*\)", " ", expression)
    bare = re.sub(r"\[[^\]]*\]", " ", bare)
    for found in re.finditer(r"(?<![\w\"$.])([a-z_][\w:]*)\b(?!\s*\()(\{[^}]*\})?(?![^{]*\})", bare):
        if found[1] not in WORDS:
            labels = re.findall(r'(\w+)\s*(=~|!=|!~|=)\s*"([^"]*)"', found[2] or "")
            yield Asked(found[1], tuple(labels))


def rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["panels"]
    return found


def expressions() -> dict[str, str]:
    """Name every expression of both files by where it stands."""
    in_alerts = {f"alert {rule['alert']}": rule["expr"] for rule in rules()}
    in_panels = {
        f"panel {panel['title']} {target['refId']}": target["expr"]
        for panel in panels()
        for target in panel["targets"]
    }
    return {**in_alerts, **in_panels}


@pytest.fixture
def shown(sqlite: Engine) -> dict[str, list[dict[str, str]]]:
    """Give what /metrics shows of an outbox with a message due: the labels of each sample, by name."""
    sessions, clock = Sessions(sqlite), MovedClock(MONDAY_NOON)
    with sessions.begin() as session:
        insert_missing(session, Workspace, [{"workspace_id": TEAM_ID}])
        tomorrow = MONDAY_NOON.replace(day=MONDAY_NOON.day + 1)
        enqueue(session, [Message(TEAM_ID, "note:1", "test.note", AMY, 1, MONDAY_NOON, tomorrow)])
    text = build_web(None, sessions=sessions, clock=clock).test_client().get("/metrics").text
    samples: dict[str, list[dict[str, str]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            samples.setdefault(sample.name, []).append(dict(sample.labels))
    return samples


def test_the_reader_of_expressions_finds_metrics_and_nothing_else() -> None:
    asked = 'sum by (job, le) (rate(one_total{state="sent", job=~"$job"}[5m])) / (max(two) > 0) and on (job) three == 0'

    assert list(asked_by(asked)) == [
        Asked("one_total", (("state", "=", "sent"), ("job", "=~", "$job"))),
        Asked("two", ()),
        Asked("three", ()),
    ]


@pytest.mark.parametrize("place", expressions())
def test_what_is_asked_for_is_shown(place: str, shown: dict[str, list[dict[str, str]]]) -> None:
    asked = list(asked_by(expressions()[place]))

    assert asked
    for one in asked:
        assert one.metric in shown.keys() | BY_PROMETHEUS
        for label, operator, value in one.labels:
            if label not in SET_BY_PROMETHEUS:
                values = [labels[label] for labels in shown[one.metric]]
                fitting = [
                    each
                    for each in values
                    if (re.fullmatch(value, each) if "~" in operator else each == value)
                ]
                assert fitting, f"no {one.metric} has {label}{operator}{value}"


def test_the_dashboard_shows_all_that_is_ours(shown: dict[str, list[dict[str, str]]]) -> None:
    asked = {one.metric for expression in expressions().values() for one in asked_by(expression)}

    ours = {name for name in shown if name.startswith("trellis_")}
    assert {name for name in ours if not name.endswith(("_created", "_sum", "_count"))} - asked == set()


def test_every_alert_says_how_bad_and_what_to_do() -> None:
    names = [rule["alert"] for rule in rules()]

    assert len(names) == len(set(names)) >= 7
    for rule in rules():
        assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
        assert re.fullmatch(r"\d+[smh]", rule.get("for", "0s"))
        assert rule["labels"].keys() == {"severity"}
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert rule["annotations"].keys() == {"summary", "description"}


def test_every_panel_has_a_place_of_its_own() -> None:
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels())
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]

    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < DASHBOARD_COLUMNS
    assert len({panel["id"] for panel in panels()}) == len(panels())


def test_the_dashboard_asks_whichever_prometheus_is_chosen() -> None:
    board = json.loads(DASHBOARD.read_text())
    variables = {variable["name"] for variable in board["templating"]["list"]}
    sources = {panel["datasource"]["uid"] for panel in board["panels"]}
    sources |= {target["datasource"]["uid"] for panel in board["panels"] for target in panel["targets"]}

    assert sources == {"${datasource}"}
    assert set(re.findall(r"\$(\w+)", json.dumps(board["panels"]))) <= variables | {"__rate_interval"}


@pytest.fixture
def promtool() -> str:
    """Give Prometheus' own judge of rules; Debian has it in `prometheus`."""
    return judge("promtool")


def test_prometheus_takes_the_rules(promtool: str) -> None:
    code, words = told(promtool, "check", "rules", ALERTS)

    assert code == 0, words


def test_alerts_come_when_they_should_and_only_then(promtool: str) -> None:
    code, words = told(promtool, "test", "rules", ALERTS.with_name("alerts-test.yml"))

    assert code == 0, words


def test_prometheus_takes_what_the_panels_ask(promtool: str, tmp_path: Path) -> None:
    asked = [
        target["expr"].replace("$__rate_interval", "5m") for panel in panels() for target in panel["targets"]
    ]
    recorded = [{"record": f"panel:number{number}", "expr": expr} for number, expr in enumerate(asked)]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": recorded}]}))

    code, words = told(promtool, "check", "rules", file)

    assert code == 0, words
