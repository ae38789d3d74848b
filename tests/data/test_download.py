import os
import re
import resource

import numpy as np
import pytest
from bitmap_server import bitmap_file, serve

from pixelcnn.data import BLOG20, _checked_part, _download, quickdraw

ROWS = 60
FILES = {name: bitmap_file(ROWS, seed) for seed, name in enumerate(BLOG20)}


def rows_of(name):
    return np.frombuffer(FILES[name][128:], np.uint8).reshape(-1, 28, 28, 1)


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(_download, "BACKOFF", 0.001)
    with serve(dict(FILES)) as server:
        yield server


@pytest.fixture
def load(server, tmp_path):
    def load(classes=("bee",), **arguments):
        options = {"cache_dir": tmp_path / "cache", "base_url": server.url, "verbose": 0, **arguments}
        return quickdraw(list(classes), **options)

    return load


def test_twenty_classes_cost_what_is_asked_for(server, load):
    images, labels, names = load(BLOG20, per_class=15)
    assert names == BLOG20
    for k, name in enumerate(names):
        np.testing.assert_array_equal(images[labels == k], rows_of(name)[:15])
    assert server.sent == 20 * (128 + 784 * 15)  # of 20 files with 60 drawings each


def test_what_is_cached_needs_no_network(server, load):
    first = load(per_class=15)
    asked = len(server.requests)
    np.testing.assert_array_equal(load(per_class=15).images, first.images)
    np.testing.assert_array_equal(load(per_class=4).images, first.images[:4])
    assert len(server.requests) == asked


def test_asking_for_more_fetches_the_difference(server, load):
    load(per_class=15)
    before = server.sent
    np.testing.assert_array_equal(load(per_class=40).images, rows_of("bee")[:40])
    assert server.sent - before == 784 * 25
    np.testing.assert_array_equal(load(per_class=None).images, rows_of("bee"))
    assert server.sent == len(FILES["bee"])


def test_fewer_rows_than_asked_for(load):
    assert len(load(per_class=1000).images) == ROWS


def test_splits_do_not_overlap_and_cost_their_rows(server, load):
    test = load(split="test", per_class=4)
    assert server.sent == 128 + 784 * 4
    train = load(split="train")
    np.testing.assert_array_equal(train.images, rows_of("bee")[:54])
    np.testing.assert_array_equal(test.images, rows_of("bee")[54:58])
    np.testing.assert_array_equal(load(split="test").images, rows_of("bee")[54:])


def test_a_server_that_ignores_range(server, load):
    server.behaviour = "ignores range"
    np.testing.assert_array_equal(load(per_class=5).images, rows_of("bee")[:5])
    np.testing.assert_array_equal(load(per_class=50).images, rows_of("bee")[:50])  # resumes past what it holds
    np.testing.assert_array_equal(load(["frog"], per_class=None).images, rows_of("frog"))


def test_a_server_that_ignores_range_is_left_when_enough_is_read(server, load):
    server.behaviour = "ignores range"
    server.files["bee"] = bitmap_file(100_000)
    load(per_class=5)
    assert server.sent < len(server.files["bee"]) / 2  # what the sockets hold is sent in vain


def test_a_cut_connection_goes_on_where_it_stopped(server, load):
    server.cuts = 3
    np.testing.assert_array_equal(load(per_class=50).images, rows_of("bee")[:50])
    assert server.sent == 128 + 784 * 50  # not a byte twice
    starts = [int(re.match(r"bytes=(\d+)", wanted)[1]) for _, wanted in server.requests]
    assert starts == sorted(set(starts))


def test_a_failed_download_goes_on_in_the_next_call(server, load, tmp_path):
    load(per_class=1)
    server.cuts = 1

    class OnlyOnce(dict):
        """Files of a server that dies after its next answer."""

        def __getitem__(self, name):
            server.behaviour = "busy"
            return dict.__getitem__(self, name)

    server.files = OnlyOnce(FILES)
    with pytest.raises(ConnectionError, match=r"bee.npy: the connection failed 4 times .*503.* bytes are kept"):
        load(per_class=50)
    held = (tmp_path / "cache" / "bee.npy.part").read_bytes()
    assert len(held) == 128 + 784 + 784 * 49 // 2
    assert FILES["bee"].startswith(held)
    server.files, server.behaviour, before = dict(FILES), "range", server.sent
    np.testing.assert_array_equal(load(per_class=50).images, rows_of("bee")[:50])
    assert server.sent - before == 128 + 784 * 50 - len(held)


@pytest.mark.parametrize(("behaviour", "words"), [("html", "page .text/html. .*doctype"), ("plain html", "not a .npy")])
def test_a_page_instead_of_a_file(server, load, tmp_path, behaviour, words):
    server.behaviour = behaviour
    with pytest.raises(ValueError, match=f"{server.url}/bee.npy.*{words}"):
        load(per_class=5)
    assert not (tmp_path / "cache").exists()


