"""How does a run appear?  All at once, or not at all.

A run is written into a hidden folder beside its place and moved there by one rename when it is done.  Where an older
run of the same period stands, the two are exchanged in one step of the file system (Linux `renameat2`, macOS
`renamex_np`); where the file system cannot, the older one is set aside for the moment between two renames, and a run
that finds one set aside (a kill in just that moment) puts it back.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

STAGING, ASIDE = ".staging-", ".aside-"


class Busy(OSError):
    """Another run holds the lock."""

    exit_code = 3


@contextlib.contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold a lock for as long as the `with` lasts; the system frees it when the process ends in whatever way."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+") as file:
        try:
            _seize(file)
        except OSError:
            file.seek(0)
            who = file.read().strip() or "another process"
            raise Busy(f"another run holds the lock {path} ({who}); wait for it, or end it") from None
        file.truncate(0)
        file.write(f"process {os.getpid()}")
        file.flush()
        yield


def _seize(file) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def sweep(home: Path) -> None:
    """Clear what runs that were killed left behind; call it under the lock."""
    for left in home.glob(f"{ASIDE}*"):
        place = home / left.name.removeprefix(ASIDE)
        if place.exists():
            remove(left)
        else:
            left.rename(place)
    for left in home.glob(f"{STAGING}*"):
        remove(left)


@contextlib.contextmanager
def staging(home: Path) -> Iterator[Path]:
    """A folder beside the published runs to write the next one in; it is gone afterwards, published or not."""
    path = Path(tempfile.mkdtemp(prefix=STAGING, dir=home))
    umask = os.umask(0)
    os.umask(umask)
    path.chmod(0o777 & ~umask)  # mkdtemp closes it to others; a published page is for others
    try:
        yield path
    finally:
        remove(path)


def publish(staged: Path, place: Path) -> None:
    """Put a finished run in its place, in one step; an older run there is gone afterwards."""
    if not place.exists():
        staged.rename(place)
    elif _exchange(staged, place):
        remove(staged)
    else:
        aside = place.with_name(ASIDE + place.name)
        place.rename(aside)
        staged.rename(place)
        remove(aside)


def point(link: Path, name: str) -> None:
    """Let the symbolic link say `name`, in one step."""
    new = link.with_name(f".{link.name}-new")
    new.unlink(missing_ok=True)
    new.symlink_to(name, target_is_directory=True)
    new.replace(link)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two names atomically; False where this system or file system cannot."""
    names = os.fsencode(one), os.fsencode(other)
    try:
        library = ctypes.CDLL(None)
        if sys.platform == "linux":
            here = -100  # AT_FDCWD; both paths are taken as they stand
            return library.renameat2(here, names[0], here, names[1], 2) == 0  # RENAME_EXCHANGE
        if sys.platform == "darwin":
            return library.renamex_np(*names, 2) == 0  # RENAME_SWAP
    except (OSError, AttributeError, TypeError):
        pass
    return False


def remove(path: Path) -> None:
    """Remove a folder, even while a process that was just killed still finishes a write in it."""
    for _ in range(3):
        shutil.rmtree(path, ignore_errors=True)
        if not path.exists():
            return
