"""Parts of large files by HTTP Range, kept on disk, resumed where they stopped."""

import http.client
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

CHUNK = 1 << 16
TIMEOUT = 30.0  # seconds without a byte
TRIES = 4  # in a row that bring nothing
BACKOFF = 0.1  # seconds before the second try; doubled with each one after it
BUSY = {408, 429, 500, 502, 503, 504}  # answers that may be another a moment later
LOST = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError)


class Cut(ConnectionError):
    """The connection ended before the bytes that it promised."""


def read_start(url: str, size: int) -> tuple[bytes, int | None]:
    """Return the first `size` bytes of a file on the network (fewer where it ends), and its whole size if told."""

    def attempt():
        total, chunks = _open_range(url, 0, size)
        start = b"".join(chunks)
        _check_complete(len(start), size if total is None else min(size, total))
        return start, total

    return _with_retries(url, attempt, lambda: 0)


def extend(path: Path, url: str, begin: int, end: int, total: int, progress: Callable[[int], object]) -> None:
    """Make `path` hold bytes `begin` … `end` of `url`, of which it may hold the first ones already.

    The file is always a beginning of those bytes, whenever it is interrupted. Two processes may extend it at once:
    both write the same bytes at the same places.
    """
    path.touch()

    def attempt():
        held = path.stat().st_size
        if begin + held >= end:
            return
        found, chunks = _open_range(url, begin + held, end)
        if found not in (None, total):
            raise ValueError(f"{url} has {found} bytes where its header says {total}; it is damaged or has changed.")
        with path.open("r+b") as file:
            file.seek(held)
            for chunk in chunks:
                file.write(chunk)
                progress(len(chunk))
        _check_complete(begin + path.stat().st_size, end)

    _with_retries(url, attempt, lambda: path.stat().st_size)


def _with_retries(url: str, attempt: Callable, held: Callable[[], int]):
    """Call `attempt` until it succeeds; give up after a few tries in a row that bring no byte."""
    failures, before = 0, held()
    while True:
        try:
            return attempt()
        except LOST as error:
            failures, before = (0 if held() > before else failures + 1), held()
            if failures == TRIES:
                raise ConnectionError(
                    f"{url}: the connection failed {TRIES} times ({error}); {before:,} bytes are kept. "
                    "Call again to go on from there."
                ) from error
            time.sleep(BACKOFF * 2**failures)


def _open_range(url: str, begin: int, end: int) -> tuple[int | None, Iterator[bytes]]:
    """Ask for bytes `begin` … `end`; return the size of the whole file if told, and the bytes in chunks."""
    answer = _request(url, begin, end)
    kind = answer.headers.get("Content-Type", "")
    if "html" in kind.lower():
        with answer:
            text = answer.read(60)
        raise ValueError(f"{url} answers with a page ({kind}) that starts with {text!r}; a bitmap file was expected.")
    if answer.status == 206:
        return _content_range(url, answer, begin), _chunks(answer, 0, end - begin)
    # A server that knows no Range sends the whole file: what is held already is read past.
    length = answer.headers.get("Content-Length")
    return int(length) if length else None, _chunks(answer, begin, end - begin)


def _request(url: str, begin: int, end: int) -> http.client.HTTPResponse:
    request = urllib.request.Request(url, headers={"Range": f"bytes={begin}-{end - 1}"})
    try:
        return urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        with error:
            if error.code in BUSY:
                raise Cut(f"the server answers {error.code} {error.reason}") from None
        raise FileNotFoundError(f"{url}: the server answers {error.code} {error.reason}.") from None


def _content_range(url: str, answer: http.client.HTTPResponse, begin: int) -> int:
    """Check that an answer begins where it was asked to, and return the size of the whole file."""
    text = answer.headers.get("Content-Range", "")
    match = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", text.strip())
    if match is None or int(match[1]) != begin:
        answer.close()
        raise ValueError(f"{url} answers with Content-Range {text!r}; 'bytes {begin}-<last>/<size>' was expected.")
    return int(match[2])


def _chunks(answer: http.client.HTTPResponse, skip: int, count: int) -> Iterator[bytes]:
    """Yield `count` bytes of an answer after `skip` bytes, then close it, whatever it would still send."""
    with answer:
        while skip > 0 and (passed := answer.read(min(CHUNK, skip))):
            skip -= len(passed)
        while count > 0 and (chunk := answer.read(min(CHUNK, count))):
            count -= len(chunk)
            yield chunk


def _check_complete(held: int, end: int) -> None:
    if held < end:
        raise Cut(f"it ended {end - held:,} bytes early")
