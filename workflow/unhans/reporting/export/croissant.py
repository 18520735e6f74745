"""Croissant: a corpus described in the metadata format of MLCommons (JSON-LD, version 1.0).

What is described is the manifest: a row an image with its path within the corpus, its class, split and
digest. The images are where they are, and their licence is theirs: neither is known here.
"""

import hashlib
import json
from typing import Any

import pandas as pd

FORMAT = "http://mlcommons.org/croissant/1.0"
"""Version of the format that is conformed to."""

CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""What the format's names stand for, as its specification gives it."""

FIELDS = {
    "image": "Name of the image.",
    "class": "Id of its class.",
    "name": "Name of its class, for people.",
    "split": "Split that it belongs to.",
    "path": "Path of its file within the corpus.",
    "sha256": "SHA-256 of its file, of a digit of its pixels; empty where it is no image.",
    "status": "ok, or the reason why it was set aside.",
}
"""Columns of the manifest that are described."""

TABLE = "manifest.tsv"


def describe(corpus: str, manifest: pd.DataFrame, content: bytes) -> bytes:
    """Describe a corpus.

    Parameters
    ----------
    corpus : str
        Its name.
    manifest : DataFrame
        All images; see `images.manifest.gather`.
    content : bytes
        Of the manifest's file, which lies beside the description.

    Returns
    -------
    bytes
        JSON-LD, in ASCII.

    """
    readable = int((manifest["status"] == "ok").sum())
    classes = manifest[["class", "name"]].drop_duplicates("class")
    splits = list(dict.fromkeys(manifest["split"]))
    value = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": corpus,
        "conformsTo": FORMAT,
        "description": (
            f"{readable} images of {len(classes)} classes in the splits {', '.join(splits)}; "
            f"{len(manifest) - readable} further files were set aside."
        ),
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": TABLE,
                "name": TABLE,
                "description": "A row for each image.",
                "contentUrl": TABLE,
                "contentSize": f"{len(content)} B",
                "encodingFormat": "text/tab-separated-values",
                "sha256": hashlib.sha256(content).hexdigest(),
            }
        ],
        "recordSet": [_classes(classes), _splits(splits), _images()],
    }
    return (json.dumps(value, indent=1) + "\n").encode("ascii")


def _images() -> dict[str, Any]:
    fields = [
        _field("images", name, text, source={"fileObject": {"@id": TABLE}, **_column(name)})
        for name, text in FIELDS.items()
    ]
    return _record_set("images", "The images.", fields)


def _classes(classes: pd.DataFrame) -> dict[str, Any]:
    fields = [
        _field("classes", "id", "Id of the class."),
        _field("classes", "name", "Name of the class."),
    ]
    data = [
        {"classes/id": str(row["class"]), "classes/name": str(row["name"])}
        for row in classes.to_dict("records")
    ]
    return {
        **_record_set("classes", "The classes.", fields, "sc:Enumeration"),
        "key": {"@id": "classes/id"},
        "data": data,
    }


def _splits(splits: list[str]) -> dict[str, Any]:
    fields = [_field("splits", "name", "Name of the split.")]
    return {
        **_record_set("splits", "The splits.", fields, "cr:Split"),
        "key": {"@id": "splits/name"},
        "data": [{"splits/name": name} for name in splits],
    }


def _record_set(
    name: str, text: str, fields: list[dict[str, Any]], kind: str | None = None
) -> dict[str, Any]:
    own = {"@type": "cr:RecordSet", "@id": name, "name": name, "description": text}
    return {**own, **({"dataType": kind} if kind else {}), "field": fields}


def _field(owner: str, name: str, text: str, **more: Any) -> dict[str, Any]:
    own = {"@type": "cr:Field", "@id": f"{owner}/{name}", "name": name, "description": text}
    return {**own, "dataType": "sc:Text", **more}


def _column(name: str) -> dict[str, Any]:
    return {"extract": {"column": name}}
