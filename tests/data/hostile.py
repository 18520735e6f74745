"""A hostile image folder: broken files, odd formats and names that break shells, paths and tables.

`build` writes it, the same bytes at each call, and returns the expected outcome of each file. Files that
the file system or the user's rights do not allow are left out of the folder and of the returned outcomes.
"""

import io
import os
import socket
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

STRINGS = [
    "<script>alert(1)</script>",
    '"quoted"',
    "tab\there",
    "line\nbreak",
    "return\rhere",
    "NA",
    "nan",
    "",
    "007",
    "{{ 7 * 7 }}",
    "#comment",
    "ünï ✓",
    "\udcff",  # a byte of a file's name that is no UTF-8
    " space ",
]
"""Names of classes that break tables, shells and pages."""

OK = "ok"
UNREADABLE = "no image that can be read"
BOMB = "has 60000 x 60000 pixels, more than 89,478,485"

CLASS_NAMES = (
    "..a",
    "a b",
    "ü",
    "x\ny",
    "-rf",
    "{class_id}",
    "$(touch pwned)",
    "'quoted\"",
    "tab\there",
    "c,s;v",
    "NA",
    "007",
    "*",
    "%s",
    "back\\slash",
    "😀" * 50,
    os.fsdecode(b"latin-\xfc"),
)
"""Names of classes, each with readable images and nothing else."""

FILE_NAMES = (
    "with space.png",
    "line\nbreak.png",
    "carriage\rreturn.png",
    "tab\tulator.png",
    "single'quote.png",
    'double"quote.png',
    "ünïcödé 😀.png",
    "-rf.png",
    "{wildcard}.png",
    "$(touch pwned).png",
    "<script>.png",
    "semi;colon,comma.png",
    "back\\slash.png",
    " leading and trailing .png",
    "%d.png",
    "CAPITALS.PNG",
    "many.dots.in.it.png",
    "n" * 246 + ".png",
    os.fsdecode(b"latin-\xfc\xff.png"),
)
"""Names of readable images."""


