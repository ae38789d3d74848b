"""A real HTTP server on loopback that serves QuickDraw bitmap files, well or badly."""

import gzip
import io
import re
import threading
import zlib
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import numpy as np


def bitmap_file(rows: int, seed: int = 0) -> bytes:
    """Return the bytes of a .npy file like Google's."""
    file = io.BytesIO()
    np.save(file, np.random.default_rng(seed).integers(0, 256, (rows, 784), np.uint8))
    return file.getvalue()


class Server:
    """What a test may set and what it may ask (`requests`, `sent`)."""

    def __init__(self, files: dict[str, bytes]):
        self.files, self.behaviour = files, "range"
        self.cuts = 0  # so many of the next answers end half-way
        self.validator = "ETag"  # the header that tells versions of a file apart; None for a server that has none
        self.answers: dict[str | None, bytes] = {}  # by the Range that is asked for: all bytes that are sent for it
        self.requests: list[tuple[str, str | None]] = []
        self.sent = 0  # bytes of bodies
        self.lock = threading.Lock()
        self.url = ""


@contextmanager
def serve(files: dict[str, bytes]):
    server = Server(files)
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    server.url = f"http://127.0.0.1:{http.server_address[1]}/bitmaps"
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def _version(validator: str | None, whole: bytes) -> dict[str, str]:
    """Return the header that names the version of a file."""
    if validator is None:
        return {}
    number = zlib.crc32(whole)
    return {validator: f'"{number}"' if validator == "ETag" else formatdate(number, usegmt=True)}


def _handler(server: Server):
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            name = unquote(self.path).removeprefix("/bitmaps/").removesuffix(".npy")
            wanted = self.headers.get("Range")
            with server.lock:
                server.requests.append((name, wanted))
            if wanted in server.answers:
                return self.send_body(server.answers[wanted])
            if server.behaviour == "html":
                return self.answer(200, b"<!doctype html><title>Log in</title>", {"Content-Type": "text/html"})
            if server.behaviour == "plain html":
                return self.answer(200, b"<!doctype html><title>Log in</title>", {"Content-Type": "text/plain"})
            if server.behaviour == "busy":
                return self.answer(503, b"")
            if name not in server.files:
                return self.answer(404, b"no such object")
            whole = server.files[name]
            version = _version(server.validator, whole)
            if wanted is None or server.behaviour == "ignores range":
                return self.answer(200, whole, version)
            if server.behaviour == "any bytes":
                return self.answer(200, b"The service is down. " * 4000, {"Content-Length": None})
            if self.headers.get("If-Range") not in (None, *version.values()):
                return self.answer(200, whole, version)
            first, last = map(int, re.fullmatch(r"bytes=(\d+)-(\d+)", wanted).groups())
            if first >= len(whole):
                return self.answer(416, b"")
            last = min(last, len(whole) - 1)
            size = "*" if server.behaviour == "tells no size" else len(whole)
            headers = {**version, "Content-Range": f"bytes {first}-{last}/{size}"}
            body = whole[first : last + 1]
            if server.behaviour == "gzip":
                body, headers["Content-Encoding"] = gzip.compress(body), "gzip"
            return self.answer(206, body, headers)

        def answer(self, status, body, headers=None):
            self.send_response(status)
            for key, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
                if value is not None:
                    self.send_header(key, value)
            self.end_headers()
            with server.lock:
                cut = server.cuts > 0 and len(body) > 784
                server.cuts -= cut
            self.send_body(body[: len(body) // 2] if cut else body)

        def send_body(self, body):
            for start in range(0, len(body), 8192):
                part = body[start : start + 8192]
                with server.lock:  # counted first: the client may be done before the next line here runs
                    server.sent += len(part)
                try:
                    self.wfile.write(part)
                except OSError:  # the client has read enough
                    return

    return Handler
