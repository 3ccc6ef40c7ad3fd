"""The widget's files as they lie in `widget/`, without comments, compressed, fetched again only when changed."""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

WIDGET = "widget"
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_COMMENTS = re.compile(
    r"^[ \t]*(?://[^\n]*|/\*\*?(?:[^*]|\*(?!/))*\*/)[ \t]*\n",
    re.MULTILINE,
)
"""Comments that have their lines to themselves: they are for the reader of `widget/`, not for the line."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class WidgetFile:
    content: bytes
    compressed: bytes
    content_type: str
    etag: str


def serve(request: HttpRequest, name: str) -> HttpResponseBase:
    """Answer with one file of `widget/`; its name is a plain file name with a known ending."""
    path = Path(settings.BASE_DIR) / WIDGET / name
    if path.suffix not in TYPES or not _NAME.fullmatch(name) or not path.is_file():
        raise Http404
    file = _load(path, path.stat().st_mtime_ns)
    response = HttpResponse(status=304) if _is_known(request, file.etag) else _body(request, file)
    response.headers["ETag"] = file.etag
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Vary"] = "Accept-Encoding"
    # Public and the same for everybody: any page may load them. Who may talk to the API is asked there.
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _is_known(request: HttpRequest, etag: str) -> bool:
    known = request.headers.get("If-None-Match", "").split(",")
    return etag in [each.strip().removeprefix("W/") for each in known]


def _body(request: HttpRequest, file: WidgetFile) -> HttpResponse:
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return HttpResponse(file.content, content_type=file.content_type)
    response = HttpResponse(file.compressed, content_type=file.content_type)
    response.headers["Content-Encoding"] = "gzip"
    return response


@lru_cache(maxsize=64)
def _load(path: Path, modified_ns: int) -> WidgetFile:
    """Read a file once for each time it changes."""
    content = path.read_bytes()
    if path.suffix == ".js":
        content = _COMMENTS.sub("", content.decode()).encode()
    etag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
    return WidgetFile(content, gzip.compress(content, mtime=0), TYPES[path.suffix], etag)
