"""Makes a PNG smaller: 256 colours, the most frequent ones, each other colour becoming the one nearest to it. A page of
text and lines on a plain ground loses nothing that the eye sees.

Reads what browsers write: 8 bits a channel, RGB or RGBA, not interlaced."""

import collections
import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOURS = 256
RGB, PALETTE, RGBA = 2, 3, 6  # colour types


def with_palette(png: bytes) -> bytes:
    chunks = list(_chunks(png))
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    if depth != 8 or kind not in (RGB, RGBA) or interlaced:
        raise ValueError("not a PNG as browsers write it")
    size = 3 if kind == RGB else 4
    filtered = zlib.decompress(b"".join(content for name, content in chunks if name == b"IDAT"))
    rows = list(_unfiltered(filtered, width * size, size))
    pixels = [[row[i:i + 3] for i in range(0, len(row), size)] for row in map(bytes, rows)]
    frequent = collections.Counter(pixel for row in pixels for pixel in row).most_common()
    palette = [colour for colour, _ in frequent[:COLOURS]]
    index = {colour: number for number, colour in enumerate(palette)}
    for colour, _ in frequent[COLOURS:]:
        index[colour] = min(range(len(palette)), key=lambda number, of=colour: _distance(palette[number], of))
    lines = b"".join(b"\0" + bytes(map(index.__getitem__, row)) for row in pixels)
    return b"".join([SIGNATURE, _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, PALETTE, 0, 0, 0)),
                     _chunk(b"PLTE", b"".join(palette)), _chunk(b"IDAT", zlib.compress(lines, 9)), _chunk(b"IEND", b"")])


def _distance(one: bytes, other: bytes) -> int:
    return sum((mine - theirs) ** 2 for mine, theirs in zip(one, other))


def _chunks(png: bytes):
    """(name, content) of each."""
    at = len(SIGNATURE)
    while at < len(png):
        length, name = struct.unpack_from(">I4s", png, at)
        yield name, png[at + 8:at + 8 + length]
        at += 12 + length


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _unfiltered(data: bytes, length: int, size: int):
    """The rows as they were before filtering (PNG specification, section 9); `size` octets a pixel."""
    above = bytearray(length)
    for at in range(0, len(data), length + 1):
        row = bytearray(data[at + 1:at + 1 + length])
        undo = [None, _undo_sub, _undo_up, _undo_average, _undo_paeth][data[at]]
        if undo:
            undo(row, above, size)
        yield row
        above = row


def _undo_sub(row: bytearray, _: bytearray, size: int) -> None:
    for i in range(size, len(row)):
        row[i] = (row[i] + row[i - size]) & 0xFF


def _undo_up(row: bytearray, above: bytearray, _: int) -> None:
    row[:] = bytes((mine + upper) & 0xFF for mine, upper in zip(row, above))


def _undo_average(row: bytearray, above: bytearray, size: int) -> None:
    for i, upper in enumerate(above):
        left = row[i - size] if i >= size else 0
        row[i] = (row[i] + (left + upper) // 2) & 0xFF


def _undo_paeth(row: bytearray, above: bytearray, size: int) -> None:
    for i, upper in enumerate(above):
        left, corner = (row[i - size], above[i - size]) if i >= size else (0, 0)
        by_left, by_upper, by_corner = abs(upper - corner), abs(left - corner), abs(left + upper - 2 * corner)
        if by_left <= by_upper and by_left <= by_corner:
            nearest = left
        else:
            nearest = upper if by_upper <= by_corner else corner
        row[i] = (row[i] + nearest) & 0xFF
