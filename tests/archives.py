"""ZIP archives taken apart and put together, for tests of damaged model files."""

import io
import zipfile

import h5py


def members(path):
    """The members of an archive: a dictionary of bytes."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path, contents, compression=zipfile.ZIP_STORED):
    """Write an archive of such members, with checksums that fit."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


def hdf5(change=lambda file: None, content=None):
    """The bytes of an HDF5 file, an empty one or `content`, after a change."""
    buffer = io.BytesIO(content or b"")
    with h5py.File(buffer, "r+" if content else "w") as file:
        change(file)
    return buffer.getvalue()


def encrypted(content):
    """An archive whose members say that they are encrypted."""
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = content.find(signature)
        while start >= 0:
            content = content[: start + offset] + b"\x01" + content[start + offset + 1 :]
            start = content.find(signature, start + 4)
    return content
