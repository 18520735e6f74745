"""Training: a burst denoiser fitted to synthetic bursts of clean images, the same bytes for a seed."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from tqdm import tqdm

from unhans.correction.restoration import bursts
from unhans.correction.restoration.bursts import Making
from unhans.correction.restoration.loss import annealed, image_loss
from unhans.correction.restoration.network import Architecture, BurstDenoiser, build
from unhans.networks.training import deterministic
from unhans.types import Array

COLUMNS = ["step", "loss", "weight"]
"""Of the record of training."""

ROWS = 50
"""Rows of the record of training."""


@dataclass(frozen=True)
class Schedule:
    """How a denoiser is trained.

    Parameters
    ----------
    steps : int
        Of training.
    batch_size : int
        Bursts a step.
    learning_rate : float
        Highest rate of a one-cycle schedule.
    beta, alpha : float
        Weight of single frames, and its factor from step to step; see `loss.annealed`. Above 0, training
        starts from kernels that return each frame.
    seed : int
        Of the weights, of the choice of images and of the bursts.
    device : str
        Where the network is trained; it comes back to the CPU. Another device gives other weights, in
        the last digits at first.

    """

    steps: int = 1000
    batch_size: int = 16
    learning_rate: float = 0.002
    beta: float = 0.0
    alpha: float = 0.99
    seed: int = 0
    device: str = "cpu"


def train(
    images: Array, architecture: Architecture, making: Making, schedule: Schedule
) -> tuple[BurstDenoiser, pd.DataFrame]:
    """Train a network by Adam on bursts that are made anew in each step.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, c, h, w)
        Clean images.
    architecture : Architecture
        The network.
    making : Making
        How bursts are made; their frames are as many as the network takes.
    schedule : Schedule
        How it is trained.

    Returns
    -------
    network : BurstDenoiser
        In evaluation mode, on the CPU.
    record : DataFrame
        About `ROWS` rows: ``step``; ``loss``, the mean loss of the denoised images since the row before;
        and ``weight``, that of single frames.

    Raises
    ------
    InputError
        The images are of another type or shape, or architecture and images do not fit.

    """
    network = build(architecture, schedule.seed, each=schedule.beta > 0)
    network = network.to(schedule.device).train()
    making = replace(making, frames=architecture.burst)
    order = np.random.default_rng([schedule.seed, 4])
    rows, losses = [], []
    with deterministic(schedule.seed, torch.device(schedule.device)):
        optimiser = torch.optim.Adam(network.parameters())
        rates = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, max_lr=schedule.learning_rate, total_steps=schedule.steps
        )
        for step in tqdm(range(schedule.steps), desc="restoration", unit="step", mininterval=5):
            chosen = order.integers(0, len(images), schedule.batch_size)
            made = bursts.make(images[chosen], making, (schedule.seed, 5, step))
            frames, truth, deviation = (torch.from_numpy(one).to(schedule.device) for one in made)
            optimiser.zero_grad()
            denoised = network(frames, None if architecture.blind else deviation)
            loss = annealed(denoised, truth, step, schedule.beta, schedule.alpha)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            rates.step()
            losses.append(image_loss(denoised.image.detach(), truth).item())
            if (step + 1) % max(1, schedule.steps // ROWS) == 0:
                weight = schedule.beta * schedule.alpha**step
                rows.append((step + 1, float(np.mean(losses)), weight))
                losses.clear()
    return network.cpu().eval(), pd.DataFrame(rows, columns=COLUMNS)
