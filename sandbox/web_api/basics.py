"""The methods about the connection itself: who am I, where do I listen, which team is this."""

from sandbox.identity import BOT_ID, BOT_USER, TEAM_DOMAIN, TEAM_ID, TEAM_NAME
from sandbox.model import Json
from sandbox.state import State
from sandbox.web_api.arguments import Arguments


def api_test(state: State, arguments: Arguments) -> Json:
    """`api.test`: says back what it was told."""
    if error := arguments.text("error"):
        return {"ok": False, "error": error, "args": arguments.given}
    return {"ok": True, "args": arguments.given}


def auth_test(state: State, arguments: Arguments) -> Json:
    """`auth.test`."""
    return {
        "ok": True,
        "url": f"{state.base_url}/",
        "team": TEAM_NAME,
        "user": state.person(BOT_USER).name,
        "team_id": TEAM_ID,
        "user_id": BOT_USER,
        "bot_id": BOT_ID,
        "is_enterprise_install": False,
    }


def connections_open(state: State, arguments: Arguments) -> Json:
    """`apps.connections.open`: an address for Socket Mode, good for one connection."""
    address = state.base_url.replace("http://", "ws://", 1)
    return {"ok": True, "url": f"{address}/link/?ticket={state.link.sockets.ticket()}&app_id=sandbox"}


def team_info(state: State, arguments: Arguments) -> Json:
    """`team.info`."""
    team = {
        "id": TEAM_ID,
        "name": TEAM_NAME,
        "url": f"{state.base_url}/",
        "domain": TEAM_DOMAIN,
        "email_domain": "sandbox.example",
        "icon": {"image_default": True},
    }
    return {"ok": True, "team": team}
