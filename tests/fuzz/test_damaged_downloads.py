"""An answer of a server may be anything: what it brings is read or refused by an error that names the address."""

import shutil

import pytest
from bitmap_server import bitmap_file, serve
from hypothesis import strategies as st

from fuzz import damage
from fuzz.check import FEW, MANY, check, draw_examples
from pixelcnn.data import _download, quickdraw

KINDS = (*damage.BYTES, *damage.HTTP)
START, ROWS = "bytes=0-127", "bytes=128-7967"  # what is asked for: the header, then ten drawings
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(_download, "BACKOFF", 0.0)
    monkeypatch.setattr(_download, "TIMEOUT", 2.0)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serve({"bee": bitmap_file(20)}) as server:
        yield server


def answers(server):
    """Whole answers to both requests, as bytes on the wire."""
    whole = server.files["bee"]
    for wanted in (START, ROWS):
        first, last = map(int, wanted.removeprefix("bytes=").split("-"))
        body = whole[first : last + 1]
        head = f'HTTP/1.0 206 Partial Content\r\nContent-Length: {len(body)}\r\nETag: "1"\r\n'
        yield wanted, f"{head}Content-Range: bytes {first}-{last}/{len(whole)}\r\n\r\n".encode() + body


def strike(kind, server, cache, examples):
    """Damage an answer in ways of one kind, and ask for ten drawings each time."""
    whole = dict(answers(server))

    def read(url):
        return quickdraw(["bee"], 10, source="network", cache_dir=cache, base_url=url, verbose=0)

    def example(draw):
        shutil.rmtree(cache, ignore_errors=True)
        wanted = draw(st.sampled_from((START, ROWS)))
        server.answers = {**whole, wanted: kind(draw, whole[wanted])}
        check(read, server.url, "bee")

    draw_examples(example, examples)


def test_whole_answers_are_read(server, tmp_path):
    server.answers = dict(answers(server))
    images = quickdraw(["bee"], 10, source="network", cache_dir=tmp_path, base_url=server.url, verbose=0).images
    assert images.tobytes() == server.files["bee"][128:7968]
    assert [wanted for _, wanted in server.requests] == [START, ROWS]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_damaged_answers_are_read_or_refused_by_name(kind, server, tmp_path):
    strike(kind, server, tmp_path / "cache", FEW)


@pytest.mark.full
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_many_damaged_answers_are_read_or_refused_by_name(kind, server, tmp_path):
    strike(kind, server, tmp_path / "cache", MANY)
