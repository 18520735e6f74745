"""Annealing of many pairs at once in PyTorch, for a GPU.

The steps are those of `annealing` up to the last plan, on batches of pairs. The permutations are made on
the CPU by the same kernel, which takes nearly all of the remaining time where the GPU is large
(docs/how-to/transport.md).
"""

import numpy as np
import torch
from numpy.typing import NDArray

from unhans.errors import ConfigError
from unhans.spray.transport import annealing
from unhans.spray.transport.pair_solver import Pairs

Tensor = torch.Tensor

ENTRIES = 1 << 26
"""Most entries of the plans of a batch: 256 MB in float32, of which some five copies exist at once."""


def match_all(
    principal: NDArray[np.float32],
    distances: NDArray[np.float32],
    pairs: Pairs,
    starts: int,
    device: str,
) -> NDArray[np.int32]:
    """Match the points of each pair of sets; see `annealing`.

    Parameters
    ----------
    principal : ndarray of float32, shape (n, m, 2)
        Points in their principal axes.
    distances : ndarray of float32, shape (n, m, m)
        Distances between them.
    pairs : ndarray of int32, shape (p, 2)
        Pairs of sets.
    starts : int
        Number s of the eight starts that continue.
    device : str
        Of PyTorch, such as ``cuda`` or ``cuda:1``.

    Returns
    -------
    ndarray of int32, shape (p, s, m)
        Partner of each point of the first set in the second.

    Raises
    ------
    ConfigError
        The device does not exist.
    """
    try:
        points, between = (torch.from_numpy(part).to(device) for part in (principal, distances))
    except (RuntimeError, AssertionError) as error:
        raise ConfigError(f"distance.device: '{device}' is not available ({error})") from None
    m = distances.shape[1]
    size = max(1, ENTRIES // (annealing.STARTS * m * m))
    places = [np.empty((0, starts, m), dtype=np.int32)]
    for at in range(0, len(pairs), size):
        batch = np.ascontiguousarray(pairs[at : at + size])
        i, j = torch.from_numpy(batch.astype(np.int64)).to(device).T
        gains = _annealed(points[i], points[j], between[i], between[j], starts).cpu().numpy()
        places.append(annealing.polish_all(distances, batch, np.ascontiguousarray(gains)))
    return np.concatenate(places)


def _annealed(x: Tensor, y: Tensor, first: Tensor, second: Tensor, starts: int) -> Tensor:
    """Gain A T B of the last plans of the best starts: (b, s, m, m)."""
    b, m, _ = x.shape
    first, second = first[:, None], second[:, None]
    gain = _closeness(x, y)
    columns = torch.zeros(b, annealing.STARTS, m, device=x.device)
    first_temperature, steps = annealing.GEOMETRIC
    plans, _, _ = _sinkhorn(gain, columns, float(first_temperature), steps)
    temperatures: list[float] = annealing.TEMPERATURES.tolist()
    for level, temperature in enumerate(temperatures[: annealing.FIRST]):
        steps = annealing.SINKHORN[min(level, 1)]
        plans, columns, reached = _sinkhorn(first @ plans @ second, columns, temperature, steps)
    best = reached.argsort(dim=1, descending=True, stable=True)[:, :starts]
    plans = plans.gather(1, best[:, :, None, None].expand(-1, -1, m, m))
    columns = columns.gather(1, best[:, :, None].expand(-1, -1, m))
    for temperature in temperatures[annealing.FIRST :]:
        gain = first @ plans @ second
        plans, columns, _ = _sinkhorn(gain, columns, temperature, annealing.SINKHORN[1])
    return first @ plans @ second


def _closeness(x: Tensor, y: Tensor) -> Tensor:
    """Negative squared distances in units of their mean, for each of the eight alignments of y."""
    aligned = []
    for number in range(annealing.STARTS):
        sign = torch.tensor([1.0 - 2 * (number & 1), 1.0 - (number & 2)], device=y.device)
        aligned.append((y.flip(2) if number >> 2 & 1 else y) * sign)
    turned = torch.stack(aligned, dim=1)
    squares = ((x[:, None, :, None] - turned[:, :, None]) ** 2).sum(dim=4)
    mean = squares.mean(dim=(2, 3), keepdim=True)
    return -squares / torch.where(mean > 0, mean, torch.ones_like(mean))


def _sinkhorn(
    gain: Tensor, columns: Tensor, temperature: float, steps: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Entropic plans at the highest gain, the updated scalings of the columns, and <gain, plan>."""
    m = gain.shape[-1]
    raised = gain + columns[:, :, None]
    highest = raised.amax(dim=3, keepdim=True)
    plan = torch.exp(((raised - highest) / temperature).clamp(min=-60))
    right = torch.ones_like(columns)
    for _ in range(steps):
        left = 1 / ((plan @ right[..., None]).squeeze(3) + 1e-30)
        right = 1 / ((left[:, :, None] @ plan).squeeze(2) + 1e-30)
    plan = plan * left[..., None] * right[:, :, None] / m
    return plan, columns + temperature * torch.log(right), (plan * gain).sum(dim=(2, 3))
