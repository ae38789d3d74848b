"""A folder of parts holds whole parts of one job, whatever interrupts its writers."""

import os

import numpy as np
import pytest

from pixelcnn.files import write_json
from pixelcnn.shards.folder import PartFolder

JOB = {"kind": "tests", "count": 5, "part_size": 3}
SYNCS = 2 + 2 * 4  # file and folder, of the manifest, and of two parts and their checksums


def write(path):
    """Write the parts of the job that are not whole."""
    job = PartFolder.of_job(path, JOB)
    for part in job.missing():
        job.write(part, values=np.array(job.images_of(part)) ** 2)
    return job


def content(path):
    return {file.name: file.read_bytes() for file in path.iterdir()}


def test_parts_hold_all_images_once(tmp_path):
    first, second = write(tmp_path).read()
    assert first["numbers"].tolist() == [0, 1, 2] and second["numbers"].tolist() == [3, 4]
    assert second["values"].tolist() == [9, 16]


@pytest.mark.parametrize("moment", range(1, SYNCS + 1))
def test_an_interrupt_at_any_moment_leaves_whole_files(moment, tmp_path, monkeypatch):
    sync, calls, expected = os.fsync, [], content(write(tmp_path / "expected").path)

    def interrupted(file):
        calls.append(file)
        if len(calls) == moment:
            raise KeyboardInterrupt
        sync(file)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(os, "fsync", interrupted)
        write(tmp_path / "job")
    left = content(tmp_path / "job")
    assert left.items() <= expected.items()
    write(tmp_path / "job")
    assert content(tmp_path / "job") == expected
    assert len(calls) == moment


def test_a_job_that_lost_its_folder_to_another_job_stops(tmp_path):
    job = write(tmp_path)
    before = content(tmp_path)
    write_json(tmp_path / "manifest.json", JOB | {"count": 6})
    with pytest.raises(ValueError, match=r"another job.*count .there 6, now 5."):
        job.write(0, values=np.zeros(3))
    assert content(tmp_path)["part-00000.npz"] == before["part-00000.npz"]
    assert PartFolder.at(tmp_path).missing() == [0, 1]


@pytest.mark.parametrize("manifest", ["{", "[]", "{}", '{"count": 0, "part_size": 1}', '{"count": 1}'])
def test_a_damaged_manifest_is_an_error_that_names_it(manifest, tmp_path):
    (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(ValueError, match=r"manifest\.json"):
        PartFolder.at(tmp_path)
