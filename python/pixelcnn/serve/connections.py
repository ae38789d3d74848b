"""The server's connections: those that wait for a request are few, so they cannot keep other clients out."""

from typing import Any

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol

MOST_CONNECTIONS = 512  # with more, requests get the answer 503
MOST_WAITING = 256  # connections without a whole request head


def make_config(app: Any, most_connections: int = MOST_CONNECTIONS, most_waiting: int = MOST_WAITING) -> uvicorn.Config:
    """The configuration of the server of an application.

    Uvicorn gives a connection any time to send its first request, and counts it as a connection meanwhile. So the
    server closes the connection that waits longest when more than `most_waiting` wait. A client that connects and sends
    its request at once waits least.

    Args:
        app: The ASGI application.
        most_connections: Largest number of connections.
        most_waiting: Largest number of them that wait for a request.
    """
    waiting: dict[Any, None] = {}  # protocols, longest first

    class Protocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
        """A connection, which knows whether it waits."""

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self.look()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self.look()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            self.look()

        def connection_lost(self, exc: Exception | None) -> None:
            waiting.pop(self, None)
            super().connection_lost(exc)

        def look(self) -> None:
            """Note whether the connection waits, and close another one if too many wait."""
            if self.cycle is not None and not self.cycle.response_complete:
                waiting.pop(self, None)
            elif not self.transport.is_closing():
                waiting.setdefault(self)
            while len(waiting) > most_waiting:
                longest = next(iter(waiting))
                del waiting[longest]
                longest.transport.close()

    return uvicorn.Config(
        app,
        http=Protocol,
        log_level="warning",
        limit_concurrency=most_connections,
        timeout_graceful_shutdown=1,
    )
