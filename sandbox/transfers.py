"""The routes of a file's bytes: up, as the app sends them; down to the app, and to a person who opens it."""

from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from sandbox.errors import SlackError
from sandbox.identity import BOT_TOKEN
from sandbox.model import File
from sandbox.state import State
from sandbox.web_api.files import visible_file

FOUND, NOT_FOUND = 302, 404
SCOPE = "files:read"


async def upload(request: Request) -> Response:
    """Take the bytes of an announced file, sent raw or as a form."""
    content = await _sent_file(request)
    try:
        file = request.app.state.world.files.fill(request.path_params["file_id"], content)
    except SlackError as refusal:
        return JSONResponse(refusal.answer(), status_code=NOT_FOUND)
    return PlainTextResponse(f"OK - {file.size}")


async def download(request: Request) -> Response:
    """Give the app a file it can see; without its token Slack leads to where one signs in, which is a page."""
    state: State = request.app.state.world
    if request.headers.get("authorization") != f"Bearer {BOT_TOKEN}" or SCOPE not in state.manifest.scopes:
        return RedirectResponse(f"{state.base_url}/?redir={quote(request.url.path)}", status_code=FOUND)
    try:
        file = visible_file(state, request.path_params["file_id"])
    except SlackError as refusal:
        return JSONResponse(refusal.answer(), status_code=NOT_FOUND)
    return _saved(state, file)


async def look_into(request: Request) -> Response:
    """Give any file, as a person who sees it opens it."""
    state: State = request.app.state.world
    try:
        return _saved(state, state.files.find(request.path_params["file_id"]))
    except SlackError as refusal:
        return JSONResponse(refusal.answer(), status_code=NOT_FOUND)


def _saved(state: State, file: File) -> Response:
    """Send a file to be saved and never to be shown: what an app uploads is not to run in this origin."""
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name)}",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(state.files.contents.get(file.id, b""), media_type=file.mimetype, headers=headers)


async def _sent_file(request: Request) -> bytes:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await request.body()
    form = await request.form()
    files = [value for value in form.values() if isinstance(value, UploadFile)]
    return await files[0].read() if files else b""
