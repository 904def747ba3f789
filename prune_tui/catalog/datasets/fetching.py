"""Fetches an archive from the first mirror that works, and names it only once its checksum is right."""

import hashlib
import http.client
import os
import urllib.request
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Final, cast
from urllib.parse import urlsplit

from prune_tui.catalog.paths import is_file, is_folder
from prune_tui.core.errors import DataError
from prune_tui.core.run.events import DataProgress

CHUNK_BYTES: Final = 1 << 17
TIMEOUT_SECONDS: Final = 20.0


def fetch(urls: Sequence[str], path: Path, *, md5: str, hint: str) -> Generator[DataProgress, None, None]:
    """Fetch the archive with this checksum to `path`, trying the mirrors in turn; skip it if it is there.

    Bytes go to a `.part` file beside it, which is renamed if the checksum is right, and removed if not.
    `hint` ends the error message if no mirror works.

    Raises:
        DataError: no mirror has the archive, the folder is not writable, or a damaged file is at `path`.
    """
    if is_file(path):
        try:
            is_whole = md5_of(path) == md5
        except OSError as error:
            raise DataError(f"can't read {path}: {error.strerror}") from None
        if is_whole:
            return
        raise DataError(f"{path} is damaged (its checksum is wrong): remove it, and it will be fetched again")
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    problems = []
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for url in urls:
            try:
                yield from _fetch_from(url, part, md5)
            except _MirrorError as error:
                problems.append(f"{urlsplit(url).netloc}: {error}")
            else:
                part.replace(path)
                return
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"can't write {path}: {reason}; choose another data folder") from None
    finally:
        if is_folder(path.parent):
            part.unlink(missing_ok=True)
    raise DataError(f"can't fetch {path.name} ({'; '.join(problems)}): {hint}")


def md5_of(path: Path) -> str:
    """Return the MD5 checksum of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


class _MirrorError(Exception):
    """One mirror failed; another may do."""


def _fetch_from(url: str, part: Path, md5: str) -> Generator[DataProgress, None, None]:
    """Copy one mirror's bytes to `part`.

    An OSError that leaves here comes from the disk, not from the network. `part` is created anew, so that
    nothing is written through a link.
    """
    digest = hashlib.md5(usedforsecurity=False)
    done = 0
    part.unlink(missing_ok=True)
    with _opened(url) as response, part.open("xb") as file:
        what = f"fetching {url.rpartition('/')[2]}"
        total = response.length
        while chunk := _next_chunk(response):
            file.write(chunk)
            digest.update(chunk)
            done += len(chunk)
            yield DataProgress(what, done, total)
    if total is not None and done != total:
        raise _MirrorError(f"ended after {done:,} of {total:,} bytes")
    if digest.hexdigest() != md5:
        raise _MirrorError("sent a file with the wrong checksum")


def _opened(url: str) -> http.client.HTTPResponse:
    request = urllib.request.Request(url, headers={"User-Agent": "prune-tui"})
    try:
        return cast(http.client.HTTPResponse, urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS))
    except (OSError, http.client.HTTPException) as error:
        raise _MirrorError(_one_line(error)) from None


def _next_chunk(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.read(CHUNK_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise _MirrorError(_one_line(error)) from None


def _one_line(error: Exception) -> str:
    """Say why, without urllib's brackets and errno."""
    reason = getattr(error, "reason", error)
    text = getattr(reason, "strerror", None) or str(reason) or type(error).__name__
    return " ".join(text.split())
