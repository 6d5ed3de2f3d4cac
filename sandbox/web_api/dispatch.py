"""The way of a call through the Web API: token, rate, scope, the method itself, and the log."""

import asyncio
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from sandbox.calls import Fault
from sandbox.conversations import direct_id
from sandbox.dropping import drop_connection
from sandbox.errors import SlackError
from sandbox.identity import APP_TOKEN, BOT_TOKEN, BOT_USER
from sandbox.model import Json
from sandbox.rates import TOO_MANY
from sandbox.responding import use_response_url
from sandbox.state import State
from sandbox.web_api.access import need
from sandbox.web_api.arguments import Arguments, read_arguments
from sandbox.web_api.methods import METHODS, Method

TOKENS = {"bot": BOT_TOKEN, "app": APP_TOKEN}
OK = 200
PAGE, HALF = "<html><h1>Down for maintenance</h1></html>", '{"ok":true,"channel":"D'
"""What comes instead of an answer: an error page, and an answer that was cut short."""


async def call_method(request: Request) -> Response:
    """Serve `POST /api/<method>`."""
    name = request.path_params["method"]
    return await _serve(request, name, lambda state, given: _carry_out(state, name, request, given))


async def call_response_url(request: Request) -> Response:
    """Serve `POST /response/<token>`; success is the plain word `ok`, as with Slack."""
    token = request.path_params["token"]

    def answer(state: State, given: Json) -> Json:
        use_response_url(state, token, given)
        return {"ok": True}

    response = await _serve(request, "response_url", answer)
    return (
        PlainTextResponse("ok")
        if response.status_code == OK and response.body == b'{"ok":true}'
        else response
    )


async def _serve(request: Request, name: str, carry_out: Callable[[State, Json], Json]) -> Response:
    state: State = request.app.state.world
    headers = {"x-oauth-scopes": ",".join(state.manifest.scopes), "x-slack-req-id": "sandbox"}
    given: Json = {}
    fault = state.faults.take(name)
    try:
        given = await read_arguments(request)
        if fault and not fault.after and (failure := await _befall(request, fault, name, given)):
            return failure
        with state.changes.of_app():
            answer, status = carry_out(state, given), OK
    except SlackError as refusal:
        answer, status = refusal.answer(), refusal.status
        headers |= refusal.headers
    if fault and fault.after and (failure := await _befall(request, fault, name, given)):
        return failure
    state.calls.record(name, _logged(given), status=status, ok=answer["ok"], error=answer.get("error", ""))
    return JSONResponse(answer, status_code=status, headers=headers)


def _carry_out(state: State, name: str, request: Request, given: Json) -> Json:
    method = METHODS.get(name)
    if method is None:
        raise SlackError("unknown_method", req_method=name)
    _check_token(method, _token(request, given))
    arguments = Arguments(_logged(given))
    state.rates.admit(name, method.tier, _conversation_id(state, arguments.text("channel")))
    if method.scopes:
        need(state, *method.scopes)
    return method.carry_out(state, arguments)


def _conversation_id(state: State, channel: str) -> str:
    """Name a conversation by its one id, so that a person's and their direct message's share a rate."""
    return direct_id([channel, BOT_USER]) if channel in state.people else channel


def _token(request: Request, given: Json) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else str(given.get("token", ""))


def _check_token(method: Method, token: str) -> None:
    if method.caller == "anyone":
        return
    if not token:
        raise SlackError("not_authed")
    if token not in TOKENS.values():
        raise SlackError("invalid_auth")
    if token != TOKENS[method.caller]:
        raise SlackError("not_allowed_token_type")


def _logged(given: Json) -> Json:
    return {name: value for name, value in given.items() if name != "token"}


async def _befall(request: Request, fault: Fault, name: str, given: Json) -> Response | None:
    """Let the fault happen that a test asked for; after a delay the call goes on."""
    if fault.kind == "delay":
        await asyncio.sleep(fault.seconds)
        return None
    state: State = request.app.state.world
    code = {"error": fault.error, "status": "ratelimited" if fault.status == TOO_MANY else "internal_error"}
    error = code.get(fault.kind, fault.kind)
    status = {"error": OK, "truncated": OK, "status": fault.status, "html": fault.status}.get(fault.kind, 0)
    state.calls.record(name, _logged(given), status=status, ok=False, error=error)
    if fault.kind == "hang":
        await _until_gone(request)
    if fault.kind == "drop":
        drop_connection(request)
    if fault.kind == "html":
        return HTMLResponse(PAGE, status_code=status)
    if fault.kind == "truncated":
        return Response(HALF, media_type="application/json")
    headers = {"Retry-After": str(fault.retry_after)} if status == TOO_MANY else {}
    return JSONResponse({"ok": False, "error": error}, status_code=status or 503, headers=headers)


async def _until_gone(request: Request) -> None:
    """Answer nothing until the caller has given up."""
    while (await request.receive())["type"] != "http.disconnect":
        continue
