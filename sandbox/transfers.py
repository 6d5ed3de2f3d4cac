"""The two routes of a file's bytes: up, as the app sends them, and down, as a person opens it."""

from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.errors import SlackError

NOT_FOUND = 404


async def upload(request: Request) -> Response:
    """Take the bytes of an announced file, sent raw or as a form."""
    content = await _sent_file(request)
    try:
        file = request.app.state.world.files.fill(request.path_params["file_id"], content)
    except SlackError as refusal:
        return JSONResponse(refusal.answer(), status_code=NOT_FOUND)
    return PlainTextResponse(f"OK - {file.size}")


async def download(request: Request) -> Response:
    """Give a file, always to be saved and never to be shown: what an app uploads is not to run in this origin."""
    files = request.app.state.world.files
    try:
        file = files.find(request.path_params["file_id"])
    except SlackError as refusal:
        return JSONResponse(refusal.answer(), status_code=NOT_FOUND)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name)}",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(files.contents.get(file.id, b""), media_type=file.mimetype, headers=headers)


async def _sent_file(request: Request) -> bytes:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await request.body()
    form = await request.form()
    files = [value for value in form.values() if isinstance(value, UploadFile)]
    return await files[0].read() if files else b""
