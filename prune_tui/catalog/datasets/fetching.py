"""Fetches an archive from the first mirror that works, and names it only once its checksum is right."""

import hashlib
import http.client
import os
import urllib.request
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, cast
from urllib.parse import urlsplit

from prune_tui.catalog.paths import is_file, is_folder
from prune_tui.core.errors import DataError
from prune_tui.core.run.events import DataProgress

CHUNK_BYTES: Final = 1 << 17
TIMEOUT_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Checksum:
    """How the checksum of a file begins, in hexadecimal; names often hold the first digits of a SHA-256."""

    kind: Literal["md5", "sha256"]
    start: str

    def digest(self) -> "hashlib._Hash":
        """Return a new digest of this kind."""
        return hashlib.new(self.kind, usedforsecurity=False)

    def is_of(self, path: Path) -> bool:
        """Say whether this is the checksum of a file."""
        with path.open("rb") as file:
            return hashlib.file_digest(file, self.digest).hexdigest().startswith(self.start)


def fetch(
    urls: Sequence[str], path: Path, *, checksum: Checksum, hint: str
) -> Generator[DataProgress, None, None]:
    """Fetch the archive with this checksum to `path`, trying the mirrors in turn; skip it if it is there.

    Bytes go to a `.part` file beside it, which is renamed if the checksum is right, and removed if not.
    `hint` ends the error message if no mirror works.

    Raises:
        DataError: no mirror has the archive, the folder is not writable, or a damaged file is at `path`.
    """
    if is_file(path):
        try:
            is_whole = checksum.is_of(path)
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
                yield from _fetch_from(url, part, checksum)
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


class _MirrorError(Exception):
    """One mirror failed; another may do."""


def _fetch_from(url: str, part: Path, checksum: Checksum) -> Generator[DataProgress, None, None]:
    """Copy one mirror's bytes to `part`.

    An OSError that leaves here comes from the disk, not from the network. `part` is created anew, so that
    nothing is written through a link.
    """
    digest = checksum.digest()
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
    if not digest.hexdigest().startswith(checksum.start):
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
