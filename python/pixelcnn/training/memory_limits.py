"""The memory that this process may still take: of the accelerator, or of the machine and its control groups."""

import os
from pathlib import Path

from pixelcnn.backend import free_device_memory, has_accelerator, names_in_use

GROUPS = "/sys/fs/cgroup"
# The files with the limit and the use of a control group, relative to its folder: version 2, then version 1.
LIMITS = (("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes"))
# Pages of files that are counted as used, and that the system frees before a process runs out of memory.
FREED = ("inactive_file", "total_inactive_file")


def available_memory() -> int | None:
    """Return the bytes that this process may still take on the device that it computes on; None if nothing says so.

    On an accelerator this is what the backend says; of several in use, the one with the least memory counts. On a
    processor this is the least of what the machine has available and what each control group (the limit of a container
    or a job) has left. Windows does not say it.
    """
    if has_accelerator():
        return free_device_memory(names_in_use())
    return min((count for count in (_of_machine(), *_of_groups()) if count is not None), default=None)


def _of_machine(path="/proc/meminfo"):
    """The bytes that are available on Linux; all memory of the machine elsewhere, where only this number is known."""
    try:
        lines = dict(line.split(":", 1) for line in Path(path).read_text().splitlines())
        return 1024 * int(lines["MemAvailable"].split()[0])
    except (OSError, KeyError, ValueError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _of_groups(root=GROUPS, membership="/proc/self/cgroup"):
    """What the control groups of this process, and the groups around them, have left, in bytes."""
    try:
        lines = Path(membership).read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(",") or not controllers:
            base = Path(root, "memory") if controllers else Path(root)
            # In a container the path of the group may not exist: the root of the file system is then its group.
            group = Path(path.lstrip("/"))
            for folder in (base / group, *(base / parent for parent in group.parents)):
                yield _left_in(folder)


def _left_in(folder):
    """What a control group has left, in bytes; None without a limit."""
    for limit, used in LIMITS:
        try:
            left = int((folder / limit).read_text()) - int((folder / used).read_text())
            statistics = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        except (OSError, ValueError):  # a version 2 group without a limit has the word "max"
            continue
        return max(0, left + max((int(statistics[name]) for name in FREED if name in statistics), default=0))
    return None
