"""A folder of parts that several processes write: the manifest of the whole job, and parts with their checksums.

`manifest.json` describes the job, and every process writes the same text. Part 3 is `part-00003.npz`, and
`part-00003.sha256` has the checksums of this part and of the manifest, in the format of `sha256sum --check`. A file of
its own has the checksums, because processes cannot change one file together without a lock.
"""

import hashlib
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from pixelcnn import require
from pixelcnn.files import open_file, read_json, read_text, require_writable, write_bytes, write_json, write_text

MANIFEST = "manifest.json"
SIZES = ("count", "part_size")  # entries of every manifest: the number of images of the job and of a part
PART_SIZE = 1024  # images of a part: four batches of `sample`, and less than a minute of work in most cases


@dataclass(frozen=True)
class PartFolder:
    """The folder of a job.

    Args:
        path: The folder.
        manifest: The description of the job: a dictionary of what JSON can hold, with the entries `SIZES`.
    """

    path: Path
    manifest: dict[str, Any]

    @classmethod
    def of_job(cls, path: str | os.PathLike[str], manifest: dict[str, Any]) -> Self:
        """Begin a job, or go on with it.

        Args:
            path: The folder, which may be new, be empty, or hold parts of this job.
            manifest: See `PartFolder`.

        Raises:
            ValueError: If the folder holds another job or other files.
            OSError: If the folder cannot be written.
        """
        folder = cls(require.path("folder", path), manifest)
        if folder.path.exists() and not folder.path.is_dir():
            raise ValueError(f"folder={str(path)!r} is a file: expected a folder.")
        require_writable("folder", path)
        others = sorted(file.name for file in folder.path.glob("[!.]*"))  # hidden files may be temporary files
        if not (folder.path / MANIFEST).exists():  # every process writes the manifest before a part
            if others:
                raise ValueError(
                    f"folder={str(path)!r} does not fit: expected a new or an empty folder, or one with a {MANIFEST}, "
                    f"but it holds {require.listed(others, 3)}."
                )
            write_json(folder.path / MANIFEST, manifest)
        folder.check()
        return folder

    @classmethod
    def at(cls, path: str | os.PathLike[str], kind: str | None = None) -> Self:
        """Return the folder of a job that was begun.

        Args:
            path: The folder.
            kind: The kind of the job, which its manifest must have; None for any kind.

        Raises:
            ValueError: If the folder has no manifest, or one of another kind.
            OSError: If the manifest cannot be read.
        """
        folder = require.path("folder", path)
        if not (folder / MANIFEST).exists():
            raise ValueError(f"folder={str(path)!r} does not fit: expected a folder with a {MANIFEST}.")
        manifest = read_json(folder / MANIFEST)
        if not isinstance(manifest, dict) or kind not in (None, manifest.get("kind")):
            expected = "a job" if kind is None else f"a job of kind {kind!r}"
            raise ValueError(f"{folder / MANIFEST} does not fit: expected {expected}.")
        for name in SIZES:
            require.positive_integer(f"{name} of {folder / MANIFEST}", manifest.get(name))
        return cls(folder, manifest)

    def check(self) -> None:
        """Check that the manifest in the folder is the one of this job.

        Raises:
            ValueError: If it is not; the error names what differs.
        """
        theirs = self.at(self.path).manifest
        names = [name for name in {**theirs, **self.manifest} if theirs.get(name) != self.manifest.get(name)]
        if names:
            values = [
                f"{name} (there {_short(theirs.get(name))}, now {_short(self.manifest.get(name))})" for name in names
            ]
            raise ValueError(
                f"folder={str(self.path)!r} holds the parts of another job: expected a new folder, or equal "
                f"{', '.join(values)}."
            )

    @property
    def parts(self) -> range:
        """The numbers of all parts."""
        return range(-(-self.manifest["count"] // self.manifest["part_size"]))

    def parts_of(self, shard: tuple[int, int]) -> range:
        """Return the parts of shard i of n: i, i + n, i + 2 n, …

        Args:
            shard: i and n.
        """
        return self.parts[shard[0] :: shard[1]]

    def images_of(self, part: int) -> range:
        """Return the numbers of the images of a part.

        Args:
            part: Number of the part.
        """
        return range(self.manifest["count"])[part * self.manifest["part_size"] :][: self.manifest["part_size"]]

    def file(self, part: int) -> Path:
        """Return the path of a part.

        Args:
            part: Number of the part.
        """
        return self.path / f"part-{part:05d}.npz"

    def missing(self, parts: range | None = None) -> list[int]:
        """Return the parts that are absent or damaged.

        Args:
            parts: The parts to look at; None for all.
        """
        return [part for part in self.parts if (parts is None or part in parts) and self._content(part) is None]

    def write(self, part: int, **arrays: Any) -> None:
        """Write a part, and then its checksum, without which a part does not count.

        Args:
            part: Number of the part.
            arrays: The arrays of the part; the numbers of its images are added.

        Raises:
            ValueError: If another job has taken the folder meanwhile.
            OSError: If a file cannot be written.
        """
        self.check()
        content = io.BytesIO()
        np.savez(
            content, numbers=np.array(self.images_of(part)), **arrays
        )  # without times, so equal arrays give equal bytes
        write_bytes(self.file(part), content.getvalue())
        write_text(self._checksum_file(part), self._checksums(part, content.getvalue()))

    def read(self) -> Iterator[dict[str, np.ndarray]]:
        """Yield the arrays of each part, in the order of the images.

        Raises:
            ValueError: If a part is absent or damaged.
        """
        for part in self.parts:
            content = self._content(part)
            if content is None:
                raise ValueError(f"{self.file(part)} is absent or damaged: expected all {len(self.parts)} parts.")
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                yield dict(arrays)

    def _checksum_file(self, part: int) -> Path:
        return self.file(part).with_suffix(".sha256")

    def _checksums(self, part: int, content: bytes) -> str:
        manifest = (self.path / MANIFEST).read_bytes()
        return f"{_sha256(content)}  {self.file(part).name}\n{_sha256(manifest)}  {MANIFEST}\n"

    def _content(self, part: int) -> bytes | None:
        """The bytes of a part, or None if it is absent or damaged."""
        try:
            checksums = read_text(self._checksum_file(part))
            with open_file(self.file(part)) as file:
                content = file.read()
        except (FileNotFoundError, ValueError):  # a checksum file that is no text
            return None
        return content if checksums == self._checksums(part, content) else None


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _short(value: Any) -> str:
    return require.short(value, 40)
