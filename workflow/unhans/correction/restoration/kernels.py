"""Kernels: one small filter for each pixel of each frame, made of separable ones of several sizes.

A kernel of size k is the outer product of k numbers for its rows and k for its columns. The kernels of
all sizes are padded with zeros to the largest one and averaged, so that an image is filtered once:
Marinc et al. 2019 (arXiv:1902.05392), multi-kernel prediction networks.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from unhans.errors import InputError


def count(sizes: Sequence[int]) -> int:
    """Count the numbers that describe the kernels of one pixel of one frame.

    Parameters
    ----------
    sizes : sequence of int
        Sides of the kernels in pixels, all odd.

    Returns
    -------
    int
        Twice the sum of the sizes.

    """
    return 2 * sum(sizes)


def separated(coefficients: Tensor, sizes: Sequence[int]) -> list[tuple[Tensor, Tensor]]:
    """Split the numbers of all kernels by size, into those of rows and those of columns.

    Parameters
    ----------
    coefficients : Tensor, shape (b, n, 2 * sum of sizes, h, w)
        Of n frames of b bursts: the rows of all sizes, then the columns of all sizes.
    sizes : sequence of int
        Sides of the kernels in pixels, all odd.

    Returns
    -------
    list of (Tensor, Tensor)
        A pair a size k, each of shape (b, n, k, h, w).

    Raises
    ------
    InputError
        There are other numbers than those of these sizes, or a size is even.

    """
    if coefficients.ndim != 5 or coefficients.shape[2] != count(sizes):
        raise InputError(
            f"coefficients have shape {tuple(coefficients.shape)}; expected (bursts, frames, "
            f"{count(sizes)}, height, width) for kernels of sizes {', '.join(map(str, sizes))}"
        )
    if not sizes or any(size < 1 or size % 2 == 0 for size in sizes):
        raise InputError(f"kernels of sizes {list(sizes)}; expected odd numbers")
    parts = torch.split(coefficients, [*sizes, *sizes], dim=2)
    return list(zip(parts[: len(sizes)], parts[len(sizes) :], strict=True))


def fused(coefficients: Tensor, sizes: Sequence[int]) -> Tensor:
    """Fuse the kernels of all sizes into one a pixel: their mean, padded with zeros to the largest.

    Parameters
    ----------
    coefficients : Tensor, shape (b, n, 2 * sum of sizes, h, w)
        As `separated` takes them.
    sizes : sequence of int
        Sides of the kernels in pixels, all odd.

    Returns
    -------
    Tensor, shape (b, n, k, k, h, w)
        k is the largest size.

    Raises
    ------
    InputError
        As `separated` raises it.

    """
    pairs = [
        (rows.unbind(2), columns.unbind(2)) for rows, columns in separated(coefficients, sizes)
    ]
    largest = max(sizes)
    # A weight at a time: whole kernels of each size, padded, would be several times the memory.
    weights = [
        _mean_weight(pairs, across - largest // 2, along - largest // 2)
        for across in range(largest)
        for along in range(largest)
    ]
    joined = torch.stack(weights, dim=2)
    return joined.reshape(*joined.shape[:2], largest, largest, *joined.shape[3:])


def _mean_weight(
    pairs: list[tuple[tuple[Tensor, ...], tuple[Tensor, ...]]], across: int, along: int
) -> Tensor:
    """Mean over the sizes of the weight at a place, counted from the middle; 0 beyond a kernel."""
    reach = max(abs(across), abs(along))
    parts = [
        rows[across + len(rows) // 2] * columns[along + len(rows) // 2]
        for rows, columns in pairs
        if len(rows) // 2 >= reach
    ]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total / len(pairs)


def filtered(frames: Tensor, kernels: Tensor) -> Tensor:
    """Filter each pixel of each frame by its own kernel; the colours of a pixel share it.

    Parameters
    ----------
    frames : Tensor, shape (b, n, c, h, w)
        n frames of b bursts. Beyond its border, a frame is as at the border.
    kernels : Tensor, shape (b, n, k, k, h, w)
        Weights of the k x k pixels around each, the middle one that of the pixel itself.

    Returns
    -------
    Tensor, shape (b, n, c, h, w)

    Raises
    ------
    InputError
        Frames and kernels do not fit.

    """
    fits = frames.ndim == 5 and kernels.ndim == 6
    if not fits or (*frames.shape[:2], *frames.shape[3:]) != (
        *kernels.shape[:2],
        *kernels.shape[4:],
    ):
        raise InputError(
            f"frames of shape {tuple(frames.shape)} and kernels of shape {tuple(kernels.shape)}; "
            "expected (bursts, frames, colours, height, width) and a kernel for each pixel"
        )
    height, width = frames.shape[3:]
    side = kernels.shape[2]
    margin = side // 2
    flat = frames.flatten(0, 1)
    padded = functional.pad(flat, (margin, margin, margin, margin), mode="replicate")
    around = padded.reshape(*frames.shape[:3], *padded.shape[2:])
    found = torch.zeros_like(frames)
    # A weight at a time: neighbours of all pixels at once would need k x k times the memory.
    for place, weight in enumerate(kernels.flatten(2, 3).unbind(2)):
        top, left = divmod(place, side)
        found = found + weight[:, :, None] * around[..., top : top + height, left : left + width]
    return found
