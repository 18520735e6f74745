"""Correct networks of a shortcut that covers a class, by what probes say of it.

    python tests/benchmarks/class_shortcuts.py --corpus digits --seeds 0
    python tests/benchmarks/class_shortcut_corrections.py --corpus digits --seeds 0

For each network of `class_shortcuts.py` that uses its shortcut: the change that stands for the artefact
is the one of the first row of the network's table of probes that names the class; it is not known how
the images were really changed. The network is corrected with it, and the response is measured to both:
to that change, and to the shortcut itself as it was planted.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import _shortcut_networks as networks
import numpy as np
import pandas as pd
from _class_shortcuts import DEVELOPMENT, PUBLISHED, Shortcut
from _shortcut_networks import DIGITS, Corpus, Source
from _shortcut_score import USED
from class_shortcuts import SIDES, source_of

from unhans.artefacts import whole_change
from unhans.artefacts.accepted import Accepted
from unhans.correction import methods
from unhans.correction.case import Case
from unhans.correction.data import CorrectionData, Images
from unhans.images.changes.catalogue import CHANGES, Step
from unhans.networks.registry import Network
from unhans.probes.families import EXCHANGES
from unhans.probes.shortcuts import SHORTCUT
from unhans.probes.table import CHANGE_OF

METHODS = ("fine_tuning", "cleaning", "cleaning_half", "p_clarc", "p_clarc_reactive")


def main() -> None:
    """Correct every network that uses its shortcut."""
    asked = _arguments()
    shortcuts = PUBLISHED if asked.marks == "published" else DEVELOPMENT
    source, side = source_of(asked), SIDES[asked.corpus]
    rows = []
    for seed in asked.seeds:
        for kind, shortcut in shortcuts.items():
            folder = asked.folder / f"{asked.corpus}_{kind}_s{seed}"
            if not (folder / "probes_own.tsv").exists():
                continue
            corpus = networks.write(source, folder / "images", kind, shortcut, seed)
            own = networks.trained(corpus, folder / "weights.safetensors", seed, side, print)
            before, after = networks.use(own, corpus, source, shortcut, seed)
            if after - before < USED:
                print(f"{folder.name}: the network does not use it")
                continue
            tables = (f"{name}_own.tsv" for name in ("probes", "interventions"))
            step = found(*(pd.read_csv(folder / name, sep="\t") for name in tables), corpus)
            if step is None:
                print(f"{folder.name}: the probes name no change that can be put into images")
                continue
            table = corrected(own, corpus, source, shortcut, step, seed)
            first = {"corpus": asked.corpus, "kind": kind, "seed": seed, "change": step.change}
            table = table.assign(**first, strength=step.strength)
            table.to_csv(folder / "corrections.tsv", sep="\t", index=False)
            print(table.to_string(index=False), flush=True)
            rows.append(table)
    pd.concat(rows).to_csv(asked.folder / f"{asked.corpus}_corrections.tsv", sep="\t", index=False)


def found(probes: pd.DataFrame, moved: pd.DataFrame, corpus: Corpus) -> Step | None:
    """Name the change that the first shortcut of the class rests on, as one that is put into images.

    Where images leave the class, it is the opposite change; where there is none, that of the same family
    which moves most images into the class. Surroundings of other images are no artefact.
    """
    named = probes["class"].astype(str) == corpus.marked
    into = moved[(moved["class"].astype(str) == corpus.marked) & (moved["direction"] == "in")]
    # Some have a donor or a shade of the class: they are no change by themselves.
    plain = [name for name in CHANGES if name not in EXCHANGES]
    into = into[into["used"].astype(bool) & into["intervention"].isin(plain)]
    for row in probes[named & (probes["conclusion"] == SHORTCUT)].to_dict("records"):
        same = into[into["family"] == row["family"]].sort_values("difference_low")
        if row["intervention"] in EXCHANGES:
            continue
        change = CHANGE_OF[row["intervention"]]
        if row["direction"] == "in":
            return Step(change, float(row["strength"]))
        if (opposite := CHANGES[change].opposite) in CHANGES:
            return Step(opposite, float(row["strength"]))
        if len(same):
            return Step(same["intervention"].iloc[-1], float(same["strength"].iloc[-1]))
    return None


def case(own: Network, corpus: Corpus, source: Source, step: Step) -> Case:
    """Images to correct a network with: held-out ones are as they were before the shortcut."""
    transform, target = own.transform or DIGITS, corpus.classes.index(corpus.marked)
    files = corpus.files("train")
    plain = [(image, name) for name in corpus.classes for image in source["val"][name]]
    inputs = networks.as_inputs([image for image, _ in plain], transform)
    labels = [index for _, index in files], [corpus.classes.index(name) for _, name in plain]
    parts = [
        Images(shown, np.array(label), np.zeros(len(label), dtype=bool))
        for shown, label in zip((networks.read(files, transform), inputs), labels, strict=True)
    ]
    artefact = whole_change.of(step, inputs.shape[1:], transform)
    accepted = Accepted("shortcut", "corpus", "own", "epsilon_plus_flat", corpus.marked)
    return Case(own, artefact, CorrectionData(target, *parts), accepted)


def corrected(
    own: Network, corpus: Corpus, source: Source, shortcut: Shortcut, step: Step, seed: int
) -> pd.DataFrame:
    """Measure accuracy and responses before and after each method.

    Responses are points of percent of other classes' held-out images that are called the class.
    """
    settings = methods.Settings(METHODS, estimators=("mean_difference",), seed=seed)
    corrector = methods.Corrector(case(own, corpus, source, step), settings)
    rows = []
    for method in corrector.methods():
        with corrector.corrected(method) as module:
            network = replace(own, module=module)
            measures = methods.evaluate(corrector.case, module)
            before, after = networks.use(network, corpus, source, shortcut, seed)
        rows.append(
            {
                **{name: getattr(method, name) for name in ("method", "layer")},
                **{name: measures[name] for name in ("accuracy_clean", "response_after")},
                "planted": after - before,
            }
        )
    table = pd.DataFrame(rows)
    for name in ("response_after", "planted"):
        table[f"{name}_cut"] = 1 - table[name] / table[name].iloc[0]
    table["accuracy_lost"] = table["accuracy_clean"].iloc[0] - table["accuracy_clean"]
    return table


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", choices=SIDES, default="digits")
    parser.add_argument("--root", type=Path, default=Path("data/imagenette-160"))
    parser.add_argument("--marks", choices=["development", "published"], default="published")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--train", type=int, default=120, help="as of class_shortcuts.py")
    parser.add_argument("--held-out", type=int, default=25, help="as of class_shortcuts.py")
    parser.add_argument("--folder", type=Path, default=Path("build/class_shortcuts"))
    return parser.parse_args()


if __name__ == "__main__":
    main()
