"""Tensor files: what a file of safetensors or of torch holds, read without running code.

A file of torch may name any function of any package, which reading it as its author did would call. It
is read by torch's reader of weights alone. Whatever else it names (settings, paths, numbers of NumPy,
callbacks) is made as an empty object of this module; the real one is neither imported nor called.
"""

import re
import warnings
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from unhans.errors import StoreError, one_line

_UNKNOWN = re.compile(r"Unsupported global: GLOBAL (\S+) was not an allowed global")
_FILLED = re.compile(r"Can only (SETITEMS?|append|extend)\b.* but got <class '([^']+)'>")

PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd"}
"""First bytes of compressed files."""


def read(path: Path) -> Any:
    """Read a file of weights without running code.

    Parameters
    ----------
    path : Path
        A file of safetensors or of torch.

    Returns
    -------
    object
        Tensors, numbers, texts and containers of them; an empty object for anything else.

    Raises
    ------
    StoreError
        The file is compressed or damaged, or names what only running code could make.

    """
    try:
        if _is_safetensors(path):
            return load_file(path)
        _check_packed(path)
        return _read(path)
    except StoreError:
        raise
    except SafetensorError as error:
        raise StoreError(f"{path}: is not a complete safetensors file ({error})") from error
    except Exception as error:  # a damaged file fails in many ways
        raise StoreError(
            f"{path}: refused: it is damaged, or holds more than tensors and so could run code "
            f"({_reason(error)}); save it again as a state dict, or as safetensors"
        ) from error


def _check_packed(path: Path) -> None:
    """Refuse a file that another program compressed."""
    with path.open("rb") as file:
        head = file.read(6)
    for start, kind in PACKED.items():
        if head.startswith(start):
            raise StoreError(f"{path}: is compressed ({kind}); expected it unpacked")


def _is_safetensors(path: Path) -> bool:
    """Whether a file is one of safetensors by its suffix or its first bytes."""
    with path.open("rb") as file:
        head = file.read(9)
    return path.suffix == ".safetensors" or (head[8:] == b"{" and head[5:8] == bytes(3))


class _Inert:
    """Stands for an object of a class that is not imported; it takes anything and does nothing."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __setstate__(self, _: object) -> None:
        pass


def _empty(name: str, container: type | None) -> type:
    """Make a class of the name of another, whose objects are empty; some are containers."""
    module, _, own = name.rpartition(".")
    body: dict[str, Any] = {"__module__": module, "__qualname__": own}
    if container is None:
        return type(own, (_Inert,), body)
    return type(own, (), {**body, "__new__": lambda *_, **__: container()})


def _read(path: Path) -> Any:
    """Read a file of torch; whatever it names beside tensors becomes an empty object.

    torch says of one unknown name at a time that it is unknown, or that it is a container.
    """
    containers: dict[str, type | None] = {}
    while True:
        known = [(_empty(name, kind), name) for name, kind in containers.items()]
        try:
            with warnings.catch_warnings(), torch.serialization.safe_globals(known):  # type: ignore[arg-type]
                warnings.simplefilter("ignore")
                return torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:
            before = dict(containers)
            containers.update(_unknown(str(error)))
            if containers == before:
                raise


def _unknown(message: str) -> dict[str, type | None]:
    """Find the name that torch's reader stopped at, and the container that it must be."""
    filled, unknown = _FILLED.search(message), _UNKNOWN.search(message)
    if filled:
        return {filled[2]: OrderedDict if filled[1].startswith("SET") else list}
    if unknown:
        name = unknown[1] if "." in unknown[1] else f"builtins.{unknown[1]}"
        return {name: None}
    return {}


def _reason(error: Exception) -> str:
    """What torch's reader says, without its advice to trust the file."""
    text = one_line(error).partition(" Check the documentation")[0]
    parts = re.split(r"Weights\w+ error: |trusted source\.|^Weights only load failed\.", text)
    own = [part.strip() for part in parts if part.strip()][-1]
    if own.startswith("Unsupported operand"):
        own = "it is written with another protocol than 2, torch.save's own"
    return own if " " in own else f"{type(error).__name__}: {own}"


def emptiness(content: Any) -> str:
    """Say what a file without tensors by name holds.

    Parameters
    ----------
    content : object
        As `read` returns it.

    Returns
    -------
    str
        Part of a message.

    """
    if not isinstance(content, Mapping):
        return (
            f"{_kind(content)}; expected tensors by name, as of torch.save(net.state_dict(), path)"
        )
    if not content:
        return "holds an empty dictionary; expected tensors by name"
    made = next(_inert(content), None)
    if made is not None:
        return f"{_kind(made[1])} ('{made[0]}'); expected tensors by name"
    odd = [f"'{name}'" for name in content]
    what = "is not a tensor" if len(odd) == 1 else "are not tensors"
    return f"holds no tensors by name: {few(odd)} {what}; expected a state dict"


def _inert(content: Mapping[Any, Any], keys: tuple[str, ...] = ()) -> Iterator[tuple[str, _Inert]]:
    """Find empty objects and the keys that lead to them, in dictionaries within each other."""
    for name, value in content.items():
        at = (*keys, str(name))
        if isinstance(value, _Inert):
            yield ".".join(at), value
        elif isinstance(value, Mapping) and len(at) < 4:
            yield from _inert(value, at)


def _kind(content: Any) -> str:
    kind = type(content)
    if isinstance(content, _Inert):
        return (
            f"refused: holds an object of {kind.__module__}.{kind.__qualname__}, and making it could "
            "run code"
        )
    return f"holds {kind.__name__}"


def few(names: Sequence[str], most: int = 3) -> str:
    """List a few names for a message.

    Parameters
    ----------
    names : sequence of str
        All of them.
    most : int
        Names that are listed.

    Returns
    -------
    str
        With ``...`` where there are more.

    """
    return ", ".join(map(str, names[:most])) + (", ..." if len(names) > most else "")
