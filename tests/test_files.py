"""A file is the old one or the new one, never a part."""

import json
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from subprocess import Popen

import pytest

from pixelcnn.files import MOST_BYTES, PARTIAL, read_json, replacing, replacing_folder, write_json, write_text


def test_an_interrupted_write_keeps_the_old_file(tmp_path):
    path = tmp_path / "config.json"
    write_json(path, {"a": 1})
    with pytest.raises(KeyboardInterrupt), replacing(path) as temporary:
        temporary.write_text("{")
        raise KeyboardInterrupt
    assert read_json(path) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupted_first_write_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), replacing(tmp_path / "model.keras") as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert not list(tmp_path.iterdir())


def test_the_temporary_name_keeps_the_suffix(tmp_path):
    with replacing(tmp_path / "a.keras") as temporary:
        assert temporary.suffix == ".keras" and temporary.parent == tmp_path
        temporary.touch()


def test_broken_json_is_named(tmp_path):
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ValueError, match="config.json"):
        read_json(tmp_path / "config.json")


def test_content_is_on_the_disk_before_the_name_and_the_name_after(tmp_path, monkeypatch):
    done = []
    sync, rename = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda file: (done.append(Path(f"/proc/self/fd/{file}").resolve()), sync(file)))
    monkeypatch.setattr(Path, "replace", lambda old, new: (done.append("rename"), rename(old, new)))
    write_text(tmp_path / "a.txt", "whole")
    assert done[0].name.startswith(PARTIAL) and done[1:] == ["rename", tmp_path]


def test_writers_of_one_file_at_once_leave_no_damage(tmp_path):
    path, texts = tmp_path / "a.json", [json.dumps([k] * 20_000) for k in range(4)]
    write_text(path, texts[0])
    code = "import sys; from pixelcnn.files import write_text\nfor _ in range(30): write_text(*sys.argv[1:])"
    with ExitStack() as stack:
        writers = [stack.enter_context(Popen([sys.executable, "-c", code, path, text])) for text in texts]
        while any(writer.poll() is None for writer in writers):
            assert path.read_text() in texts
    assert [writer.returncode for writer in writers] == [0] * 4
    assert list(tmp_path.iterdir()) == [path]


def test_threads_of_a_process_do_not_share_a_temporary_name(tmp_path):
    with replacing(tmp_path / "a.txt") as first, replacing(tmp_path / "a.txt") as second:
        assert first != second
        first.touch()
        second.touch()


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe{",
        b"[" * 100_000,
        b"[" + b"9" * 5000 + b"]",
        b" " * (MOST_BYTES + 1),
        b"",
    ],
    ids=["not UTF-8", "deep", "digits", "large", "empty"],
)
def test_whatever_is_no_json_is_named(tmp_path, content):
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"config\.json"):
        read_json(tmp_path / "config.json")


def test_a_byte_order_mark_is_passed_over(tmp_path):
    (tmp_path / "config.json").write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_json(tmp_path / "config.json") == {"a": 1}


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "config.json")
    with pytest.raises(OSError, match=r"config\.json is not a regular file"):
        read_json(tmp_path / "config.json")


def test_an_error_names_the_file_and_not_its_temporary_name(tmp_path):
    for write in (replacing, lambda path: replacing_folder(path, bool)):
        with pytest.raises(FileNotFoundError) as raised, write(tmp_path / "a") as temporary:
            (temporary / "b").read_text()
        assert raised.value.filename == str(tmp_path / "a")
