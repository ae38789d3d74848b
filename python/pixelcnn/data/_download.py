"""Download parts of large files by HTTP Range, keep them on disk, and resume interrupted downloads."""

import http.client
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from typing import Any, NamedTuple

from pixelcnn.data._checked_part import Appending

CHUNK = 1 << 16
TIMEOUT = 30.0  # seconds without a byte
TRIES = 4  # failures in a row, without a new byte, after which a download fails
BACKOFF = 0.1  # seconds before the second try; doubled before each later one
BUSY = {408, 429, 500, 502, 503, 504}  # status codes after which another try may succeed
LOST = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError)


class Cut(ConnectionError):
    """The connection ended before all bytes arrived."""


class Remote(NamedTuple):
    """The version of a file on a server whose first bytes were read. Later answers must be of the same version.

    `version` is the value of If-Range: the file's ETag or its time of modification, or "" if the server sends neither.
    """

    url: str
    start: bytes
    size: int
    version: str


def read_start(url: str, size: int) -> tuple[bytes, int | None, str]:
    """Return the first `size` bytes of a file, the size of the whole file or None, and the version of the file."""

    def attempt():
        answer, total = _ask(url, 0, size)
        with answer:
            start = _read(answer, size)
        _check_complete(len(start), size if total is None else min(size, total))
        return start, total, checked_version(_version(answer.headers))

    return _with_retries(url, attempt, lambda: 0)


def extend(path: Path, remote: Remote, begin: int, end: int, progress: Callable[[int], object], held: int = 0) -> None:
    """Download bytes `begin` … `end` of a file on a server to `path`, which already holds `held` of these bytes.

    After an interrupt the bytes that arrived are kept, with their checksums. Two processes may extend the same file at
    once, because both write the same bytes at the same places. An answer of another file, or of another version of the
    file, is an error, and none of its bytes is kept.
    """
    with Appending(path, held) as file:

        def attempt():
            place = begin + file.size
            if place >= end:
                return
            answer, size = _ask(remote.url, place, end, remote.version)
            with answer:
                if size not in (None, remote.size):
                    raise _changed(remote, path, f"it has {size} bytes, but its header says {remote.size}")
                if not _is_version(answer.headers, remote.version):
                    raise _changed(remote, path, f"it is version {_version(answer.headers)}, not {remote.version}")
                if answer.status != 206:  # the answer is the whole file: skip the bytes that are on disk
                    _skip(answer, place, remote, path)
                while begin + file.size < end and (chunk := answer.read(min(CHUNK, end - begin - file.size))):
                    file.append(chunk)
                    progress(len(chunk))
            _check_complete(begin + file.size, end)

        _with_retries(remote.url, attempt, lambda: file.size)


def checked_version(text: str) -> str:
    """Return `text` if an HTTP header may hold it, else ""."""
    return text if re.fullmatch("[ -~]{1,200}", text) else ""


def _reason(error: Exception) -> str:
    """Return the text of an error; urllib wraps errors of the system, whose text is without a number."""
    inner = getattr(error, "reason", None)
    return (inner.strerror or str(inner)) if isinstance(inner, OSError) else str(error)


def _with_retries(url: str, attempt: Callable[[], Any], held: Callable[[], int]) -> Any:
    """Call `attempt` until it succeeds; give up after `TRIES` failures in a row without a new byte."""
    failures, before = 0, held()
    while True:
        try:
            return attempt()
        except LOST as error:
            failures, before = (0 if held() > before else failures + 1), held()
            if failures == TRIES:
                raise ConnectionError(
                    f"{url}: the connection failed {TRIES} times ({_reason(error)}); {before:,} bytes are kept. "
                    "Call again to go on from there."
                ) from error
            time.sleep(BACKOFF * 2**failures)


