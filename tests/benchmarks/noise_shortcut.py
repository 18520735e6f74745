"""How much of a noise shortcut does restoration take out? Networks that use the noise of one class.

    python tests/benchmarks/noise_shortcut.py --corpus digits --seeds 0 1 2
    python tests/benchmarks/noise_shortcut.py --corpus photographs --root data/imagenette-160

Of each seed: one class of ten is made noisy, in training and held-out images, and a network is trained on
all. It is also trained on some noisy images of other classes that are labelled as the class, so that it
uses the noise. A denoiser is trained, with the configuration's defaults, on training images of the other
classes. Then, on held-out images of the other classes, and of the class, the probability of the class is
compared

==================  ==================================================================================
insertion           with noise, and as they are
painted_out         with noise and restored, and as they are: what restoring leaves of the response
removal_control     restored, and as they are: what restoring does by itself
removal             of the noisy class: restored, and as they are
==================  ==================================================================================

`taken_out` is the share of the insertion's response that restoring takes out. What lies in the folder is
not made again: networks, and tables.
"""

import _one_thread  # noqa: F401, I001
import argparse
from functools import partial
from pathlib import Path

import _shortcut_networks as networks
import numpy as np
import pandas as pd
from _class_shortcuts import Shortcut, _noisy
from class_shortcuts import SIDES, source_of
from numpy.typing import NDArray

from unhans.artefacts import whole_change
from unhans.artefacts.response import changed
from unhans.bootstrap import REPEATS, interval
from unhans.config.restoration import Restoration
from unhans.correction.restoration import settings, training
from unhans.correction.restoration.restorer import Restorer
from unhans.images.changes.catalogue import Step
from unhans.images.transform import Transform
from unhans.networks.inference import predict

LEVELS = {"digits": 38, "photographs": 14}
"""Standard deviation of the noise, of 255; that of photographs is of the published shortcuts."""

Inputs = NDArray[np.float32]


def main() -> None:
    """Train, measure, and print a table."""
    asked = _arguments()
    rows = []
    for seed in asked.seeds:
        folder = asked.folder / f"{asked.corpus}_s{seed}"
        kept = folder / f"response_{asked.steps}_{asked.compressed:g}.tsv"
        if not kept.exists():
            _measured(asked, folder, seed).to_csv(kept, sep="\t", index=False)
        rows.append(pd.read_csv(kept, sep="\t", dtype={"class": str}))
        print(rows[-1].to_string(index=False, float_format="{:.3f}".format), flush=True)
    table = pd.concat(rows)
    whole = table[table["perturbation"] == "painted_out"]["taken_out"]
    print(f"share taken out: mean {whole.mean():.1%}, from {whole.min():.1%} to {whole.max():.1%}")


def _measured(asked: argparse.Namespace, folder: Path, seed: int) -> pd.DataFrame:
    """Measure one network: a row a perturbation."""
    source, level = source_of(asked), LEVELS[asked.corpus]
    shortcut = Shortcut("noise", partial(_noisy, level=level))
    corpus = networks.write(source, folder / "images", "noise", shortcut, seed, force=True)
    own = networks.trained(corpus, folder / "weights.safetensors", seed, SIDES[asked.corpus], print)
    transform = own.transform or networks.DIGITS
    target = corpus.classes.index(corpus.marked)

    def images(split: str) -> Inputs:
        others = (name for name in corpus.classes if name != corpus.marked)
        return networks.as_inputs(
            [one for name in others for one in source[split][name]], transform
        )

    clean = images("val")
    noisy = networks.read([file for file in corpus.files("val") if file[1] == target], transform)
    denoiser = _denoiser(images("train"), transform, seed, asked)
    made = whole_change.of(Step("noise", level / 255), clean.shape[1:], transform)
    artefact = whole_change.with_restore(made, denoiser.images)
    inserted = artefact.insert(clean)
    pairs = {
        "insertion": (clean, inserted),
        "painted_out": (clean, artefact.taken_out(inserted)),
        "removal_control": (clean, artefact.taken_out(clean)),
        "removal": (noisy, artefact.taken_out(noisy)),
    }
    rows, found = [], {}
    for name, (before, after) in pairs.items():
        answers = [predict(own.module, one) for one in (before, after)]
        change = changed(*answers, target)
        found[name] = change.probability
        low, high = interval(change.probability)
        called = [100 * float((one.argmax(axis=1) == target).mean()) for one in answers]
        rows.append(
            {
                **{"corpus": asked.corpus, "seed": seed, "class": corpus.marked},
                **{"perturbation": name, "images": len(before)},
                **{"probability": change.probability.mean(), "low": low, "high": high},
                **{
                    "rank": change.rank.mean(),
                    "called_before": called[0],
                    "called_after": called[1],
                },
            }
        )
    table = pd.DataFrame(rows)
    painted = table["perturbation"] == "painted_out"
    share = taken_out(found["insertion"], found["painted_out"])
    table.loc[painted, ["taken_out", "taken_low", "taken_high"]] = share
    return table


def _denoiser(
    inputs: Inputs, transform: Transform, seed: int, given: argparse.Namespace
) -> Restorer:
    """Train a denoiser on images as the network is given them."""
    shown = np.stack([np.rint(transform.shades(one)).clip(0, 255) for one in inputs])
    planes = shown.astype(np.uint8)
    section = Restoration(seed=seed, steps=given.steps, compressed=given.compressed)
    asked = settings.of(section.model_dump())
    made, record = training.train(planes, asked.architecture(planes), asked.making, asked.schedule)
    print(record.tail(1).to_string(index=False), flush=True)
    return Restorer(made)


def taken_out(inserted: NDArray[np.float64], left: NDArray[np.float64]) -> list[float]:
    """Share of the mean response that is taken out, and its interval of 95 % (bootstrap over images)."""
    drawn = np.random.default_rng(0).integers(len(inserted), size=(REPEATS, len(inserted)))
    shares = 1 - left[drawn].mean(axis=1) / inserted[drawn].mean(axis=1)
    return [float(1 - left.mean() / inserted.mean()), *np.quantile(shares, [0.025, 0.975])]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", choices=SIDES, default="digits")
    parser.add_argument("--root", type=Path, default=Path("data/imagenette-160"))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--train", type=int, default=120, help="training images of a class")
    parser.add_argument("--held-out", type=int, default=25, help="held-out images of a class")
    parser.add_argument("--steps", type=int, default=800, help="of training the denoiser")
    parser.add_argument("--compressed", type=float, default=0.3, help="share of JPEG in training")
    parser.add_argument("--folder", type=Path, default=Path("build/noise_shortcut"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
