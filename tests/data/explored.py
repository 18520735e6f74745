"""A small run as the explorer reads it: results of made-up classes and tables, written to a folder."""

from pathlib import Path

import class_results
import numpy as np
import pandas as pd

from unhans.artefacts import candidate_response
from unhans.detection import findings, group_search
from unhans.features import sensitivity
from unhans.features.sensitivity import Scores
from unhans.images.class_index import Entry
from unhans.images.corpus import of_digits, settings_of
from unhans.io import store
from unhans.paths import Analysis, beside, result
from unhans.reporting import ranking, suggestions
from unhans.reporting.explorer import class_data, site
from unhans.reporting.explorer.overview import Tables

PER_CLASS = 60
PLANTED = {
    **{"per_class": PER_CLASS, "validation": 0.2, "seed": 0, "blur": 0, "noise": 0},
    "planting": [{"kind": "corner", "class": "1", "rate": 0.2, "seed": 0}],
}
ANALYSES = [
    Analysis("digits", "small_vgg", "epsilon_plus_flat", "pooled", metric, 6, 8)
    for metric in ("euclidean", "hellinger")
]
SPRAY = {"affinity": 6, "embedding": 7, "clustering": 7, "separability": 7, "projection": 7}
"""Depth of the stages of an analysis."""


def recipe(stage):
    return store.Recipe(stage, {}, "abc")


