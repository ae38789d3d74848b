"""Connections that send no request are few, and keep nobody out."""

import contextlib
import http.client
import socket

from serve.conftest import MOST_CONNECTIONS, MOST_WAITING
from serve.test_app import WISH, post


def is_closed(waiting):
    """Whether the server has closed a connection; waits for it."""
    waiting.settimeout(60)
    try:
        return waiting.recv(1) == b""
    except ConnectionResetError:
        return True


def test_sockets_that_send_nothing_or_half_a_request_keep_nobody_out(address):
    with contextlib.ExitStack() as stack:
        sockets = []
        for index in range(MOST_CONNECTIONS + MOST_WAITING):
            sockets.append(stack.enter_context(socket.create_connection(address[:2])))
            if index % 2:
                sockets[-1].sendall(b"POST /api/draw HTTP/1.1\r\nHost: ")
        status, lines = post(address, "/api/draw", WISH)
        assert status == 200 and lines[-1] == {"done": True}
        assert all(map(is_closed, sockets[: MOST_CONNECTIONS - 1]))


def test_a_connection_that_asks_again_is_kept(address):
    connection = http.client.HTTPConnection(*address[:2], timeout=60)
    for _ in range(3):
        connection.request("GET", "/api/model")
        answer = connection.getresponse()
        assert answer.status == 200 and answer.read()
    connection.close()
