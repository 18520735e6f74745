"""Checkpoints: the weights of a network among what a training script keeps in a file."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from unhans.errors import StoreError
from unhans.networks import tensor_file
from unhans.networks.tensor_file import few

State = Mapping[str, torch.Tensor]

DEPTH = 3
"""Most dictionaries within each other that are looked into for weights."""


NOTED = re.compile(
    r"total_(ops|params)|epochs?|(global_?|num_)?steps?|iter(ation)?s?|num_updates|n_averaged|best_\w+"
)
"""Names of numbers that training and programs that count operations leave among the tensors."""


ATTACKER = "attacker."
"""Starts the names of the same network once more, in files of the package robustness."""

NORMALISER = re.compile(r"(?:^|\.)(?:normalizer|normalize)\.new_(?:mean|std)")
"""Names of the statistics that these files normalise images by."""


class Chosen(NamedTuple):
    """Weights that fit a network, by the network's own names.

    Parameters
    ----------
    state : mapping of str to Tensor
        By name.
    notes : tuple of str
        Which of the file's weights were taken, where there was a choice.

    """

    state: State
    notes: tuple[str, ...] = ()


class _Found(NamedTuple):
    """Tensors by name, and the keys that lead to them."""

    keys: tuple[str, ...]
    state: State
    noted: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Where in the file it is, for messages."""
        return f"'{'.'.join(self.keys)}'" if self.keys else "the file itself"


def choose(path: Path, expected: State) -> Chosen:
    """Read a file and choose the weights that fit a network.

    Tensors may lie under keys such as ``state_dict`` or ``model``, and their names may have a common
    prefix such as ``module.``. Of weights and their moving average (a key with ``ema``), the average is
    chosen: it is what such training scripts evaluate.

    Parameters
    ----------
    path : Path
        Of the file.
    expected : mapping of str to Tensor
        State of the network.

    Returns
    -------
    Chosen
        Where nothing fits, what comes nearest.

    Raises
    ------
    StoreError
        The file is damaged, holds no tensors by name or tensors that are not dense, or several
        networks that fit, or different tensors for one that the network shares.

    """
    content = tensor_file.read(path)
    found = [_found(keys, state, expected) for keys, state in _states(content)]
    found = [one for one in found if one.state]
    if not found:
        raise StoreError(f"{path}: {tensor_file.emptiness(content)}")
    for one in found:
        _check_dense(path, one.state)
    tied = _tied(expected)
    chosen = _choice(path, found, expected, tied)
    _check_tied(path, chosen.state, tied)
    nameless = _nameless_average(content)
    if not nameless:
        return chosen
    said = f"not the moving average under '{nameless}', whose tensors have no names"
    return chosen._replace(notes=(*chosen.notes, said))


def _nameless_average(content: Any, keys: tuple[str, ...] = ()) -> str:
    """Name the place of a moving average that is a list of tensors; empty where there is none."""
    if not isinstance(content, Mapping) or len(keys) > DEPTH:
        return ""
    for key, value in content.items():
        if key == "shadow_params" and isinstance(value, list | tuple) and value:
            return ".".join((*keys, key))
        if isinstance(key, str) and (found := _nameless_average(value, (*keys, key))):
            return found
    return ""


def _found(keys: tuple[str, ...], state: State, expected: State) -> _Found:
    """Leave out what a file notes of its training among the tensors, unless the network has it too."""
    own = {name.rpartition(".")[2] for name in expected}
    left = [
        name
        for name, value in state.items()
        if value.numel() == 1
        and NOTED.fullmatch(last := name.rpartition(".")[2])
        and last not in own
    ]
    left += _of_attacks(state, expected)
    kept = {name: value for name, value in state.items() if name not in left}
    return _Found(keys, _renamed(kept), tuple(left))


def _of_attacks(state: State, expected: State) -> list[str]:
    """Name what the package robustness keeps beside a network: its twin, and how images are normalised.

    A twin that differs is left in: the file then holds two networks.
    """
    if any(NORMALISER.search(name) or ATTACKER in name for name in expected):
        return []
    return [
        name
        for name, value in state.items()
        if NORMALISER.search(name)
        or (
            ATTACKER in name
            and (twin := state.get(name.replace(ATTACKER, "", 1))) is not None
            and torch.equal(twin, value)
        )
    ]


