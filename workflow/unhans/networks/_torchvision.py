"""Let torchvision be imported beside a torch that its compiled operators were not built for.

The usual torchvision wheel is a CUDA build. Beside a CPU-only torch its operators cannot load and
``import torchvision`` stops at the missing ``torchvision::nms``. Declaring the schemas of the two
operators that the import looks up is enough for models, transforms and datasets (zennit imports it).
"""

from contextlib import suppress

import torch


def allow_import() -> None:
    """Declare the operators that ``import torchvision`` asks for, where nobody has."""
    try:
        import torchvision  # noqa: F401
    except (RuntimeError, ImportError):
        for name in ("nms", "qnms"):
            _declare(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


_LIBRARY = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]


def _declare(schema: str) -> None:
    with suppress(RuntimeError):  # declared before
        _LIBRARY.define(schema)  # type: ignore[no-untyped-call]