def test_a_page_in_the_middle_of_a_download_leaves_the_cache_sound(server, load):
    load(per_class=5)
    server.behaviour = "html"
    with pytest.raises(ValueError, match="bee.npy answers with a web page"):
        load(per_class=10)
    server.behaviour = "range"
    np.testing.assert_array_equal(load(per_class=10).images, rows_of("bee")[:10])


@pytest.mark.parametrize("behaviour, words", [("any bytes", "it starts with b'The serv"), ("gzip", "Encoding 'gzip'")])
@pytest.mark.parametrize("split", ["train", "test"])
def test_bytes_that_are_not_the_files_are_kept_nowhere(server, load, tmp_path, behaviour, words, split):
    load(per_class=2)
    server.behaviour = behaviour
    with pytest.raises(ValueError, match=f"{server.url}/bee.npy .*{words}"):
        load(per_class=10, split=split)
    server.behaviour = "range"
    expected = rows_of("bee")[:10] if split == "train" else rows_of("bee")[54:]
    np.testing.assert_array_equal(load(per_class=10, split=split).images, expected)
    server.behaviour = behaviour
    with pytest.raises(ValueError, match="frog.npy"):
        load(["frog"])
    assert not list((tmp_path / "cache").glob("frog*"))


def test_a_server_may_keep_the_size_to_itself(server, load):
    server.behaviour = "tells no size"
    np.testing.assert_array_equal(load(per_class=5).images, rows_of("bee")[:5])
    np.testing.assert_array_equal(load(per_class=None).images, rows_of("bee"))


@pytest.mark.parametrize("validator", ["ETag", "Last-Modified"])
@pytest.mark.parametrize("behaviour", ["range", "ignores range"])
def test_a_file_of_the_same_size_in_its_place_is_not_mixed_with_it(server, load, tmp_path, validator, behaviour):
    server.validator = validator
    load(per_class=5)
    server.files["bee"], server.behaviour = bitmap_file(ROWS, seed=99), behaviour
    held = (tmp_path / "cache" / "bee.npy.part").read_bytes()
    for arguments in ({"per_class": 10}, {"split": "test"}):
        with pytest.raises(ValueError, match="has changed since its header was read: .* delete .*bee.npy"):
            load(**arguments)
    assert (tmp_path / "cache" / "bee.npy.part").read_bytes() == held
    np.testing.assert_array_equal(load(per_class=5).images, rows_of("bee")[:5])


def test_parts_of_another_version_are_let_go_of(server, load, tmp_path):
    load(split="test")
    server.files["bee"] = bitmap_file(ROWS, seed=99)
    (tmp_path / "cache" / "bee.npy.part").unlink()
    rows = np.frombuffer(server.files["bee"][128:], np.uint8).reshape(-1, 28, 28, 1)
    np.testing.assert_array_equal(load(split="test").images, rows[54:])


def test_a_server_without_versions(server, load):
    server.validator = None
    load(per_class=5)
    np.testing.assert_array_equal(load(per_class=10).images, rows_of("bee")[:10])


def test_a_cached_part_that_is_too_long_is_fetched_anew(load, tmp_path):
    load(split="test")
    load(per_class=2)
    for name, arguments in (("bee.npy.part", {"per_class": 5}), ("bee.npy.from-54.part", {"split": "test"})):
        expected = load(**arguments).images
        with (tmp_path / "cache" / name).open("r+b") as file:
            file.seek(200)
            file.write(bytes(50_000))
        np.testing.assert_array_equal(load(**arguments).images, expected)


def test_a_file_that_became_shorter(server, load):
    load(per_class=5)
    server.files["bee"] = FILES["bee"][:500]
    with pytest.raises(ValueError, match="bee.npy .*has changed|ends before byte 4,048"):
        load(per_class=10)


def test_a_header_of_four_gigabytes_is_not_read(server, load):
    server.files["bee"] = b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + bytes(5000)
    with pytest.raises(ValueError, match="bee.npy has a damaged .npy header: 4,294,967,295 bytes"):
        load()
    assert server.sent == 128


def test_a_class_that_the_server_lacks(server, load):
    del server.files["bee"]
    with pytest.raises(FileNotFoundError, match=f"{server.url}/bee.npy: the server answers 404"):
        load()


def test_a_truncated_or_changed_file_on_the_server(server, load):
    server.files["bee"] = FILES["bee"][:-1]
    with pytest.raises(ValueError, match="bee.npy has 47,167 bytes, but its header says 47,168"):
        load(per_class=5)
    server.files["bee"] = FILES["bee"]
    load(per_class=5)
    server.files["bee"] = bitmap_file(ROWS + 1)
    with pytest.raises(ValueError, match="has changed"):
        load(per_class=10)


def test_a_damaged_cache_is_fetched_anew(load, tmp_path):
    load(per_class=5)
    for content in (b"", b"rubbish" * 100, FILES["bee"][:40]):
        (tmp_path / "cache" / "bee.npy.part").write_bytes(content)
        np.testing.assert_array_equal(load(per_class=6).images, rows_of("bee")[:6])