def _choice(path: Path, found: list[_Found], expected: State, tied: list[list[str]]) -> Chosen:
    """Choose among the networks of a file."""
    fitting = {
        _addresses(one.state, prefix, tied): (one, prefix)
        for one in reversed(found)  # of the same tensors under several keys, the outermost
        for prefix in _prefixes(one.state, expected, tied)
    }
    pairs = _different(list(fitting.values())[::-1], expected)
    if not pairs:
        plain = [one._replace(state=_without_wrappers(one.state)) for one in found]
        fit = [(one, prefix) for one in plain for prefix in _prefixes(one.state, expected, tied)]
        return _taken(*fit[0], tied) if len(fit) == 1 else _nearest(found, expected, tied)
    if len(pairs) == 1:
        return _taken(*pairs[0], tied)
    averaged = [pair for pair in pairs if _averages(pair[0].keys, pair[1])]
    if len(pairs) != 2 or len(averaged) != 1:
        places = ", ".join(_place(*pair) for pair in pairs)
        raise StoreError(
            f"{path}: holds the weights of {len(pairs)} networks that fit ({places}); expected one"
        )
    return _taken(*averaged[0], tied, f"the moving average of the weights ({_place(*averaged[0])})")


def _different(pairs: list[tuple[_Found, str]], expected: State) -> list[tuple[_Found, str]]:
    """Leave out networks whose tensors equal those of one before."""
    kept: list[tuple[_Found, str]] = []
    for pair in pairs:
        if not any(_are_equal(pair, other, expected) for other in kept):
            kept.append(pair)
    return kept


def _are_equal(one: tuple[_Found, str], other: tuple[_Found, str], expected: State) -> bool:
    (found, prefix), (before, at) = one, other
    pairs = ((found.state.get(prefix + name), before.state.get(at + name)) for name in expected)
    return all(a is b or (a is not None and b is not None and torch.equal(a, b)) for a, b in pairs)


def _check_tied(path: Path, state: State, tied: list[list[str]]) -> None:
    """Refuse two different tensors for what is one in the network: one would overwrite the other."""
    for names in tied:
        present = [name for name in names if name in state]
        for name in present[1:]:
            if not torch.equal(state[name].double(), state[present[0]].double()):
                raise StoreError(
                    f"{path}: '{present[0]}' and '{name}' are different tensors, and the network has one "
                    "for both (it ties them); expected equal ones, or a network that does not tie them"
                )


def _states(
    content: Any, keys: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], dict[str, torch.Tensor]]]:
    """Find dictionaries of tensors by name, the outermost first."""
    if not isinstance(content, Mapping) or len(keys) > DEPTH:
        return
    named = {name: value for name, value in content.items() if isinstance(name, str)}
    tensors = {name: value for name, value in named.items() if isinstance(value, torch.Tensor)}
    if tensors:
        yield keys, tensors
    for name, value in named.items():
        yield from _states(value, (*keys, name))


def _check_dense(path: Path, state: State) -> None:
    """Refuse tensors that hold no values, or hold them in another form than one number each."""
    for name, value in state.items():
        if value.is_meta or value.layout is not torch.strided:
            what = "a tensor without values" if value.is_meta else f"of layout {value.layout}"
            raise StoreError(f"{path}: '{name}' is {what}; expected a dense tensor")


def _renamed(state: State) -> State:
    """Give torchvision's DenseNet files their present names: norm1 for norm.1."""
    old = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.([12]\.)")
    return {old.sub(r"\1\2", name): value for name, value in state.items()}


def _without_wrappers(state: State) -> State:
    """Leave out of names what parts of a network are wrapped in (``features.module.0.weight``)."""
    short = re.compile(r"(?:^|(?<=\.))(?:module|_orig_mod)\.")
    found = {short.sub("", name): value for name, value in state.items()}
    return found if len(found) == len(state) else state


def is_counter(name: str) -> bool:
    """Whether a tensor counts batches, which only training reads and older files lack.

    Parameters
    ----------
    name : str
        Of the tensor.

    Returns
    -------
    bool

    """
    return name.endswith("num_batches_tracked")


