"""Whether a file ends where its own structure says it should, found without decoding anything."""

from pathlib import Path
from typing import BinaryIO

_EBML = b"\x1aE\xdf\xa3"
_SEGMENT = b"\x18S\x80g"
_FIRST_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"styp")


def kind_of(path: Path) -> str:
    """ "mp4" (or MOV), "avi", "matroska" (or WebM) by the first bytes, "" for anything else."""
    with path.open("rb") as file:
        head = file.read(16)
    if head[:4] == _EBML:
        return "matroska"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    return "mp4" if head[4:8] in _FIRST_BOXES else ""


def is_cut_off(path: Path) -> bool:
    """Whether the end of an MP4, MOV, AVI, MKV or WebM file is missing or overwritten.

    False as well for files of any other kind.
    """
    size = path.stat().st_size
    kind = kind_of(path)
    with path.open("rb") as file:
        if kind == "matroska":
            return _matroska_end(file) > size
        if kind == "avi":
            return _chunks_overrun(file, size)
        return kind == "mp4" and _boxes_overrun(file, size)


def _boxes_overrun(file: BinaryIO, size: int) -> bool:
    """ISO/IEC 14496-12: every box begins with its length (32 or 64 bits) and a type of four
    letters."""
    at = 0
    while at < size:
        file.seek(at)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        elif length == 0:
            length = size - at  # the last box may reach to the end of the file
        if length < 8 or not head[4:8].isascii() or not head[4:8].strip(b"\0"):
            return True
        at += length
    return at > size


def _chunks_overrun(file: BinaryIO, size: int) -> bool:
    """AVI: RIFF chunks follow each other; recorders that never closed the file leave length 0."""
    at = 0
    while at + 8 <= size:
        file.seek(at)
        head = file.read(8)
        if head[:4] != b"RIFF":
            return False  # some programs add other things behind the video
        length = int.from_bytes(head[4:8], "little")
        if length == 0:
            return True
        if at + 8 + length > size:
            return True
        at += 8 + length + length % 2
    return False


def _matroska_end(file: BinaryIO) -> int:
    """Where the segment ends; 0 where the file leaves that open, as live recordings do."""
    file.seek(4)
    header = _length(file)
    file.seek(file.tell() + (header or 0))
    if file.read(4) != _SEGMENT:
        return 0
    length = _length(file)
    return 0 if length is None else file.tell() + length


def _length(file: BinaryIO) -> int | None:
    """An EBML length: the number of leading zero bits says how many more bytes follow."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    more = 8 - first[0].bit_length()
    value = int.from_bytes(bytes([first[0] & (0x7F >> more)]) + file.read(more), "big")
    return None if value == (1 << 7 * (more + 1)) - 1 else value