class Explored:
    """Results in a folder, of classes with these names; ``inputs`` are paths as the rule gives them."""

    def __init__(self, folder, names=("zero", "one", "two", "three")):
        self.folder, self.names = Path(folder), names
        random = np.random.default_rng(0)
        self.record = Path(beside(str(self.folder), 2, ANALYSES[0], "model.zarr.zip"))
        store.write(
            self.record, {}, recipe("model"), notes={"names": list(names), "transform": None}
        )
        self.inputs = {str(at): self._class(str(at), names[at], random) for at in range(len(names))}

    def _place(self, stage, depth, name, analysis=ANALYSES[0]):
        return result(str(self.folder), stage, depth, analysis, name)

    def _write(self, stage, depth, class_id, arrays, notes=None, analysis=ANALYSES[0]):
        path = self._place(stage, depth, class_id, analysis)
        store.write(path, arrays, recipe(stage), notes=notes)
        return path

    def _class(self, class_id, name, random):
        own = of_digits(Entry(class_id, class_id, name, int(class_id)), settings_of(**PLANTED))
        images = own.arrays["image"].astype(np.float32)
        images[:, -4:, -4:] *= 4  # the network looks at the mark
        heatmaps = images * random.choice([-1, 1], size=images.shape, p=[0.1, 0.9]).astype(
            np.float32
        )
        n = len(images)
        found = {
            **{"heatmap": heatmaps, "image": np.arange(n), "prediction": np.full(n, int(class_id))},
            **{"rank": np.ones(n, dtype=int), "logit": random.normal(size=n).astype(np.float32)},
        }
        found["prediction"][:2], found["rank"][:2] = (int(class_id) + 1) % len(self.names), 2
        groups = group_search.arrays(group_search.find_groups(heatmaps, images=own.arrays["image"]))
        notes = {"n": n, "pixels": 28}
        inputs = {
            "corpus": self._write("corpus", 1, class_id, dict(own.arrays), own.notes),
            "attribution": self._write("attribution", 3, class_id, found),
            "group_search": self._write("group_search", 3, class_id, groups, notes),
            "record": str(self.record),
        }
        for number, analysis in enumerate(ANALYSES):
            made = class_results.a_class(random, apart=6.0 * (class_id == "1"))
            for stage, depth in SPRAY.items():
                if stage == "projection" and number:
                    continue
                arrays, notes = made.get(stage, {}), {}
                if stage == "projection":
                    arrays = {
                        method: random.normal(size=(n, 2)).astype(np.float32)
                        for method in ("umap", "tsne")
                    }
                    notes = {"methods": ["umap", "tsne"]}
                if stage == "separability":
                    arrays = {"tau": arrays["tau"], "k": made["clustering"]["k"]}
                    arrays["fisher"] = random.random(len(arrays["k"]))
                path = self._write(stage, depth, class_id, arrays, notes, analysis)
                inputs[f"{stage}_{number}"] = path
        return inputs

    def collect(self, class_id, thumbnail=80):
        """What the stage explorer_class makes of a class, and the results that it reads."""
        results = store.opened(self.inputs[class_id])
        return results, class_data.collect(results, class_id, root=None, thumbnail=thumbnail)

    def run(self):
        """The run as the stage explorer reads it."""
        paths = []
        for class_id in self.inputs:
            results, made = self.collect(class_id)
            path = self._place("explorer_class", 3, class_id)
            own = recipe("explorer_class")
            store.write(path, made.arrays, own, inputs=results, notes=made.notes)
            paths.append(path)
        return site.Run(self.tables(), store.by_path(paths))

    def features(self):
        """Neural features of class 1, and why class 2 has none: ``neurons``, ``measured``, ``tables``."""
        random = np.random.default_rng(1)
        n = PER_CLASS - 4  # the network did not see the first images
        seen = np.arange(n)[::-1] + 4
        groups = store.opened(self.inputs["1"])["group_search"]
        indicator = next(name for name in groups.arrays if name.endswith("_members"))
        activation = random.random((n, 9)).astype(np.float32)
        activation[:, 7] = groups[indicator][0][seen] + activation[:, 7]
        arrays = {
            **{"image": seen, "activation": activation, "neuron": np.array([7, 2])},
            **{"alpha": random.normal(size=(n, 1)), "member": np.ones(n, dtype=bool)},
            "neuron_mask": random.random((2, n, 3, 4)).astype(np.float16),
            "component_mask": random.random((1, n, 3, 4)).astype(np.float16),
        }
        named = (("neuron7", "background", "person"), ("neuron2", "core", "planted"))
        rows = [
            {
                **dict.fromkeys(sensitivity.COLUMNS, 0.25),
                "feature": name,
                "label": label,
                "source": by,
            }
            for name, label, by in (*named, ("component1", "unsure", ""))
        ]
        table = sensitivity.as_array(rows, Scores(0.9, 0.5, 0.8, 0.7, 0.75))
        made = {"neurons": arrays, "sensitivity": {"table": table}}
        found = {}
        for stage, kept in made.items():
            paths = [self._place(stage, 2, name) for name in ("1", "2")]
            store.write(paths[0], kept, recipe(stage))
            store.write_set_aside(paths[1], recipe(stage), "no average pooling")
            found[stage] = store.by_path(paths)
        return found["neurons"], found["sensitivity"], self.witnesses()

    def witnesses(self):
        """Which looks at each class speak."""
        point = dict(zip(("corpus", "model", "composite"), ANALYSES[0].explanation, strict=True))
        said = ["", "by_tau, neurons", "by_tau", ""]
        rows = [{**point, "class": str(at), "speaking": said[at]} for at in range(len(self.names))]
        return {str(self.folder / "tables/witnesses.tsv"): pd.DataFrame(rows)}

    def tables(self):
        groups = [own["group_search"] for own in self.inputs.values()]
        named = {str(at): name for at, name in enumerate(self.names)}
        lineage = {"group_search": {"parameters": {}, "code": "abc"}}
        found = findings.collect(store.classes(groups), named, lineage, 0.05)
        answers = pd.DataFrame(columns=candidate_response.COLUMNS)
        at = [beside(str(self.folder), 3, ANALYSES[0], "findings.tsv")]
        suggested = suggestions.rows(answers, *ANALYSES[0].explanation)
        return Tables(
            self.ranking(),
            *({at[0]: table} for table in (found.classes, found.indicators, answers, suggested)),
        )

    def ranking(self):
        rows = [
            {
                **{**analysis._asdict(), "class": str(at), "name": name, "n": PER_CLASS},
                **{"tau": 1.0 + at / 3, "rank": at + 1, "status": "ok", "planted": ""},
                **{"score": at / 2, "flagged": at == 1, "accuracy": 1 - at / 10, "confusion": ""},
                **{"tau_low": 0.5, "tau_high": 2.5 + at, "rank_low": 1, "rank_high": 4},
                **{"tau_null": 0.4, "tau_p": 0.025, "ranked_by": "tau"},
            }
            for analysis in ANALYSES
            for at, name in enumerate(self.names)
        ]
        return pd.DataFrame(rows).reindex(columns=ranking.COLUMNS)
