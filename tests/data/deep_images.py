"""Images of more than 8 bits a sample, as detectors and microscopes write them."""

import io
import struct
import zlib

import numpy as np

RAMP = np.linspace(0, 1, 48 * 64).reshape(48, 64)


def ramp(top, channels=1):
    """Make a ramp from 0 to `top`, of several different channels: (h, w) or (h, w, c)."""
    planes = [np.round(np.roll(RAMP, shift, axis=1) * top) for shift in range(channels)]
    return planes[0].astype(int) if channels == 1 else np.stack(planes, axis=2).astype(int)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(values, significant=None, colour=None, depth=16):
    """Encode values as a PNG file of 8 or 16 bits, with a chunk sBIT where it is given."""
    height, width, *channels = values.shape
    kind = {(): 0, (2,): 4, (3,): 2, (4,): 6}[tuple(channels)]
    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    if isinstance(significant, int):
        significant = [significant] * max(1, *channels, 1)
    said = b"" if significant is None else chunk(b"sBIT", bytes(significant))
    rows = b"".join(b"\0" + row.astype(f">u{depth // 8}").tobytes() for row in values)
    parts = chunk(b"IHDR", head) + said + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def pgm(values, most=65_535):
    """Encode values as PGM, or PPM, whose header says the largest value."""
    height, width, *channels = values.shape
    kind = b"P6" if channels else b"P5"
    return kind + f" {width} {height} {most}\n".encode() + values.astype(">u2").tobytes()


def tiff(values, order="<", planar=False, black=1, sample=1, orientation=1, strips=1, packed=False):
    """Encode values as an uncompressed TIFF file; `black` is 0 where the lowest value is white."""
    height, width, *channels = values.shape
    count = channels[0] if channels else 1
    kind = values.dtype.newbyteorder(order)
    planes = [values[..., at] for at in range(count)] if channels and planar else [values]
    rows = -(-height // strips)
    blocks = [
        plane[top : top + rows].astype(kind).tobytes()
        for plane in planes
        for top in range(0, height, rows)
    ]
    blocks = [zlib.compress(block) for block in blocks] if packed else blocks
    bits = values.dtype.itemsize * 8
    entries = {
        256: (4, [width]),
        257: (4, [height]),
        258: (3, [bits] * count),
        259: (3, [8 if packed else 1]),
        262: (3, [2 if count > 2 else black]),
        273: (4, [0] * len(blocks)),
        274: (3, [orientation]),
        277: (3, [count]),
        278: (4, [rows]),
        279: (4, [len(block) for block in blocks]),
        284: (3, [2 if planar else 1]),
        339: (3, [sample] * count),
    }
    if count == 4:
        entries[338] = (3, [2])
    start = 8 + 2 + 12 * len(entries) + 4
    spare, body = b"", b""
    sizes = {3: ("H", 2), 4: ("I", 4)}
    extra = sum(
        sizes[kind][1] * len(data)
        for kind, data in entries.values()
        if sizes[kind][1] * len(data) > 4
    )
    place = start + extra
    offsets = []
    for block in blocks:
        offsets.append(place)
        place += len(block)
    entries[273] = (4, offsets)
    for tag in sorted(entries):
        form, data = entries[tag]
        letter, _ = sizes[form]
        written = struct.pack(f"{order}{len(data)}{letter}", *data)
        if len(written) > 4:
            value = struct.pack(f"{order}I", start + len(spare))
            spare += written
        else:
            value = written.ljust(4, b"\0")
        body += struct.pack(f"{order}HHI", tag, form, len(data)) + value
    magic = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8)
    head = magic + struct.pack(f"{order}H", len(entries)) + body + bytes(4)
    return io.BytesIO(head + spare + b"".join(blocks)).getvalue()
