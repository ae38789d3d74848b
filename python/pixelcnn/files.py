"""Files that are either whole or absent: whatever is written goes to a temporary name first and is then renamed."""

import json
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path):
    """Yield a temporary path beside `path`; rename it to `path` when the block ends well, remove it when it does not.

    A reader, or a process that is killed, sees the old file or the new one and never half of one.
    The temporary name keeps the suffix, because Keras and Pillow choose the format by it.

    Args:
        path: the file to write. Missing parent folders are created.

    Example:
        >>> import pathlib, tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     target = pathlib.Path(folder) / "notes" / "a.txt"
        ...     with replacing(target) as temporary:
        ...         _ = temporary.write_text("whole")
        ...     target.read_text()
        'whole'
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path, text):
    """Write `text` to `path` in one piece (UTF-8).

    Args:
        path: the file to write.
        text: its whole content.
    """
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path, record):
    """Write `record` to `path` as indented JSON, in one piece.

    Args:
        path: the file to write.
        record: anything `json` can write.
    """
    write_text(path, json.dumps(record, indent=2) + "\n")


def read_json(path):
    """Read a JSON file.

    Args:
        path: the file to read.

    Raises:
        ValueError: the file is not JSON.
    """
    text = Path(path).read_text(encoding="utf-8")
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is not valid JSON ({error}).") from None
