"""What a client may do: pages of this machine only, bodies of a bounded size and time, a bounded number of requests."""

import asyncio
import json
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

MOST_BYTES = 1 << 18  # of a body; 10,000 points of strokes are about 80 kB
MOST_SECONDS = 10.0  # until a body is whole
LOCAL = ("127.0.0.1", "localhost", "::1")
# The page's own files only, so that a text that somehow got into the page could neither run nor send anything.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self' http://localhost:* "
    "http://127.0.0.1:*",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Refusal(Exception):
    """A request that is refused.

    Args:
        status: The status code of HTTP.
        text: What the client is told.
    """

    def __init__(self, status: int, text: str):
        super().__init__(text)
        self.status = status

    def response(self) -> JSONResponse:
        """The answer to the client."""
        headers = {"Retry-After": "1"} if self.status in (429, 503) else None
        return JSONResponse({"error": str(self)}, self.status, headers)


class OwnPagesOnly:
    """Refuses requests of other sites' pages, because a browser lets every page call servers of this machine.

    The name in `Host` must be known: a foreign name that leads to this machine (DNS rebinding) is refused. `Origin`, if
    there is one, must be this server. All answers get `HEADERS`.

    Args:
        app: The ASGI application.
        names: Host names that users may type.
    """

    def __init__(self, app: Callable[..., Any], names: tuple[str, ...]):
        self.app = app
        self.names = tuple(name.lower().strip("[]") for name in names)  # as `_name` returns them

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request, as ASGI says."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message):
            if message["type"] == "http.response.start":
                message["headers"] += [(name.lower().encode(), text.encode()) for name, text in HEADERS.items()]
            await send(message)

        request = Request(scope)
        host, origin = request.headers.get("host", ""), request.headers.get("origin")
        if _name(f"//{host}") not in self.names:
            refusal = Refusal(421, f"Host {host!r} does not fit: expected {' or '.join(self.names)}.")
        elif origin is not None and origin != f"{scope['scheme']}://{host}":
            refusal = Refusal(403, f"Origin {origin!r} does not fit: expected this server's own page.")
        else:
            await self.app(scope, receive, send_with_headers)
            return
        await refusal.response()(scope, receive, send_with_headers)


def _name(address: str) -> str | None:
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


async def read_message(request: Request) -> dict[str, Any]:
    """The JSON object in a request's body.

    Raises:
        Refusal: If the body is too large, too slow or no JSON object.
    """
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
        raise Refusal(415, "Content-Type does not fit: expected application/json.")
    body = bytearray()
    try:
        async with asyncio.timeout(MOST_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > MOST_BYTES:
                    raise Refusal(413, f"the message is too large: expected at most {MOST_BYTES:,} bytes.")
    except TimeoutError:
        raise Refusal(408, f"the message took more than {MOST_SECONDS:.0f} s.") from None
    except ClientDisconnect:
        raise Refusal(400, "the message has no end.") from None
    try:
        message = json.loads(bytes(body))
    except (ValueError, RecursionError):
        raise Refusal(400, "the message does not fit: expected JSON.") from None
    if not isinstance(message, dict):
        raise Refusal(400, "the message does not fit: expected a JSON object.")
    return message


class Rates:
    """How many requests an address may make: some at once, then some each second ("token bucket").

    Args:
        at_once: Number of requests at once.
        per_second: Number of further requests in a second.
        addresses: Number of addresses that are remembered.
    """

    def __init__(self, at_once: float = 200, per_second: float = 100, addresses: int = 1000):
        self.at_once, self.per_second, self.addresses = at_once, per_second, addresses
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # address -> requests left, and at what time

    def count(self, address: str) -> None:
        """Count a request of an address.

        Raises:
            Refusal: If the address makes too many.
        """
        now = time.monotonic()
        left, then = self._left.pop(address, (self.at_once, now))
        left = min(self.at_once, left + (now - then) * self.per_second)
        self._left[address] = (max(0.0, left - 1), now)
        if len(self._left) > self.addresses:
            self._left.popitem(last=False)
        if left < 1:
            raise Refusal(429, "too many requests: try again in a second.")