def _tied(expected: State) -> list[list[str]]:
    """Group a network's names by the tensor that they share; counters of batches are left out."""
    groups: dict[object, list[str]] = {}
    for name, value in expected.items():
        if not is_counter(name):
            # Networks that were made without memory have storages too, each of its own.
            storage = value.untyped_storage()._cdata, value.storage_offset()
            address = (*storage, value.shape, value.stride()) if value.numel() else name
            groups.setdefault(address, []).append(name)
    return list(groups.values())


def _prefixes(state: State, expected: State, tied: list[list[str]]) -> list[str]:
    """Find each prefix under which a file has all of a network's tensors, of the right shapes."""

    def has_all(prefix: str) -> bool:
        return all(
            any(
                prefix + name in state and state[prefix + name].shape == expected[name].shape
                for name in names
            )
            for names in tied
        )

    covering = [prefix for prefix in _candidates(state, tied) if has_all(prefix)]
    return [
        prefix
        for prefix in covering
        if not _misplaced(state, expected, prefix, [other for other in covering if other != prefix])
    ]


def _candidates(state: State, tied: list[list[str]]) -> list[str]:
    """List what stands before the name of a network's first tensor, where a name ends in it."""
    before = [
        name.removesuffix(first) for first in tied[0] for name in state if name.endswith(first)
    ]
    return [prefix for prefix in dict.fromkeys(before) if not prefix or prefix.endswith(".")]


def _misplaced(state: State, expected: State, prefix: str, others: Sequence[str]) -> bool:
    """Whether a file has tensors that may belong to the network and have no place in it.

    What stands beside the network, without its prefix, may be left out if it is no layer (weights of
    classes in a loss, a number of averaged steps), or if the same network is there under others.
    """
    for name, value in state.items():
        elsewhere = (
            name.removeprefix(other) in expected for other in others if name.startswith(other)
        )
        if is_counter(name) or any(elsewhere):
            continue
        if name.startswith(prefix):
            if name.removeprefix(prefix) not in expected:
                return True
        elif value.ndim > 1:
            return True
    return False


def _averages(keys: tuple[str, ...], prefix: str) -> bool:
    return "ema" in re.split(r"[._]", ".".join((*keys, prefix)).lower())


def _place(one: _Found, prefix: str) -> str:
    return f"{one.place}, names from '{prefix}'" if prefix else one.place


def _addresses(state: State, prefix: str, tied: list[list[str]]) -> tuple[int, ...]:
    own = (next(state[prefix + name] for name in names if prefix + name in state) for names in tied)
    return tuple(value.data_ptr() for value in own)


def _taken(one: _Found, prefix: str, tied: list[list[str]], what: str = "") -> Chosen:
    """Take the tensors of a network; those that share one are completed from each other."""
    beside = [*(name for name in one.state if not name.startswith(prefix)), *one.noted]
    notes = [what] if what else []
    if beside:
        notes.append(f"all but {len(beside)} tensors beside the network ({few(beside)})")
    return Chosen(_completed(_without(one.state, prefix), tied), tuple(notes))


def _without(state: State, prefix: str) -> State:
    return {
        name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)
    }


def _completed(state: State, tied: list[list[str]]) -> State:
    """Give every name of a shared tensor that a file has under one of its names."""
    complete = dict(state)
    for names in tied:
        present = [name for name in names if name in state]
        if present:
            complete |= {name: state[present[0]] for name in names if name not in state}
    return complete


def _nearest(found: list[_Found], expected: State, tied: list[list[str]]) -> Chosen:
    """Choose what has most names of a network, for the message that says what does not fit."""

    def common(pair: tuple[_Found, str]) -> int:
        one, prefix = pair
        return sum(prefix + name in one.state for name in expected)

    pairs = [
        (one, prefix)
        for one in found
        for prefix in ("", *_shared(one.state), *_candidates(one.state, tied))
    ]
    one, prefix = max(pairs, key=common)
    own = {name.removeprefix(prefix): value for name, value in one.state.items()}
    return Chosen(_completed(own, tied))


def _shared(state: State) -> list[str]:
    """List the prefixes that all names of a file share, the shortest first."""
    names = [name.split(".")[:-1] for name in state]
    shared: list[str] = []
    for parts in zip(*names, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(f"{shared[-1] if shared else ''}{parts[0]}.")
    return shared
