"""The outer form of a bundle: a zip file with nothing packed, and only one way to write each content.

Any tool that opens zip files shows what is in it. It is read without such a tool: what is read is written
again, and a file that differs from that by one byte is none of ours. So there are no two readings of it, no
room between the files, nothing to unpack, and nothing that a clever hand could hide.
"""

from __future__ import annotations

import re
import stat
import struct
import zlib
from typing import TYPE_CHECKING

from postloan_rules.bundles.invalid import wrong
from postloan_rules.policy.reader import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["MAX_BUNDLE", "MAX_FILES", "is_safe", "read", "write"]

MAX_BUNDLE = 1 << 25
MAX_FILES = 1_000
MAX_NAME = 240
_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_NEEDED, _MADE_BY = 20, 3 << 8 | 20
_UTF8, _LOCKED = 0x800, 0x1
_DAY = 1 << 5 | 1
"""The first of January 1980, at which time begins in zip files."""
_ATTRIBUTES = (stat.S_IFREG | 0o644) << 16
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f\\:*?"<>|]')
_TOOL = "build it with `postloan bundle build`"


def write(files: Mapping[str, bytes]) -> bytes:
    """The bundle that holds these files: the same bytes for the same files, everywhere."""
    body, directory = bytearray(), bytearray()
    for name in sorted(files, key=str.encode):
        data, encoded = files[name], name.encode()
        check = zlib.crc32(data)
        sizes = (check, len(data), len(data), len(encoded))
        directory += _CENTRAL.pack(
            *(b"PK\x01\x02", _MADE_BY, _NEEDED, _UTF8, 0, 0, _DAY, *sizes, 0, 0, 0, 0, _ATTRIBUTES, len(body))
        )
        directory += encoded
        body += _LOCAL.pack(b"PK\x03\x04", _NEEDED, _UTF8, 0, 0, _DAY, *sizes, 0) + encoded + data
    count = len(files)
    end = _END.pack(b"PK\x05\x06", 0, 0, count, count, len(directory), len(body), 0)
    return bytes(body + directory + end)


def read(data: bytes, bundle: str) -> dict[str, bytes]:
    """The files of a bundle.

    Raises:
        BundleInvalid: when it is none, is too large, or holds what a bundle may not.
    """
    if len(data) > MAX_BUNDLE:
        message = f"the bundle has more than {MAX_BUNDLE} bytes (32 MiB)"
        raise wrong(bundle, "PR1041", message, "no policy needs so much: look where it came from")
    if not data.startswith(b"PK\x03\x04"):
        raise wrong(bundle, "PR1040", "this is no bundle", _TOOL)
    files: dict[str, bytes] = {}
    for name, content in _entries(data, bundle):
        if name in files:
            raise wrong(bundle, "PR1044", f"the file `{name}` stands twice in the bundle", _TOOL)
        if len(files) == MAX_FILES:
            message = f"the bundle holds more than {MAX_FILES} files"
            raise wrong(bundle, "PR1041", message, "split the policy")
        files[name] = content
    if write(files) != data:
        message = "the bundle was changed, cut off, or not written by this program"
        raise wrong(bundle, "PR1040", message, "fetch it again, or build it again")
    return files


def is_safe(name: str) -> bool:
    """Whether a name stays below the bundle, on every system."""
    parts = name.split("/")
    return (
        len(name.encode()) <= MAX_NAME
        and all(part not in ("", ".", "..") for part in parts)
        and _FORBIDDEN.search(name) is None
    )


def _entries(data: bytes, bundle: str) -> Iterator[tuple[str, bytes]]:
    """The files, as they stand one after the other; what is odd between them is found by writing again."""
    links = _links(data)
    at = 0
    while data.startswith(b"PK\x03\x04", at) and at + _LOCAL.size <= len(data):
        _, _, flags, method, _, _, _, packed, size, name_size, extra = _LOCAL.unpack_from(data, at)
        start = at + _LOCAL.size
        if start + name_size + extra + packed > len(data):
            return
        encoded = data[start : start + name_size]
        name = encoded.decode("utf-8", "replace")
        shown = name if name.isprintable() else repr(name)
        if method != 0 or flags & _LOCKED:
            message = f"the file `{shown}` is packed or locked, and a bundle holds its files as they are"
            raise wrong(bundle, "PR1042", message, _TOOL)
        if "\ufffd" in name or not is_safe(name):
            raise wrong(bundle, "PR1043", f"`{shown}` is not a name for a file in a bundle", _TOOL)
        if encoded in links:
            raise wrong(bundle, "PR1043", f"`{shown}` is a link or a folder, and no file", _TOOL)
        if size > MAX_BYTES:
            message = f"the file `{shown}` has more than {MAX_BYTES} bytes (1 MiB)"
            raise wrong(bundle, "PR1041", message, "split the file")
        start += name_size + extra
        yield name, data[start : start + size]
        at = start + packed


def _links(data: bytes) -> frozenset[bytes]:
    """What the directory at the end says is no file."""
    found = set()
    at = data.find(b"PK\x01\x02")
    while at >= 0 and data.startswith(b"PK\x01\x02", at) and at + _CENTRAL.size <= len(data):
        fields = _CENTRAL.unpack_from(data, at)
        name_size, extra, comment, mode = fields[10], fields[11], fields[12], fields[15] >> 16
        name = data[at + _CENTRAL.size : at + _CENTRAL.size + name_size]
        if mode and not stat.S_ISREG(mode) and stat.S_IFMT(mode):
            found.add(name)
        at += _CENTRAL.size + name_size + extra + comment
    return frozenset(found)