def pixels(number: int, height: int = 24, width: int = 32) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Make smooth, different colours: (height, width, 3) uint8."""
    down, across = np.mgrid[0:height, 0:width]
    planes = (down * 7 + number * 31, across * 5 + number * 17, (down + across) * 3 + number * 11)
    return (np.stack(planes, axis=2) % 256).astype(np.uint8)


def picture(number: int, height: int = 24, width: int = 32) -> Image.Image:
    """Make an RGB image of `pixels`."""
    return Image.fromarray(pixels(number, height, width))


def noise(height: int = 64, width: int = 64) -> Image.Image:
    """Make an RGB image that does not compress, so that half of its file is not all of it."""
    random = np.random.default_rng(0)
    return Image.fromarray(random.integers(0, 256, size=(height, width, 3), dtype=np.uint8))


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    """Encode an image as a file of a format by Pillow's name of it."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    """Make a chunk of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *more: bytes) -> bytes:
    """Make a PNG file that declares a size, grey, and holds one row's worth of pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = (chunk(b"IHDR", header), *more, chunk(b"IDAT", zlib.compress(bytes(64))))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def sized_jpeg(width: int, height: int) -> bytes:
    """Make a JPEG file whose header declares another size."""
    data = encoded(picture(0), "JPEG")
    place = data.index(b"\xff\xc0") + 5
    return data[:place] + struct.pack(">HH", height, width) + data[place + 4 :]


def ycck_jpeg() -> bytes:
    """Make a CMYK JPEG whose Adobe marker says YCCK."""
    data = encoded(picture(1).convert("CMYK"), "JPEG")
    place = data.index(b"Adobe") + 11
    return data[:place] + b"\x02" + data[place + 1 :]


def turned(number: int) -> Image.Exif:
    """Make EXIF data with an orientation."""
    exif = Image.Exif()
    exif[0x0112] = number
    return exif


def palette(image: Image.Image) -> Image.Image:
    """Reduce an image to 16 colours."""
    return image.convert("P", palette=Image.Palette.ADAPTIVE, colors=16)


def wide(top: int) -> Image.Image:
    """Make a grey image of 16 bits from 0 to `top`."""
    return Image.fromarray(np.linspace(0, top, 24 * 32).reshape(24, 32).astype(np.uint16))


def animation() -> bytes:
    """Make a GIF of three frames."""
    frames = [picture(number) for number in range(3)]
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50)


def broken() -> Iterator[tuple[str, bytes, str]]:
    """Make files that give no image: (name, content, beginning of the reason)."""
    jpeg, whole, tiff = (encoded(noise(), form) for form in ("JPEG", "PNG", "TIFF"))
    lzw = encoded(noise(), "TIFF", compression="tiff_lzw")
    deflated = encoded(noise(), "TIFF", compression="tiff_adobe_deflate")
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(8 * 1024**2)))
    yield "empty.jpg", b"", "empty file"
    yield "text.jpg", b"this is no picture\n", UNREADABLE
    yield "page.jpg", b"<!DOCTYPE html><title>404 Not Found</title>", UNREADABLE
    yield "drawing.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", UNREADABLE
    yield "script.jpg", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n", UNREADABLE
    yield "zeros.jpg", bytes(4096), UNREADABLE
    yield "one-byte.png", b"\x89", UNREADABLE
    yield "truncated.jpg", jpeg[: len(jpeg) // 2], f"truncated after {len(jpeg) // 2:,} bytes"
    yield "truncated.png", whole[: len(whole) // 2], f"truncated after {len(whole) // 2:,} bytes"
    yield "truncated.bmp", encoded(noise(), "BMP")[:-99], "truncated after 12,"
    yield "truncated.tif", tiff[:-99], "truncated after 12,"
    yield "header-only.jpg", jpeg[:64], "truncated after 64 bytes"
    yield "header-only.png", whole[:40], UNREADABLE
    yield "header-only.gif", animation()[:13], UNREADABLE
    yield "half.webp", encoded(noise(), "WEBP")[:-500], UNREADABLE
    yield "lzw.tif", lzw[:6000] + bytes(100) + lzw[6100:], UNREADABLE
    yield "deflate.tif", deflated[:3000] + bytes(100) + deflated[3100:], UNREADABLE
    yield "damaged.png", whole[:3000] + bytes(100) + whole[3100:], UNREADABLE
    yield "bomb.png", png(60_000, 60_000), BOMB
    yield "bomb.jpg", sized_jpeg(60_000, 60_000), BOMB
    yield "large.png", png(12_000, 10_000), "has 12000 x 10000 pixels, more than 89,478,485"
    yield "text-bomb.png", png(8, 8, bomb), UNREADABLE
    yield "no-width.png", png(0, 8), UNREADABLE
    yield "no-height.jpg", sized_jpeg(32, 0), UNREADABLE
    yield "float.tif", encoded(wide(999).convert("F"), "TIFF"), "floating-point pixels"
    yield "float.pnm", b"Pf\n4 4\n-1.0\n" + bytes(64), "floating-point pixels"
    yield (
        "32-bit.tif",
        encoded(Image.new("I", (4, 4), 70_000), "TIFF"),
        "integer pixels from 70,000",
    )


def sound() -> Iterator[tuple[str, bytes]]:
    """Make files of odd formats that do give an image: (name, content)."""
    mask = Image.new("L", (32, 24), 100)
    several = [picture(number) for number in range(3)]
    yield "cmyk.jpg", encoded(picture(1).convert("CMYK"), "JPEG")
    yield "ycck.jpg", ycck_jpeg()
    yield "grey.jpg", encoded(picture(2).convert("L"), "JPEG")
    yield "progressive.jpg", encoded(picture(3), "JPEG", progressive=True)
    yield "turned.jpg", encoded(picture(4), "JPEG", exif=turned(6))
    yield "turned-wrongly.jpg", encoded(picture(4), "JPEG", exif=turned(99))
    yield "exif-damaged.jpg", encoded(picture(4), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    yield "trailing.jpg", encoded(picture(5), "JPEG") + b"garbage" * 1000
    yield "png-inside.jpg", encoded(picture(6), "PNG")
    yield "jpeg-inside.png", encoded(picture(6), "JPEG")
    yield "palette.png", encoded(palette(picture(7)), "PNG")
    yield "palette-transparent.png", encoded(palette(picture(7)), "PNG", transparency=3)
    yield "palette-alphas.png", encoded(palette(picture(7)), "PNG", transparency=bytes(range(16)))
    yield "grey-alpha.png", encoded(Image.merge("LA", (picture(8).getchannel(0), mask)), "PNG")
    yield "alpha.png", encoded(Image.merge("RGBA", (*picture(8).split(), mask)), "PNG")
    yield "colour-transparent.png", encoded(picture(8), "PNG", transparency=(0, 0, 0))
    yield "1-bit.png", encoded(picture(9).convert("1"), "PNG")
    yield "16-bit.png", encoded(wide(65_535), "PNG")
    yield "16-bit.tif", encoded(wide(65_535), "TIFF")
    yield "16-bit.pgm", b"P5 2 1 65535\n" + struct.pack(">2H", 0, 65_535)
    yield "turned.png", encoded(picture(10), "PNG", exif=turned(8))
    yield "one-pixel.png", encoded(picture(11, 1, 1), "PNG")
    yield "strip.png", encoded(picture(12, 10_000, 1), "PNG")
    yield "strip-lying.jpg", encoded(picture(12, 1, 10_000), "JPEG")
    yield "animation.gif", animation()
    yield "pages.tif", encoded(several[0], "TIFF", save_all=True, append_images=several[1:])
    yield "pictures.mpo", encoded(several[0], "MPO", save_all=True, append_images=several[1:])
    yield "photo.webp", encoded(picture(13), "WEBP")
    yield "plain.ppm", b"P3 1 2 255\n255 0 0\n0 0 255\n"


def foreign() -> Iterator[tuple[str, bytes, str]]:
    """Make files that are no images by their names: (name, content, reason)."""
    image = encoded(picture(14), "PNG")
    yield ".hidden.png", image, "hidden file"
    yield "._resource.png", b"\0\5\x16\7", "hidden file"
    yield ".DS_Store", b"Bud1", "hidden file"
    yield "Thumbs.db", b"\xd0\xcf\x11\xe0", "no image: suffix '.db'"
    yield "notes.txt", b"notes\n", "no image: suffix '.txt'"
    yield "download.jpg.part", image, "no image: suffix '.part'"
    yield "code.jpg.py", b"raise SystemExit(1)\n", "no image: suffix '.py'"
    yield "png", image, "no image: no suffix"


def build(root: Path) -> dict[str, str]:
    """Write ``train/<class>/*`` below a folder and give the expected outcome of each file.

    Returns
    -------
    Path of each file, relative to the root, with the beginning of the status that it ends with when
    the folder of its class is walked and what may be an image is read: "ok" or a reason. Names that
    are no UTF-8 have surrogate escapes. The classes of `CLASS_NAMES` hold two readable images each.

    """
    expected: dict[str, str] = {}

    def put(path: str, content: bytes, status: str) -> None:
        with suppress(OSError):  # a name that this file system does not take
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
            expected[path] = status

    for number, name in enumerate(CLASS_NAMES):
        for copy in range(2):
            image = picture(20 + 2 * number + copy)
            put(f"train/{name}/{copy}.JPEG", encoded(image, "JPEG"), OK)
    for number, name in enumerate(FILE_NAMES):
        put(f"train/names/{name}", encoded(picture(60 + number), "PNG"), OK)
    for name, content, reason in broken():
        put(f"train/broken/{name}", content, reason)
    for name, content in sound():
        put(f"train/formats/{name}", content, OK)
    for name, content, reason in foreign():
        put(f"train/foreign/{name}", content, reason)
    put("train/foreign/image.png", encoded(picture(15), "PNG"), OK)  # else it were no class
    _make_special(root / "train" / "special", expected)
    return expected


def _make_special(folder: Path, expected: dict[str, str]) -> None:
    """Make what is no regular file, or none that is simply there."""
    folder.mkdir(parents=True)
    (folder / "real.png").write_bytes(encoded(picture(80), "PNG"))
    expected["train/special/real.png"] = OK
    makers: list[tuple[str, Callable[[Path], object], str]] = [
        ("folder.jpg", Path.mkdir, "empty folder"),
        ("pipe.jpg", os.mkfifo, "no regular file (pipe)"),
        ("socket.jpg", _make_socket, "no regular file (socket)"),
        ("device.jpg", lambda path: path.symlink_to("/dev/zero"), "no regular file (device)"),
        ("link.png", lambda path: path.symlink_to("real.png"), OK),
        ("link-broken.jpg", lambda path: path.symlink_to("nowhere.jpg"), "broken link"),
        ("link-loop.jpg", lambda path: path.symlink_to(path.name), "cannot be read (Too many"),
        ("loop", lambda path: path.symlink_to("."), "link to a folder above it"),
        ("upwards", lambda path: path.symlink_to(".."), "link to a folder above it"),
        ("closed.png", _make_closed, "cannot be read (Permission denied)"),
        ("nested/deeper/inside.png", _make_nested, OK),
        (".hidden", Path.mkdir, "hidden folder"),
    ]
    for name, make, status in makers:
        with suppress(OSError):
            make(folder / name)
            expected[f"train/special/{name}"] = status
    if os.access(folder / "closed.png", os.R_OK):  # as for root
        expected["train/special/closed.png"] = OK


def _make_socket(path: Path) -> None:
    # Bound through a descriptor of its folder: the path itself may be too long for a socket.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)


def _make_closed(path: Path) -> None:
    path.write_bytes(encoded(picture(81), "PNG"))
    path.chmod(0)


def _make_nested(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(encoded(picture(82), "PNG"))


def ranking() -> pd.DataFrame:
    """Make a table like a ranking, of classes with these names and of extreme values."""
    n = len(STRINGS)
    return pd.DataFrame(
        {
            "corpus": "digits",
            "knn": 10,
            "class": STRINGS,
            "n": pd.array([500, None] * (n // 2), dtype="Int64"),
            "tau": [np.inf, np.nan, 1 / 3, 2.0, -np.inf, 1e-12, 1e300, *np.arange(n - 7) / 7],
            "rank": pd.array([1, None] * (n // 2), dtype="Int64"),
            "status": ["ok", "set aside: too few"] * (n // 2),
        }
    )
