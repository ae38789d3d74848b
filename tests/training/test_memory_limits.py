"""How much memory a process may still take is read from the files of the system."""

from pathlib import Path

import keras
import pytest

from pixelcnn.backend import device, device_names, has_accelerator, names_in_use, use_devices
from pixelcnn.training.memory_limits import _of_groups, _of_machine, available_memory


def group(path, limit, used, stat="inactive_file 0", names=("memory.max", "memory.current")):
    path.mkdir(parents=True, exist_ok=True)
    for name, text in zip((*names, "memory.stat"), (limit, used, stat), strict=True):
        (path / name).write_text(f"{text}\n")


def left(root, membership, text):
    membership.write_text(text)
    return [count for count in _of_groups(root, membership) if count is not None]


def test_a_group_and_the_groups_around_it_limit_a_process(tmp_path):
    root, membership = tmp_path / "groups", tmp_path / "cgroup"
    group(root / "jobs" / "job", "max", 700)
    group(root / "jobs", 1000, 800, "active_file 7\ninactive_file 50")
    assert left(root, membership, "0::/jobs/job\n") == [250]
    assert left(root, membership, "0::/elsewhere\n") == []  # the root has no limit


def test_in_a_container_the_root_is_the_group(tmp_path):
    root, membership = tmp_path / "groups", tmp_path / "cgroup"
    group(root, 1000, 1200)
    assert left(root, membership, "0::/not/mounted\n") == [0]


def test_groups_of_version_1(tmp_path):
    root, membership = tmp_path / "groups", tmp_path / "cgroup"
    names = ("memory.limit_in_bytes", "memory.usage_in_bytes")
    group(root / "memory" / "job", 1000, 600, "total_inactive_file 100", names)
    assert left(root, membership, "5:devices:/other\n4:memory:/job\n") == [500]


def test_without_groups_nothing_limits(tmp_path):
    assert list(_of_groups(tmp_path, tmp_path / "missing")) == []


@pytest.mark.skipif(not Path("/proc/meminfo").exists() or has_accelerator(), reason="Linux without an accelerator")
def test_the_machine_has_memory():
    machine = _of_machine()
    assert 0 < machine < 2**50
    assert 0 < available_memory() <= 1.5 * machine


def test_the_device_in_use_with_the_least_memory_counts(monkeypatch):
    monkeypatch.setattr(device, "_free_by_name", lambda: {"gpu:0": 7, "gpu:1": 5, "gpu:2": 3})
    assert device.free_device_memory() == 7
    assert device.free_device_memory(("gpu:0", "gpu:1")) == 5
    monkeypatch.setattr(device, "_free_by_name", dict)
    assert device.free_device_memory(("gpu:0",)) is None


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="tests/test_devices.py asks TensorFlow in its own process")
@pytest.mark.quick
def test_devices_that_were_chosen_are_in_use():
    assert names_in_use() == ()
    try:
        assert use_devices(device_names()[:1]) == names_in_use()
    finally:
        use_devices(1)
