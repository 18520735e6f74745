"""Hashes: 64 bits of each image that change little where the image changes little."""

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn

SIDE = 8
"""Frequencies along each side that the hash keeps: 64 bits."""


def perceptual(small: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Hash images by their lowest frequencies, bit for bit as ``imagehash.phash`` does.

    Parameters
    ----------
    small : ndarray of uint8, shape (n, 32, 32)
        Grey images; see `originals.small`.

    Returns
    -------
    ndarray of uint64, shape (n,)
        A bit for each of the 8 x 8 lowest frequencies of the cosine transform: 1 where its coefficient
        is above their median. The first frequency is the highest bit.

    References
    ----------
    Buchner, ImageHash, ``phash``; Zauner 2010, "Implementation and benchmarking of perceptual image hash
    functions".

    """
    # Of type II without normalisation, first along columns, as scipy.fftpack.dct.
    transformed = dctn(small.astype(np.float64), type=2, axes=(1, 2))
    low = transformed[:, :SIDE, :SIDE].reshape(-1, SIDE**2)
    bits = low > np.median(low, axis=1, keepdims=True)
    weights = np.left_shift(np.uint64(1), np.arange(SIDE**2, dtype=np.uint64)[::-1])
    hashed: NDArray[np.uint64] = np.where(bits, weights, np.uint64(0)).sum(axis=1, dtype=np.uint64)
    return hashed
