"""What the probes of the data cost and find: properties, classifiers, and duplicates.

python tests/benchmarks/data_probes.py --root data/imagenette-160
"""

import argparse
import io
import time
from itertools import combinations
from pathlib import Path

import _one_thread  # noqa: F401
import numpy as np
from PIL import Image, ImageEnhance
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer

from unhans.images import corpus, originals
from unhans.images.class_index import Entry
from unhans.images.dataset import ClassDataset
from unhans.io import store
from unhans.probes import duplicates, hashes, near_hashes, prediction, properties
from unhans.probes.families import UNSEEN
from unhans.probes.properties import PROPERTIES


def rival(name):
    ranks = QuantileTransformer(n_quantiles=50)
    return {
        "logistic regression": make_pipeline(ranks, LogisticRegression(C=0.3, max_iter=500)),
        "scikit-learn's LDA": make_pipeline(
            ranks, LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
        ),
        "extremely random trees": ExtraTreesClassifier(100, random_state=0),
        "boosted trees": HistGradientBoostingClassifier(max_iter=60, random_state=0),
    }[name]


def ours(values, label):
    classes = int(label.max()) + 1
    return prediction.predict(
        values, label, values[:0], label[:0], classes, folds=5, permutations=0, seed=0
    ).recall.mean()


def theirs(name):
    def accuracy(values, label):
        folds = StratifiedKFold(5, shuffle=True, random_state=0)
        return balanced_accuracy_score(
            label, cross_val_predict(rival(name), values, label, cv=folds)
        )

    return accuracy


def measure(root, per_class):
    settings = corpus.FileSettings(splits=("train",), per_class=per_class)
    values, label, spent = [], [], 0.0
    for place, folder in enumerate(sorted((root / "train").iterdir())):
        made = corpus.of_files(Entry(folder.name, folder.name, folder.name, place), settings, root)
        told = {"lineage": {"corpus": {"parameters": {"upright": True, "max_pixels": 10**8}}}}
        result = store.Result(Path("none"), {**made.notes, **told}, made.arrays)
        start = time.process_time()
        values.append(properties.measure_class(ClassDataset(result, root), seen=0.875).values)
        spent += time.process_time() - start
        label += [place] * len(values[-1])
    print(f"properties: {1000 * spent / len(label):.1f} ms of CPU time an image, reading included")
    seen = [one.family not in UNSEEN for one in PROPERTIES.values()]
    kept = np.concatenate(values)[:, seen]
    varied = np.isfinite(kept).all(axis=0) & (np.ptp(kept, axis=0) > 0)
    return kept[:, varied], np.array(label)


def classifiers(values, label):
    print(f"\n{values.shape[1]} properties, {len(label)} images: balanced accuracy (CPU seconds)")
    kinds = ("logistic regression", "scikit-learn's LDA", "extremely random trees", "boosted trees")
    for name, accuracy in {"ours": ours, **{kind: theirs(kind) for kind in kinds}}.items():
        start = time.process_time()
        whole = accuracy(values, label)
        spent = time.process_time() - start
        pairs = []
        for a, b in combinations(range(label.max() + 1), 2):
            own = np.isin(label, [a, b])
            pairs.append(accuracy(values[own], (label[own] == b).astype(int)))
        print(f"  {name:24s} ten classes {whole:.3f} ({spent:.2f}), pairs {np.mean(pairs):.3f}")


def jpeg(image, quality):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return Image.open(buffer).convert("RGB")


def cut(image, share):
    left, top = (round(share * length) for length in image.size)
    return image.crop((left, top, image.width - left, image.height - top))


COPIES = {
    "JPEG, quality 10": lambda image: jpeg(image, 10),
    "a third of the size, JPEG 50": lambda image: jpeg(
        image.resize((image.width // 3, image.height // 3)), 50
    ),
    "grey": lambda image: image.convert("L"),
    "brighter by 30 %": lambda image: ImageEnhance.Brightness(image).enhance(1.3),
    "contrast 1.4 times": lambda image: ImageEnhance.Contrast(image).enhance(1.4),
    "1 % cut off each side": lambda image: cut(image, 0.01),
    "2 % cut off each side": lambda image: cut(image, 0.02),
    "5 % cut off each side": lambda image: cut(image, 0.05),
}


def copies(root, count=1500):
    paths = sorted(root.glob("*/*/*"))
    chosen = np.random.default_rng(0).choice(len(paths), count, replace=False)
    images = [Image.open(paths[place]).convert("RGB") for place in chosen]
    small = np.stack([originals.small(image) for image in images])
    hashed = hashes.perceptual(small)
    first, second, _ = near_hashes.pairs(hashed, 8)
    like = duplicates.correlation(small[first], small[second]) >= 0.95
    print(
        f"\nduplicates: {count} photographs, {len(first)} pairs by hash, {like.sum()} that look alike"
    )
    print("  copies that are found again:")
    for name, change in COPIES.items():
        again = np.stack([originals.small(change(image)) for image in images[:300]])
        near = np.bitwise_count(hashed[:300] ^ hashes.perceptual(again)) <= 8
        found = near & (duplicates.correlation(small[:300], again) >= 0.95)
        print(f"  {name:30s} {100 * found.mean():.0f} %")


def scaling(counts=(10_000, 100_000, 1_280_000)):
    print("\nlooking up hashes, 1 % of them near another")
    for n in counts:
        random = np.random.default_rng(0)
        hashed = random.integers(0, 2**64, n, dtype=np.uint64)
        own = random.choice(n // 2, n // 100, replace=False)
        hashed[n // 2 + own] = hashed[own] ^ np.uint64(0b1001 << 20)
        start = time.process_time()
        first, *_ = near_hashes.pairs(hashed, 8)
        print(f"  {n:9,d} images: {time.process_time() - start:6.1f} s, {len(first):,d} pairs")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=Path("data/imagenette-160"))
    parser.add_argument("--per-class", type=int, default=50)
    parser.add_argument("--skip-classifiers", action="store_true")
    given = parser.parse_args()
    if not given.skip_classifiers:
        classifiers(*measure(given.root, given.per_class))
    copies(given.root)
    scaling()