def _ask(url: str, begin: int, end: int, version: str = "") -> tuple[http.client.HTTPResponse, int | None]:
    """Ask for bytes `begin` … `end`; return the answer, and the size of the whole file or None.

    With status 206 the answer holds bytes `begin` … `end`. With another status the answer holds the whole file, because
    the server does not support Range, or because the file is no longer the one of `version`.
    """
    answer = _request(url, begin, end, version)
    try:
        _check_kind(url, answer)
        if answer.status == 206:
            return answer, _content_range(url, answer, begin)
        length = answer.headers.get("Content-Length", "")
        return answer, int(length) if re.fullmatch("[0-9]{1,18}", length) else None
    except BaseException:
        answer.close()
        raise


def _request(url: str, begin: int, end: int, version: str) -> http.client.HTTPResponse:
    headers = {"Range": f"bytes={begin}-{end - 1}", "Accept-Encoding": "identity"}
    if version:
        headers["If-Range"] = version
    try:
        return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        with error:
            if error.code in BUSY:
                raise Cut(f"the server answers {error.code} {error.reason}") from None
        if error.code == 416:
            raise ValueError(f"{url} ends before byte {begin:,}; it is damaged or has changed.") from None
        raise FileNotFoundError(f"{url}: the server answers {error.code} {error.reason}.") from None


def _check_kind(url: str, answer: http.client.HTTPResponse) -> None:
    """Check that an answer is neither a web page nor a compressed form of the file."""
    kind, encoding = (answer.headers.get(name, "") for name in ("Content-Type", "Content-Encoding"))
    if "html" in kind.lower():
        text = answer.read(60)
        raise ValueError(f"{url} answers with a web page ({kind}) that starts with {text!r}; expected a bitmap file.")
    if encoding.strip().lower() not in ("", "identity"):
        raise ValueError(f"{url} answers with Content-Encoding {encoding!r}; expected a file that is not encoded.")


def _content_range(url: str, answer: http.client.HTTPResponse, begin: int) -> int | None:
    """Check that an answer begins at byte `begin`, and return the size of the whole file or None."""
    text = answer.headers.get("Content-Range", "")
    match = re.fullmatch(r"bytes ([0-9]{1,18})-[0-9]{1,18}/([0-9]{1,18}|\*)", text.strip())
    if match is None or int(match[1]) != begin:
        raise ValueError(f"{url} answers with Content-Range {text!r}; expected 'bytes {begin}-<last>/<size>'.")
    return None if match[2] == "*" else int(match[2])


def _version(headers: Message) -> str:
    """Return the value for If-Range: the ETag, or the time of modification if there is no strong ETag."""
    tag = headers.get("ETag", "")
    return tag if tag.startswith('"') else headers.get("Last-Modified", "")


def _is_version(headers: Message, version: str) -> bool:
    """Tell whether an answer is of `version`, or does not name its version."""
    return not version or headers.get("ETag" if version.startswith('"') else "Last-Modified", version) == version


def _changed(remote: Remote, path: Path, difference: str) -> ValueError:
    return ValueError(
        f"{remote.url} is damaged or has changed since its header was read: {difference}. To download it again, "
        f"delete {path} and the other files of this class in the same folder."
    )


def _skip(answer: http.client.HTTPResponse, count: int, remote: Remote, path: Path) -> None:
    """Skip the first `count` bytes of an answer that holds a whole file; its start must be that of `remote`."""
    start = _read(answer, min(count, len(remote.start)))
    if start != remote.start[: len(start)]:
        raise _changed(remote, path, f"it starts with {start[:60]!r}")
    count -= len(start)
    while count > 0 and (passed := answer.read(min(CHUNK, count))):
        count -= len(passed)
    if count > 0:
        raise Cut("it ended before the first byte that is missing on the disk")


def _read(answer: http.client.HTTPResponse, count: int) -> bytes:
    """Return the next `count` bytes of an answer, or fewer if it ends."""
    chunks = []
    while count > 0 and (chunk := answer.read(min(CHUNK, count))):
        chunks.append(chunk)
        count -= len(chunk)
    return b"".join(chunks)


def _check_complete(held: int, end: int) -> None:
    if held < end:
        raise Cut(f"it ended {end - held:,} bytes early")
