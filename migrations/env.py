"""How Alembic runs the migrations: on the connection it is handed, in that connection's transaction."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from models import (  # noqa: F401 - fill the metadata
    answers,
    attention,
    conversations,
    goals,
    late_requests,
    members,
    one_on_ones,
    outbox,
    pacts,
    profiles,
    programmes,
    prompts,
    receipts,
    rosters,
    rounds,
    workspaces,
)
from models.base import Base, RowId, UtcDateTime


def render_item(kind: str, value: object, autogen: AutogenContext) -> str | Literal[False]:
    """Write our column types by their bare names."""
    if kind == "type" and isinstance(value, UtcDateTime):
        autogen.imports.add("from models.base import UtcDateTime")
        return "UtcDateTime()"
    if kind == "type" and value is RowId:
        autogen.imports.add("from models.base import RowId")
        return "RowId"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=render_item,
)
context.run_migrations()
