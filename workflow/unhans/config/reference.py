"""Reference: the JSON schema and the reference page, generated from the models."""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from unhans.config.artefacts import (
    AcceptedResponse,
    CandidateResponse,
    Hosts,
    PlantedResponse,
    Transplant,
)
from unhans.config.attribution import Attribution
from unhans.config.benchmark import Detection, DetectionPhotographs
from unhans.config.correction import Correction, Unhansing
from unhans.config.detection import Findings, GroupSearch
from unhans.config.execution import Execution
from unhans.config.features import Neurons, Sensitivity
from unhans.config.fields import Section
from unhans.config.images import Attributes, Digits, Images, PhotoPlanting, Planting
from unhans.config.models import Config
from unhans.config.networks import FineTuning, ImageTransform, Pretrained, Trained
from unhans.config.paper import Barycentre, Paper, Tables, Toy
from unhans.config.probes import Duplicates, Interventions, Predictability, Properties
from unhans.config.reporting import Explorer, Figures, Ranking
from unhans.config.restoration import Restoration
from unhans.config.spray import (
    Affinity,
    Audit,
    ClassSample,
    Clustering,
    Distance,
    Embedding,
    Interval,
    Projection,
    Step,
    TauNull,
)


def schema() -> dict[str, Any]:
    """JSON schema of a configuration file, one that is laid over the default included.

    Returns
    -------
    dict
        The schema, plain JSON values.
    """
    whole = Config.model_json_schema(by_alias=True)
    # A file may leave out any section, and remove named entries by null.
    del whole["required"]
    # A detection grid makes its own corpora, so that corpus may be empty.
    del whole["properties"]["corpus"]["minProperties"]
    for section in whole["properties"].values():
        if "additionalProperties" in section:
            entry = section["additionalProperties"]
            section["additionalProperties"] = {"anyOf": [entry, {"type": "null"}]}
    return whole


def reference() -> str:
    """Reference page of the configuration, in Markdown.

    Returns
    -------
    str
        The page, with a table for each section.
    """
    lines = [
        "# Configuration",
        "",
        "Generated from the models in `workflow/unhans/config` by",
        "`python -m unhans.config.reference reference`. Unknown keys are refused.",
        "",
        "The default is `config/config.yaml`. `snakemake TARGET --configfile FILE` takes another file:",
        "",
        "- a file that names a `corpus` **stands alone**: nothing of `config/config.yaml` is read. It",
        "  must name a `model` as well; what it leaves out has the default of the tables below;",
        "- any other file is **laid over** `config/config.yaml`: named entries (corpora, networks,",
        "  representations) add up, and an entry set to `null` is removed.",
    ]
    for title, section in _sections():
        lines += ["", f"## `{title}`", "", _first_line(section), ""]
        lines += ["| key | type | default | meaning |", "| --- | --- | --- | --- |"]
        lines += list(_rows(section))
    return "\n".join(lines) + "\n"


def _sections() -> list[tuple[str, type[Section]]]:
    return [
        ("(top level)", Config),
        ("corpus.<name>, digits", Digits),
        ("corpus.<name>, image files", Images),
        ("corpus.<name>.attributes", Attributes),
        ("corpus.<name>.planting[], digits", Planting),
        ("corpus.<name>.planting[], image files", PhotoPlanting),
        ("model.<name>, trained here", Trained),
        ("model.<name>, pretrained", Pretrained),
        ("model.<name>.transform", ImageTransform),
        ("model.<name>.fine_tuning", FineTuning),
        ("attribution", Attribution),
        ("preprocessing.<name>[]", Step),
        ("class_sample", ClassSample),
        ("distance", Distance),
        ("affinity", Affinity),
        ("embedding", Embedding),
        ("clustering", Clustering),
        ("interval", Interval),
        ("tau_null", TauNull),
        ("ranking", Ranking),
        ("projection", Projection),
        ("hosts", Hosts),
        ("transplant", Transplant),
        ("planted_response", PlantedResponse),
        ("candidate_response", CandidateResponse),
        ("properties", Properties),
        ("predictability", Predictability),
        ("duplicates", Duplicates),
        ("audit", Audit),
        ("detection", Detection),
        ("detection_photographs", DetectionPhotographs),
        ("group_search", GroupSearch),
        ("findings", Findings),
        ("interventions", Interventions),
        ("accepted_response", AcceptedResponse),
        ("correction", Correction),
        ("unhansing", Unhansing),
        ("neurons", Neurons),
        ("sensitivity", Sensitivity),
        ("restoration", Restoration),
        ("execution", Execution),
        ("figures", Figures),
        ("explorer", Explorer),
        ("tables", Tables),
        ("toy", Toy),
        ("barycentre", Barycentre),
        ("paper", Paper),
    ]


def _rows(section: type[Section]) -> Iterator[str]:
    described = section.model_json_schema(by_alias=True)
    # A model with short forms is described as a choice, spelled out last.
    properties = (described["anyOf"][-1] if "anyOf" in described else described)["properties"]
    for name, info in section.model_fields.items():
        key = info.alias or name
        if info.description is None:
            yield f"| `{key}` | section | | see below |"
            continue
        default = properties[key].get("default")
        shown = "required" if info.is_required() else f"`{json.dumps(default)}`"
        yield f"| `{key}` | {_kind(properties[key])} | {shown} | {info.description} |"


def _kind(entry: Mapping[str, Any]) -> str:
    if "enum" in entry:
        return ", ".join(f"`{choice}`" for choice in entry["enum"])
    if "const" in entry:
        return f"`{entry['const']}`"
    if "anyOf" in entry:
        return " or ".join(_kind(choice) for choice in entry["anyOf"])
    if entry.get("type") == "array":
        return f"list of {_kind(entry['items'])}" if "items" in entry else "list"
    if "$ref" in entry:
        return "section"
    return str(entry.get("type", "any"))


def _first_line(section: type[Section]) -> str:
    return re.split(r"\n\s*\n", (section.__doc__ or "").strip())[0]


if __name__ == "__main__":
    pages = {
        "schema": lambda: json.dumps(schema(), indent=2, sort_keys=True) + "\n",
        "reference": reference,
    }
    if sys.argv[1:] not in [[page] for page in pages]:
        sys.exit(f"usage: python -m unhans.config.reference {'|'.join(pages)}")
    sys.stdout.write(pages[sys.argv[1]]())
