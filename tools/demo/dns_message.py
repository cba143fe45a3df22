"""Just enough DNS for the demo's client: a query for A records, and the addresses in its reply."""

import dataclasses
import socket
import struct

TYPE_A = 1
CLASS_IN = 1
NOERROR = 0
_RECURSION_DESIRED = 0x0100
_HEADER = struct.Struct("!6H")
_RECORD = struct.Struct("!HHIH")


@dataclasses.dataclass(frozen=True)
class Reply:
    rcode: int
    addresses: list[str]


def build_query(message_id: int, name: str) -> bytes:
    labels = [label.encode("ascii") for label in name.rstrip(".").split(".")]
    qname = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    return _HEADER.pack(message_id, _RECURSION_DESIRED, 1, 0, 0, 0) + qname + struct.pack("!HH", TYPE_A, CLASS_IN)


def read_reply(message: bytes, query: bytes) -> Reply | None:
    """None when it is no reply to `query` or breaks off."""
    try:
        message_id, flags, _, answers, _, _ = _HEADER.unpack_from(message)
        question = query[_HEADER.size:]
        if message_id != int.from_bytes(query[:2], "big") or not flags & 0x8000:
            return None
        if message[_HEADER.size:len(query)] != question:
            return None
        addresses = _addresses(message, len(query), answers)
    except (struct.error, IndexError, OSError):
        return None
    return Reply(flags & 0xF, addresses)


def _addresses(message: bytes, offset: int, records: int) -> list[str]:
    found = []
    for _ in range(records):
        offset = _after_name(message, offset)
        rr_type, rr_class, _, length = _RECORD.unpack_from(message, offset)
        offset += _RECORD.size
        if (rr_type, rr_class) == (TYPE_A, CLASS_IN):
            found.append(socket.inet_ntoa(message[offset:offset + length]))
        offset += length
    return found


def _after_name(message: bytes, offset: int) -> int:
    while message[offset]:
        if message[offset] >= 0xC0:  # a compression pointer ends the name
            return offset + 2
        offset += message[offset] + 1
    return offset + 1
