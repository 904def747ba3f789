"""Keeps decoded images on disk, in the user's cache folder, for the next time that they are asked for."""

import hashlib
import os
import shutil
import time
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Self

import numpy as np
import PIL
from numpy.typing import NDArray
from platformdirs import user_cache_path

from prune_tui.catalog.models import ImageShape

RESERVED_BYTES: Final = 2 * 2**30
"""What a cache leaves free on the disk."""

DAYS_KEPT: Final = 30
"""A cache that was not opened for so long is removed when another one is opened."""

_CHECKSUM_BYTES: Final = 4


class PixelCache:
    """Images of one shape by number, each with a checksum; two processes can fill the same one.

    `pixels` is a file of all images one after another, with holes where none was stored yet. `checksums` has
    a number for each, 0 if it is not stored. A checksum is written after its image and compared at each
    read, so that no image is ever taken that was not stored whole.
    """

    def __init__(self, folder: Path, num_images: int, shape: ImageShape) -> None:
        self._shape, self._size = shape, int(np.prod(shape))
        self._is_full = False
        self._files: list[int] = []
        for name, num_bytes in (("pixels", self._size), ("checksums", _CHECKSUM_BYTES)):
            file = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
            self._files.append(file)
            os.ftruncate(file, num_images * num_bytes)

    @classmethod
    def open(cls, files: Sequence[Path], shape: ImageShape) -> Self | None:
        """Open the cache of these files in this shape, anew if one of them changed.

        None where there is no room on the disk for all of them, or no folder can be written.
        """
        root = cache_folder()
        try:
            folder = root / _key(files, shape)
            folder.mkdir(parents=True, exist_ok=True)
            os.utime(folder)
            _remove_old(root)
            missing = len(files) * int(np.prod(shape)) - _stored_bytes(folder / "pixels")
            if shutil.disk_usage(folder).free < missing + RESERVED_BYTES or not hasattr(os, "pread"):
                return None
            return cls(folder, len(files), shape)
        except OSError:
            return None

    def get(self, number: int, pixels: NDArray[np.uint8]) -> bool:
        """Copy an image to `pixels`, and say whether it was there."""
        file, checksums = self._files
        stored = os.pread(checksums, _CHECKSUM_BYTES, number * _CHECKSUM_BYTES)
        if not any(stored):
            return False
        content = os.pread(file, self._size, number * self._size)
        if len(content) != self._size or _checksum(content) != stored:
            return False
        pixels[...] = np.frombuffer(content, np.uint8).reshape(self._shape)
        return True

    def put(self, number: int, pixels: NDArray[np.uint8]) -> None:
        """Store an image; once the disk is full, nothing is stored any more."""
        if self._is_full:
            return
        file, checksums = self._files
        content = pixels.tobytes()
        try:
            if os.pwrite(file, content, number * self._size) == self._size:
                os.pwrite(checksums, _checksum(content), number * _CHECKSUM_BYTES)
        except OSError:
            self._is_full = True

    def __del__(self) -> None:
        for file in getattr(self, "_files", ()):
            os.close(file)


def cache_folder() -> Path:
    """Return the folder of all caches of decoded images; it can be removed at any time."""
    return user_cache_path("prune-tui") / "images"


def _checksum(content: bytes) -> bytes:
    """Return a checksum that is not 0."""
    return max(1, zlib.crc32(content)).to_bytes(_CHECKSUM_BYTES, "little")


def _key(files: Sequence[Path], shape: ImageShape) -> str:
    digest = hashlib.sha256(f"{PIL.__version__} {shape}".encode())
    for file in files:
        facts = file.stat()
        digest.update(os.fsencode(file.absolute()))
        digest.update(f"\0{facts.st_size} {facts.st_mtime_ns}\0".encode())
    return digest.hexdigest()[:32]


def _stored_bytes(file: Path) -> int:
    return file.stat().st_blocks * 512 if file.is_file() else 0


def _remove_old(root: Path) -> None:
    oldest = time.time() - DAYS_KEPT * 86_400
    for folder in root.iterdir():
        if folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)