@pytest.mark.parametrize("damage", [b"\xff", bytes(2000)])
@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("place", [90, 130, 2000, -1])
def test_a_part_that_was_damaged_later_is_fetched_anew(server, load, tmp_path, monkeypatch, damage, split, place):
    monkeypatch.setattr(_checked_part, "BLOCK", 1024)
    name = "bee.npy.part" if split == "train" else "bee.npy.from-54.part"
    expected = load(split=split).images
    with (tmp_path / "cache" / name).open("r+b") as file:
        file.seek(place % (54 * 784 if split == "train" else 6 * 784))
        file.write(damage)
    before = server.sent
    np.testing.assert_array_equal(load(split=split).images, expected)
    assert server.sent > before
    before = server.sent
    np.testing.assert_array_equal(load(split=split).images, expected)
    np.testing.assert_array_equal(load(split=split, per_class=1).images, expected[:1])
    assert server.sent == before


def test_only_what_follows_the_damage_is_fetched(server, load, tmp_path, monkeypatch):
    monkeypatch.setattr(_checked_part, "BLOCK", 1024)
    expected, before = load().images, server.sent
    with (tmp_path / "cache" / "bee.npy.part").open("r+b") as file:
        file.seek(10_000)
        file.write(bytes(9))
    np.testing.assert_array_equal(load(per_class=5).images, expected[:5])  # before the damage
    assert server.sent == before
    np.testing.assert_array_equal(load().images, expected)
    assert server.sent - before == len(FILES["bee"]) - 10_000 // 1024 * 1024


def test_bytes_count_as_there_only_when_they_are_on_the_disk(server, load, tmp_path, monkeypatch):
    """After a power cut a file may have its size, but zeros at its end."""
    load(per_class=5)
    held, sums = tmp_path / "cache" / "bee.npy.part", tmp_path / "cache" / "bee.npy.sums"
    before = sums.read_bytes()
    load(per_class=50)
    sums.write_bytes(before)
    held.write_bytes(held.read_bytes()[:5000] + bytes(40_000))
    np.testing.assert_array_equal(load().images, rows_of("bee"))
    synced = []
    monkeypatch.setattr(_checked_part, "write_json", lambda *_: synced.append("sums"))
    monkeypatch.setattr(os, "fsync", lambda _: synced.append("bytes"))
    with _checked_part.Appending(tmp_path / "a.part", 0) as file:
        file.append(b"rows")
    assert synced == ["bytes", "sums"] * 2


@pytest.mark.parametrize("sums", [None, b"", b"[9]", b'["a", "b"]', b"[1e9, [3]]"])
def test_files_without_checksums_are_used_and_get_them(server, load, tmp_path, sums):
    """Without, as older versions wrote them; damaged checksums are as damaged files."""
    load(per_class=5)
    path = tmp_path / "cache" / "bee.npy.sums"
    path.unlink() if sums is None else path.write_bytes(sums)
    before = server.sent
    np.testing.assert_array_equal(load(per_class=5).images, rows_of("bee")[:5])
    assert (server.sent == before) == (sums is None)
    np.testing.assert_array_equal(load().images, rows_of("bee"))
    (tmp_path / "cache" / "bee.npy.part").write_bytes(FILES["bee"][:-5] + bytes(5))
    np.testing.assert_array_equal(load().images, rows_of("bee"))


def test_a_full_disk_keeps_what_was_written(server, load, monkeypatch):
    load(per_class=5)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))  # of a file
    try:
        with pytest.raises(OSError, match="File too large: .*bee.npy.part"):
            load(per_class=50)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    sent = server.sent
    np.testing.assert_array_equal(load(per_class=50).images, rows_of("bee")[:50])
    assert server.sent - sent == 128 + 784 * 50 - 20_000


def test_names_with_blanks_and_the_folder_of_the_user(server, monkeypatch, tmp_path):
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda *_, **__: str(tmp_path / "user"))
    quickdraw(["The Eiffel Tower"], 2, base_url=server.url + "/", verbose=0)
    assert server.requests[0][0] == "The Eiffel Tower"
    assert (tmp_path / "user" / "quickdraw" / "The Eiffel Tower.npy.part").stat().st_size == 128 + 784 * 2


def test_one_bar_over_all_classes(load, capfd):
    load(["bee", "frog"], per_class=50, verbose=1)
    bar = capfd.readouterr().err
    assert bar.count("100%") == 1
    assert "78.4k/78.4k" in bar or "78.2k/78.2k" in bar


def test_a_named_folder_comes_before_the_network(server, load, tmp_path):
    with pytest.raises(FileNotFoundError, match="lacks 'bee.npy'"):
        load(data_dir=tmp_path)
    assert len(load(source="network", per_class=2).images) == 2
    assert server.requests


def test_a_server_that_is_not_there_is_named_without_a_number(tmp_path, monkeypatch):
    monkeypatch.setattr(_download, "BACKOFF", 0)
    with pytest.raises(
        ConnectionError, match=r"bee.npy: the connection failed 4 times \(Connection refused\); 0 bytes"
    ):
        quickdraw(["bee"], per_class=1, source="network", cache_dir=tmp_path, base_url="http://127.0.0.1:9", verbose=0)
