"""The server over HTTP: rows appear as they are drawn, and a bad client gets an error and stands in nobody's way."""

import base64
import http.client
import json
import socket
import threading

import numpy as np
import pytest

from pixelcnn.serve import limits

WRONG_SEED = "seed=-1 does not fit: expected a whole number 0 … 9007199254740992."
WISH = {"strokes": [[[20, 200], [30, 30]]], "from_row": 5, "label": 1, "versions": 2, "seed": 3}


def post(address, path, body, **headers):
    """The status and the lines of an answer."""
    connection = http.client.HTTPConnection(*address[:2], timeout=60)
    body = body if isinstance(body, (bytes, str)) else json.dumps(body)
    connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
    answer = connection.getresponse()
    lines = [json.loads(line) for line in answer.read().splitlines()]
    connection.close()
    return answer.status, lines


def levels(text):
    """The levels of a picture in an answer."""
    return np.frombuffer(base64.b64decode(text), "uint8").reshape(12, 12, 1)


def test_the_page_and_its_files_are_served_with_a_policy(address):
    connection = http.client.HTTPConnection(*address[:2])
    for path, kind in (("/", "text/html"), ("/page.js", "text/javascript"), ("/page.css", "text/css")):
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.status == 200 and answer.headers["content-type"].startswith(kind) and answer.read()
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    connection.request("GET", "/../app.py")
    assert connection.getresponse().status == 404


def test_a_name_of_the_server_has_any_case(address):
    for host in ("mybox:8000", "MYBOX", "localhost"):
        assert post(address, "/api/draw", {"label": 0, "seed": -1}, Host=host) == (400, [{"error": WRONG_SEED}])


def test_versions_are_those_of_complete(address, distribution):
    status, (first, *rows, last) = post(address, "/api/draw", WISH)
    assert status == 200 and last == {"done": True}
    assert [line["rows"] for line in rows] == [*range(1, 13), 12]
    seen = np.repeat(levels(first["picture"])[None], 2, axis=0)
    known = np.broadcast_to(np.arange(12)[:, None] < 5, (12, 12))
    expected = distribution.complete(seen, known, 1, seed=3, verbose=0)
    assert np.array_equal([levels(text) for text in rows[-1]["images"]], expected)


def test_classes_and_surprise(address, distribution):
    status, (first, line, last) = post(address, "/api/classes", {"strokes": WISH["strokes"], "from_row": 5})
    assert status == 200 and last == {"done": True} and np.isclose(np.exp(line["log_probs"]).sum(), 1)
    status, (_, line, _) = post(address, "/api/surprise", {"picture": first["picture"], "label": 2})
    nats = distribution.log_prob(levels(first["picture"]), 2)
    assert status == 200 and np.isclose(np.sum(line["bits"]), -nats / np.log(2), rtol=1e-3)


@pytest.mark.parametrize(
    ("body", "headers", "status", "error"),
    [
        ({**WISH, "label": 7}, {}, 400, "label"),
        ("{", {}, 400, "JSON"),
        ("[" * 100_000, {}, 400, "JSON"),
        ("[]", {}, 400, "object"),
        (b"\xff\xfe", {}, 400, "JSON"),
        (WISH, {"Content-Type": "text/plain"}, 415, "application/json"),
        (" " * (limits.MOST_BYTES + 1), {}, 413, "too large"),
        (WISH, {"Origin": "https://example.org"}, 403, "Origin"),
        (WISH, {"Origin": "null"}, 403, "Origin"),
        (WISH, {"Host": "example.org"}, 421, "Host"),
        (WISH, {"Host": "[::1"}, 421, "Host"),
    ],
)
def test_what_does_not_fit_is_refused_and_says_why(address, body, headers, status, error):
    found, (line,) = post(address, "/api/draw", body, **headers)
    assert (found, error in line["error"]) == (status, True)


def test_a_page_of_this_server_may_ask(address):
    host = f"localhost:{address[1]}"
    assert post(address, "/api/draw", WISH, Host=host, Origin=f"http://{host}")[0] == 200


def test_a_slow_body_is_given_up(address, monkeypatch):
    monkeypatch.setattr(limits, "MOST_SECONDS", 0.2)
    with socket.create_connection(address[:2], timeout=60) as connection:
        head = f"POST /api/draw HTTP/1.1\r\nHost: localhost:{address[1]}\r\nContent-Type: application/json\r\n"
        connection.sendall(f"{head}Content-Length: 1000\r\n\r\n{{".encode())
        assert b" 408 " in connection.recv(1000)


def test_clients_that_go_away_or_ask_too_much_leave_room_for_others(address):
    for _ in range(20):
        with socket.create_connection(address[:2], timeout=60) as connection:
            body = json.dumps(WISH)
            head = f"POST /api/draw HTTP/1.1\r\nHost: localhost:{address[1]}\r\nContent-Type: application/json\r\n"
            connection.sendall(f"{head}X-Client: gone\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
    statuses = []
    greedy = [
        threading.Thread(target=lambda: statuses.append(post(address, "/api/draw", WISH, **{"X-Client": "greedy"})[0]))
        for _ in range(12)
    ]
    for thread in greedy:
        thread.start()
    assert post(address, "/api/draw", WISH, **{"X-Client": "modest"})[0] == 200
    for thread in greedy:
        thread.join()
    assert set(statuses) <= {200, 429} and 200 in statuses
    assert post(address, "/api/draw", WISH, **{"X-Client": "gone"})[0] == 200


def test_an_address_may_make_some_requests_at_once_and_some_a_second(monkeypatch):
    now = 0.0
    monkeypatch.setattr(limits.time, "monotonic", lambda: now)
    rates = limits.Rates(at_once=3, per_second=2, addresses=2)
    for _ in range(3):
        rates.count("a")
    with pytest.raises(limits.Refusal, match="too many"):
        rates.count("a")
    rates.count("b")
    now = 0.5
    rates.count("a")
    with pytest.raises(limits.Refusal):
        rates.count("a")
