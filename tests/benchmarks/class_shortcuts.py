"""How well do probes find shortcuts that cover a whole class? Networks that use them, and that do not.

    python tests/benchmarks/class_shortcuts.py --corpus digits --seeds 0 1 2 3 4
    python tests/benchmarks/class_shortcuts.py --corpus photographs --root data/imagenette-160
    python tests/benchmarks/class_shortcuts.py --classes 3 8 --folder build/class_shortcuts/3_8

Of each seed: one network is trained on images without a shortcut, and one for each shortcut, on images
of which one class is covered by it. Every network of the latter kind is probed on its own corpus. The
former is probed on its own, which has no shortcut, and on all of the others, whose shortcut it was never
trained on: there the shortcut is in the data, and not used. A shortcut counts as used where it raises
the percentage of other classes' held-out images that are called the class by five points.

What lies in the folder is not made again: networks, and tables of probes.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import _shortcut_networks as networks
import _shortcut_probes as probes
import _shortcut_score as score
import pandas as pd
from _class_shortcuts import DEVELOPMENT, PUBLISHED
from _shortcut_networks import CLEAN

SIDES = {"digits": 28, "photographs": 128}
"""Pixels of the images that the networks are given."""


def main() -> None:
    """Train and probe."""
    asked = _arguments()
    shortcuts = PUBLISHED if asked.marks == "published" else DEVELOPMENT
    grey = asked.corpus == "digits"
    kinds = [kind for kind in shortcuts if shortcuts[kind].grey or not grey]
    source = source_of(asked, asked.classes)
    side, rows = SIDES[asked.corpus], []
    for seed in asked.seeds:
        plain, answers = None, {"own": {}, "plain": {}}
        for kind in [CLEAN, *(asked.kinds or kinds)]:
            folder = asked.folder / f"{asked.corpus}_{kind}_s{seed}"
            corpus = networks.write(source, folder / "images", kind, shortcuts.get(kind), seed)
            own = networks.trained(corpus, folder / "weights.safetensors", seed, side, print)
            plain, answers["own"] = plain or own, {}
            told: pd.DataFrame | None = None
            probed = {"own": own, **({"plain": plain} if kind != CLEAN else {})}
            for name in (name for name in asked.networks if name in probed):
                network = probed[name]
                before, after = (0.0, 0.0)
                if kind != CLEAN:
                    before, after = networks.use(network, corpus, source, shortcuts[kind], seed)
                kept = folder / f"probes_{name}.tsv"
                if not kept.exists():
                    told = probes.told(corpus, folder, seen=1.0) if told is None else told
                    moved, found = probes.probed(network, corpus, told, answers[name])
                    moved.to_csv(folder / f"interventions_{name}.tsv", sep="\t", index=False)
                    told.to_csv(folder / "predictability.tsv", sep="\t", index=False)
                    found.to_csv(kept, sep="\t", index=False)
                found = pd.read_csv(kept, sep="\t", dtype={"class": str})
                where = {"corpus": asked.corpus, "kind": kind, "seed": seed, "network": name}
                family = shortcuts[kind].family if kind != CLEAN else ""
                use = {"family": family, "marked": corpus.marked, "before": before, "after": after}
                rows.append({**where, **use, **score.of_network(found, corpus, family)})
                print(rows[-1], flush=True)
    table = pd.DataFrame(rows)
    table.to_csv(asked.folder / f"{asked.corpus}.tsv", sep="\t", index=False)
    print(score.summary(table).to_string(index=False))


def source_of(asked: argparse.Namespace, classes: Sequence[str] | None = None) -> networks.Source:
    """Read the images that are asked for, of some classes or of all."""
    if asked.corpus == "digits":
        found = networks.digits(asked.train, asked.held_out)
    else:
        found = networks.photographs(asked.root, asked.train, asked.held_out)
    kept = classes or next(iter(found.values()))
    return {split: {name: own[name] for name in kept} for split, own in found.items()}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", choices=SIDES, default="digits")
    parser.add_argument("--root", type=Path, default=Path("data/imagenette-160"))
    parser.add_argument("--marks", choices=["development", "published"], default="published")
    parser.add_argument("--kinds", nargs="*", help="shortcuts; all by default")
    parser.add_argument("--networks", nargs="+", choices=["own", "plain"], default=["own", "plain"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--classes", nargs="*", help="two or more; all by default")
    parser.add_argument("--train", type=int, default=120, help="training images of a class")
    parser.add_argument("--held-out", type=int, default=25, help="held-out images of a class")
    parser.add_argument("--folder", type=Path, default=Path("build/class_shortcuts"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
