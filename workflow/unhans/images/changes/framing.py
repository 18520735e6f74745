"""Framing: images are zoomed, made smaller within their frame, shifted and flipped."""

from typing import Literal

import numpy as np

from unhans.images.changes.pixels import Images

Direction = Literal["left", "right", "up", "down"]


def zoomed(images: Images, side: float) -> Images:
    """Show the middle of images alone, as large as they were.

    Parameters
    ----------
    images : ndarray of float32, shape (n, c, h, w)
        The images.
    side : float
        Share of each side that is shown, 0 to 1.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)
        Interpolated linearly.

    """
    return resized(_cropped(images, side), images.shape[2:])


def padded(images: Images, side: float) -> Images:
    """Show images smaller within their frame. Their mirror images surround them.

    Parameters
    ----------
    images : ndarray of float32, shape (n, c, h, w)
        The images.
    side : float
        Share of each side of the frame that the image then takes, 0 to 1.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)

    """
    return _framed(resized(images, _inner(images, side)), images.shape[2:])


def resampled(images: Images, side: float) -> Images:
    """Make images smaller and as large again: the loss of detail by `zoomed` and `padded` alone.

    Parameters
    ----------
    images : ndarray of float32, shape (n, c, h, w)
        The images.
    side : float
        Share of each side.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)

    """
    return resized(resized(images, _inner(images, side)), images.shape[2:])


def surrounded(images: Images, side: float) -> Images:
    """Leave the middle of images as it is, and put its mirror images around it.

    It shows what `zoomed` shows and has the seams of `padded`, and nothing changes its size.

    Parameters
    ----------
    images : ndarray of float32, shape (n, c, h, w)
        The images.
    side : float
        Share of each side that is left, 0 to 1.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)

    """
    return _framed(_cropped(images, side), images.shape[2:])


def rim_mirrored(images: Images, width: float) -> Images:
    """Replace the outermost pixels by the mirror image of what lies within: no frame is left.

    Parameters
    ----------
    images : ndarray of float32, shape (n, c, h, w)
        The images.
    width : float
        Share of each side that is replaced at either end, 0 to 0.25.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)

    """
    return surrounded(images, 1 - 2 * width)


def shifted(images: Images, share: float, direction: Direction) -> Images:
    """Move what images show. Its mirror image fills the gap.

    Parameters
    ----------
    images : ndarray of float32, shape (n, c, h, w)
        The images.
    share : float
        Of the side, by which it is moved.
    direction : {"left", "right", "up", "down"}
        Where it is moved to.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)

    """
    axis = 3 if direction in ("left", "right") else 2
    whole = images.shape[axis]
    pixels = max(1, round(share * whole))
    first = direction in ("right", "down")
    margins = [(0, 0)] * 4
    margins[axis] = (pixels, 0) if first else (0, pixels)
    wider = np.pad(images, margins, "symmetric")
    start = 0 if first else pixels
    return np.ascontiguousarray(np.take(wider, np.arange(start, start + whole), axis))


def mirrored(images: Images) -> Images:
    """Exchange left and right.

    Parameters
    ----------
    images : ndarray of float32, shape (n, c, h, w)
        The images.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)

    """
    return np.ascontiguousarray(images[..., ::-1])


def upside_down(images: Images) -> Images:
    """Exchange top and bottom.

    Parameters
    ----------
    images : ndarray of float32, shape (n, c, h, w)
        The images.

    Returns
    -------
    ndarray of float32, shape (n, c, h, w)

    """
    return np.ascontiguousarray(images[:, :, ::-1])


def resized(images: Images, size: tuple[int, ...]) -> Images:
    """Give images another size.

    Parameters
    ----------
    images : ndarray of float32, shape (n, c, h, w)
        The images.
    size : tuple of int
        Height and width.

    Returns
    -------
    ndarray of float32, shape (n, c, height, width)
        Means of the pixels covered where they become smaller, else interpolated linearly.

    """
    import cv2  # a quarter of a second that most jobs need not spend

    cv2.setNumThreads(1)
    method = cv2.INTER_AREA if size[0] < images.shape[2] else cv2.INTER_LINEAR
    made = np.empty((*images.shape[:2], *size), dtype=np.float32)
    for image, seen in zip(images, made, strict=True):
        for channel, changed in zip(image, seen, strict=True):
            cv2.resize(np.ascontiguousarray(channel), size[::-1], changed, interpolation=method)
    return made


def _cropped(images: Images, side: float) -> Images:
    size = _inner(images, side)
    top, left = ((whole - part) // 2 for whole, part in zip(images.shape[2:], size, strict=True))
    return images[:, :, top : top + size[0], left : left + size[1]]


def _framed(images: Images, size: tuple[int, ...]) -> Images:
    """Surround images by their mirror images, to a size."""
    missing = [whole - part for whole, part in zip(size, images.shape[2:], strict=True)]
    margins = [(gap // 2, gap - gap // 2) for gap in missing]
    return np.pad(images, ((0, 0), (0, 0), *margins), "symmetric")


def _inner(images: Images, side: float) -> tuple[int, int]:
    height, width = images.shape[2:]
    return max(1, round(side * height)), max(1, round(side * width))
