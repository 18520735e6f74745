"""checkpoints: files of training scripts are read as they come, and nothing in them is run."""

import argparse
import collections
import datetime
import enum
import functools
import importlib
import os
import pathlib
import pickle

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from unhans.errors import StoreError
from unhans.images.transform import Transform
from unhans.networks import pretrained, registry, tensor_file, weights


def network(classes=4, seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(
        collections.OrderedDict(
            conv=nn.Conv2d(3, 4, 3),
            bn=nn.BatchNorm2d(4),
            flat=nn.Flatten(),
            fc=nn.Linear(16, classes),
        )
    ).eval()


STATE = network(seed=1).state_dict()
OTHER = network(seed=2).state_dict()


def named(prefix, state=STATE):
    return {prefix + name: value for name, value in state.items()}


def filled(content, path, classes=4):
    if not path.exists():
        torch.save(content, path)
    made = network(classes)
    return made, pretrained.fill(made, path)


def equal(made, state=STATE):
    return all(torch.equal(value, state[name]) for name, value in made.state_dict().items())


class Own:
    def __init__(self):
        self.rate = 3


class OwnDict(dict):
    pass


class OwnList(list):
    pass


class Colour(enum.Enum):
    RED = 1


def helper(value):
    raise AssertionError("code of a file was run")


@pytest.mark.parametrize(
    "prefixes",
    [
        *(["module."], ["model."], ["net."], ["backbone."], ["_orig_mod."], ["my.own.prefix."]),
        *(["module.", "model."], ["_orig_mod.", "module.", "net."]),
    ],
)
def test_any_prefix_that_all_names_share_is_taken_off(tmp_path, prefixes):
    state = STATE
    for prefix in prefixes:
        state = named(prefix, state)
    made, notes = filled(state, tmp_path / "w.pth")
    assert equal(made)
    assert notes == ()


@pytest.mark.parametrize("wrapper", ["module", "_orig_mod"])
@pytest.mark.parametrize("prefix", ["", "model."])
def test_wrappers_of_parts_of_a_network_are_taken_off(tmp_path, wrapper, prefix):
    state = named(prefix, {name.replace("fc.", f"fc.{wrapper}."): v for name, v in STATE.items()})
    made, notes = filled({"state_dict": state}, tmp_path / "w.pth")
    assert equal(made)
    assert notes == ()


@pytest.mark.parametrize(
    "keys",
    [
        *(["state_dict"], ["model_state_dict"], ["model"], ["net"], ["network"], ["weights"]),
        *(["model", "state_dict"], ["checkpoint", "model", "weights"], ["ema"], ["state_dict_ema"]),
    ],
)
def test_any_key_that_leads_to_the_tensors_is_followed(tmp_path, keys):
    content = named("module.")
    for key in reversed(keys):
        content = {
            "epoch": 3,
            key: content,
            "optimizer": {"state": {0: {"exp_avg": STATE["fc.bias"]}}},
        }
    assert equal(filled(content, tmp_path / "w.ckpt")[0])


@pytest.mark.parametrize(
    "beside",
    [
        np.float64(0.7),
        np.float32(1),
        np.int64(7),
        np.arange(5),
        np.array(["a", "b"]),
        np.random.RandomState(0).get_state(),
        argparse.Namespace(lr=1, out=pathlib.Path("/tmp/x")),
        pathlib.PurePosixPath("a/b"),
        datetime.datetime(2024, 1, 1),
        Own(),
        OwnDict(a=1, b=OwnDict(c=2)),
        OwnList([1, 2]),
        OwnList([1]),
        OwnDict(a=1),
        Colour.RED,
        functools.partial(helper, 3),
        helper,
        collections.defaultdict(list, a=[1]),
        collections.deque([1, 2]),
        collections.Counter("aab"),
        {1, 2, 3},
        frozenset([1, 2]),
        complex(1, 2),
        b"bytes",
        slice(1, 2),
        range(3),
        torch.Size([1, 2]),
        torch.float16,
        torch.device("cpu"),
        [Own(), {"deep": (Own(), np.float64(1))}],
        None,
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_stands_beside_the_tensors_is_left_out(tmp_path, beside):
    content = {"args": beside, "state_dict": STATE, "later": [beside]}
    assert equal(filled(content, tmp_path / "w.pth")[0])
    old = tmp_path / "old.pth"
    torch.save(content, old, _use_new_zipfile_serialization=False)
    assert equal(filled(content, old)[0])


def test_what_stands_among_the_tensors_is_left_out(tmp_path):
    content = {**STATE, "epoch": 3, "best": np.float64(0.9), "args": Own()}
    assert equal(filled(content, tmp_path / "w.bin")[0])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *(("w.pth.tar", "torch"), ("w.ckpt", "torch"), ("w.bin", "torch"), ("W.PTH", "torch")),
        *(("w.pt", "old"), ("w.th", "old"), ("w.pkl", "torch")),
        *(("w.safetensors", "safetensors"), ("w.bin", "safetensors"), ("w.ckpt", "safetensors")),
    ],
)
def test_the_content_says_what_a_file_is(tmp_path, name, kind):
    path = tmp_path / name
    if kind == "safetensors":
        save_file(dict(STATE), path)
    else:
        torch.save(STATE, path, _use_new_zipfile_serialization=kind == "torch")
    assert equal(filled(None, path)[0])
    pretrained.find("resnet18", path, 4)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_precisions_become_float32(tmp_path, dtype):
    state = {
        name: value.to(dtype) if value.is_floating_point() else value
        for name, value in STATE.items()
    }
    made, _ = filled({"model": state}, tmp_path / "w.pth")
    assert {value.dtype for value in made.parameters()} == {torch.float32}
    assert equal(made, {name: value.to(STATE[name].dtype) for name, value in state.items()})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"state_dict": STATE, "state_dict_ema": OTHER}, "'state_dict_ema'"),
        (
            {"model": STATE, "model_ema": named("module.", OTHER)},
            "'model_ema', names from 'module.'",
        ),
        ({"ema": OTHER, "model": STATE}, "'ema'"),
        ({"state_dict": {**named("model."), **named("ema_model.", OTHER)}}, "from 'ema_model.'"),
        ({**STATE, **named("ema.", OTHER)}, "names from 'ema.'"),
    ],
)
def test_of_weights_and_their_moving_average_the_average_is_taken_and_said(tmp_path, content, said):
    made, notes = filled(content, tmp_path / "w.pth")
    assert equal(made, OTHER)
    assert len([note for note in notes if "the moving average" in note and said in note]) == 1


def test_the_same_weights_twice_are_one_network(tmp_path):
    copies = {name: value.clone() for name, value in STATE.items()}
    made, notes = filled({"model": STATE, "best": copies}, tmp_path / "w.pth")
    assert equal(made)
    assert notes == ()


def test_an_average_without_names_is_said_to_be_left_out(tmp_path):
    average = {"shadow_params": [*OTHER.values()]}
    made, notes = filled({"state_dict": STATE, "ema": average}, tmp_path / "w.pth")
    assert equal(made)
    assert notes[-1].endswith(
        "not the moving average under 'ema.shadow_params', whose tensors have no names"
    )


@pytest.mark.parametrize(
    "content",
    [
        {"state_dict": STATE, "best_state_dict": OTHER},
        {"student": STATE, "teacher": OTHER},
        {**named("student."), **named("teacher.", OTHER)},
        {"model": STATE, "ema": OTHER, "model_ema": OTHER | {"fc.bias": torch.zeros(4)}},
    ],
)
def test_two_networks_that_fit_are_refused(tmp_path, content):
    with pytest.raises(StoreError, match=r"w\.pth: holds the weights of [23] networks that fit \("):
        filled(content, tmp_path / "w.pth")


def test_the_same_tensors_under_two_keys_are_one_network(tmp_path):
    made, notes = filled({"model": STATE, "state_dict": STATE, "ema": STATE}, tmp_path / "w.pth")
    assert equal(made)
    assert notes == ()


@pytest.mark.parametrize(
    "beside",
    [
        {"criterion.weight": torch.ones(4)},
        {"n_averaged": torch.tensor(7)},
        {"loss.pos_weight": torch.ones(4), "metric.total": torch.tensor(0.0)},
    ],
)
def test_tensors_beside_the_network_that_are_no_layers_are_left_out_and_said(tmp_path, beside):
    made, notes = filled({"state_dict": {**named("model."), **beside}}, tmp_path / "w.ckpt")
    assert equal(made)
    (note,) = notes
    assert all(name in note for name in beside)


@pytest.mark.parametrize(
    "noted",
    [
        {
            f"{part}total_{what}": torch.zeros(1)
            for part in ("", "fc.")
            for what in ("ops", "params")
        },
        {"epoch": torch.tensor(3), "best_accuracy": torch.tensor(0.9)},
        {"model.global_step": torch.tensor(3)},
    ],
)
def test_numbers_that_programs_leave_among_the_tensors_are_left_out_and_said(tmp_path, noted):
    made, notes = filled({**named(""), **noted}, tmp_path / "w.pth")
    assert equal(made)
    (note,) = notes
    assert f"all but {len(noted)} tensors beside the network" in note
    assert next(iter(noted)) in note


def robust(other=STATE):
    statistics = {"new_mean": torch.zeros(3, 1, 1), "new_std": torch.ones(3, 1, 1)}
    beside = {**named("module.normalizer.", statistics)}
    beside |= named("module.attacker.normalize.", statistics)
    beside |= named("module.attacker.model.", other)
    return {"model": {**named("module.model."), **beside}, "epoch": 90}


def test_a_file_of_the_package_robustness_holds_its_network_once(tmp_path):
    made, notes = filled(robust(), tmp_path / "w.pt")
    assert equal(made)
    assert f"all but {len(STATE) + 4} tensors beside the network" in notes[0]
    with pytest.raises(StoreError):
        filled(robust(OTHER), tmp_path / "two.pt")


@pytest.mark.parametrize("surplus", ["logit_scale", "fc.scale", "epoch.weight"])
def test_a_number_that_may_belong_to_the_network_is_never_left_out(tmp_path, surplus):
    with pytest.raises(StoreError, match=f"1 are unknown .{surplus}"):
        filled({**named(""), surplus: torch.tensor(3.0)}, tmp_path / "w.pth")


@pytest.mark.parametrize("surplus", ["head.weight", "model.head.weight", "head.0.weight"])
def test_a_further_layer_is_never_left_out(tmp_path, surplus):
    content = {**named("model."), surplus: torch.ones(4, 4)}
    with pytest.raises(StoreError, match=r"1 are unknown \(head\."):
        filled(content, tmp_path / "w.pth")


def test_faults_are_said_of_the_names_of_the_network(tmp_path):
    path = tmp_path / "w.pth"
    torch.save({"state_dict": named("module."), "epoch": 1}, path)
    with pytest.raises(StoreError) as fault:
        pretrained.fill(network(classes=7), path)
    assert str(fault.value) == (
        f"{path}: weights do not fit the network; of 9 tensors 2 have another shape "
        "(fc.weight is (4, 16), expected (7, 16), fc.bias is (4,), expected (7,))"
    )
    del STATE_LESS["module.fc.bias"]
    torch.save({"state_dict": STATE_LESS}, path)
    with pytest.raises(StoreError, match=r"of 9 tensors 1 are missing \(fc\.bias\)$"):
        pretrained.fill(network(), path)


STATE_LESS = named("module.")


def test_integers_in_the_place_of_weights_are_refused(tmp_path):
    state = {**STATE, "fc.weight": torch.ones(4, 16, dtype=torch.int8)}
    with pytest.raises(
        StoreError, match=r"have another type \(fc\.weight is torch\.int8, expected"
    ):
        filled(state, tmp_path / "w.pth")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e300])
def test_weights_that_are_no_finite_numbers_of_the_network_are_refused(tmp_path, value):
    weight = STATE["fc.weight"].to(torch.float64).clone()
    weight[1, 2] = value
    with pytest.raises(StoreError, match=r"w\.pth: holds NaN or infinite weights \(fc\.weight\)"):
        filled({**STATE, "fc.weight": weight}, tmp_path / "w.pth")


class Indexed(nn.Module):
    """A network that keeps integers and booleans beside its weights."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 2)
        self.register_buffer("place", torch.arange(4))
        self.register_buffer("mask", torch.ones(3, dtype=torch.bool))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("place", torch.arange(4).to(torch.complex64)),
        ("place", torch.arange(4).to(torch.complex64) + 1j),
        ("place", torch.arange(4).to(torch.float32)),
        ("place", torch.arange(4) > 1),
        ("mask", torch.ones(3, dtype=torch.complex64)),
        ("mask", torch.tensor([0, 1, 2], dtype=torch.uint8)),
        ("fc.weight", torch.ones(2, 3, dtype=torch.complex64)),
        ("fc.weight", torch.ones(2, 3, dtype=torch.int64)),
        ("fc.weight", torch.ones(2, 3).to(torch.float8_e4m3fn)),
    ],
)
def test_tensors_of_another_kind_than_the_network_has_are_refused(tmp_path, name, value, recwarn):
    torch.save({**Indexed().state_dict(), name: value}, tmp_path / "w.pth")
    with pytest.raises(
        StoreError, match=rf"1 have another type \({name} is {value.dtype}, expected"
    ):
        pretrained.fill(Indexed(), tmp_path / "w.pth")
    assert not recwarn.list


def test_integers_that_another_type_holds_as_well_are_taken(tmp_path):
    state = {**Indexed().state_dict(), "place": torch.tensor([3, 2, 1, 0], dtype=torch.int16)}
    torch.save(state, tmp_path / "w.pth")
    made = Indexed()
    pretrained.fill(made, tmp_path / "w.pth")
    assert made.place.tolist() == [3, 2, 1, 0]


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (torch.ones(2, 3).to_sparse(), r"of layout torch\.sparse_coo"),
        (torch.ones(2, 3, device="meta"), "a tensor without values"),
    ],
)
def test_tensors_that_are_not_dense_are_refused_by_name(tmp_path, value, what):
    torch.save({**Indexed().state_dict(), "fc.weight": value}, tmp_path / "w.pth")
    with pytest.raises(StoreError, match=rf"w\.pth: 'fc\.weight' is {what}; expected a dense"):
        pretrained.fill(Indexed(), tmp_path / "w.pth")


class Trap:
    """Runs a function when it is read as its author meant."""

    def __init__(self, function, *arguments):
        self.made_of = (function, arguments)

    def __reduce__(self):
        return self.made_of


def mark(path):
    pathlib.Path(path).write_text("code of a file was run")


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("function", [os.system, mark, eval, exec, getattr, os.remove, print])
def test_code_in_a_file_never_runs(tmp_path, function, old):
    victim = tmp_path / "victim"
    victim.write_text("still here")
    arguments = {
        os.system: [f"rm {victim}"],
        mark: [str(victim)],
        eval: [f"__import__('os').remove({str(victim)!r})"],
        exec: [f"import os; os.remove({str(victim)!r})"],
        getattr: ["text", "join"],
        os.remove: [str(victim)],
        print: ["code of a file was run"],
    }[function]
    for number, content in enumerate(
        (
            {"state_dict": STATE, "args": Trap(function, *arguments)},
            {**STATE, "fc.bias": Trap(function, *arguments)},
            Trap(function, *arguments),
        )
    ):
        path = tmp_path / f"{number}.pth"
        torch.save(content, path, _use_new_zipfile_serialization=not old)
        try:
            pretrained.fill(network(), path)
        except StoreError as fault:
            text = str(fault)
            assert text.startswith(f"{path}: ")
            assert "\n" not in text
            assert "\x1b" not in text
            assert "trusted source" not in text
        assert victim.read_text() == "still here"
    (tmp_path / "bare.pt").write_bytes(pickle.dumps(Trap(function, *arguments), protocol=2))
    with pytest.raises(StoreError, match=r"bare\.pt: refused"):
        pretrained.fill(network(), tmp_path / "bare.pt")
    assert victim.read_text() == "still here"


def test_no_stand_in_outlives_the_reading_of_a_file(tmp_path):
    before = set(torch.serialization.get_safe_globals())
    filled({"state_dict": STATE, "args": [Own(), Colour.RED]}, tmp_path / "w.pth")
    assert set(torch.serialization.get_safe_globals()) == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            network(),
            r"refused: holds an object of collections|holds an object of torch.*could run code",
        ),
        ({"model": network()}, r"refused: holds an object of torch.* \('model'\)"),
        (
            {"model": {name: value.numpy() for name, value in STATE.items()}},
            r"refused: holds an object of numpy.* \('model\.conv\.weight'\); expected tensors",
        ),
        ([STATE["fc.bias"]], "holds list; expected tensors by name"),
        (STATE["fc.bias"], "holds Tensor; expected tensors by name"),
        ({}, "holds an empty dictionary; expected tensors by name"),
        ({"fc": 3}, "holds no tensors by name: 'fc' is not a tensor; expected a state dict"),
        ({"a": 1, "b": 2, "c": 3, "d": 4}, r"'a', 'b', 'c', \.\.\. are not tensors"),
    ],
)
def test_a_file_without_weights_is_not_called_damaged(tmp_path, content, said):
    with pytest.raises(StoreError, match=said) as fault:
        filled(content, tmp_path / "w.pth")
    assert "damaged" not in str(fault.value)


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"hello", bytes(100), b"\x89HDF\r\n\x1a\n" + bytes(50)]
)
@pytest.mark.parametrize("name", ["w.pth", "w.ckpt", "w.bin", "w.pth.tar"])
def test_what_is_no_file_of_weights_is_one_line(tmp_path, content, name):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(
        StoreError, match="refused: it is damaged, or holds more than tens"
    ) as fault:
        pretrained.fill(network(), path)
    text = str(fault.value)
    assert "\n" not in text
    assert "\x1b" not in text
    assert len(text) < 1_300 + len(str(path))


def test_what_torch_cannot_read_has_its_reason(tmp_path, recwarn):
    torch.jit.script(network()).save(str(tmp_path / "script.pt"))
    torch.save(STATE, tmp_path / "other.pt", pickle_protocol=4)
    recwarn.clear()
    with pytest.raises(StoreError, match=r"script\.pt: refused: .*\(Cannot use .* TorchScript"):
        pretrained.fill(network(), tmp_path / "script.pt")
    with pytest.raises(
        StoreError, match=r"other\.pt: refused: .*\(it is written with another proto"
    ):
        pretrained.fill(network(), tmp_path / "other.pt")
    assert not list(recwarn)


@pytest.mark.parametrize(("packer", "kind"), [("gzip", "gzip"), ("bz2", "bzip2"), ("lzma", "xz")])
def test_compressed_files_are_named_as_such(tmp_path, packer, kind):
    torch.save(network().state_dict(), tmp_path / "w.pth")
    packed = importlib.import_module(packer).compress((tmp_path / "w.pth").read_bytes())
    (tmp_path / "w.pth").write_bytes(packed)
    with pytest.raises(
        StoreError, match=rf"w\.pth: is compressed \({kind}\); expected it unpacked"
    ):
        pretrained.fill(network(), tmp_path / "w.pth")


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(nn.Conv2d(3, 4, 5, 4), nn.BatchNorm2d(4), nn.Flatten())
        self.features = nn.Sequential(*self.backbone.children())
        self.fc = nn.Linear(16, 4)
        self.again = nn.Linear(16, 4)
        self.again.weight = self.fc.weight

    def forward(self, x):
        return self.again(self.features(x))


class Parts(nn.Module):
    """Two buffers are parts of one tensor, and one is it transposed."""

    def __init__(self):
        super().__init__()
        whole = torch.randn(8, 3)
        self.register_buffer("upper", whole[:5])
        self.register_buffer("lower", whole[3:])
        self.register_buffer("turned", whole.T)


@pytest.mark.parametrize("kind", [Tied, Parts])
def test_layers_that_share_a_tensor_are_saved_and_come_back(tmp_path, kind):
    torch.manual_seed(3)
    made, path = kind(), tmp_path / "weights.safetensors"
    digest = weights.save_weights(made, path)
    assert weights.save_weights(made, path) == digest
    torch.manual_seed(4)
    again = weights.load_weights(kind(), path, digest)
    assert equal(again, made.state_dict())


@pytest.mark.parametrize("left", ["backbone.", "features."])
def test_a_file_that_has_a_shared_tensor_once_is_complete(tmp_path, left):
    torch.manual_seed(3)
    made, again = Tied(), Tied()
    state = {name: value for name, value in made.state_dict().items() if not name.startswith(left)}
    del state["fc.weight"]
    path = tmp_path / "w.safetensors"
    save_file({name: value.clone() for name, value in named("model.", state).items()}, path)
    assert pretrained.fill(again, path) == ()
    assert equal(again, made.state_dict())


def test_two_different_tensors_for_a_shared_one_are_refused_by_their_names(tmp_path):
    torch.manual_seed(3)
    state = {name: value.clone() for name, value in Tied().state_dict().items()}
    path = tmp_path / "w.safetensors"
    save_file(named("model.", state), path)
    pretrained.fill(Tied(), path)
    state["again.weight"] = state["fc.weight"] + 1
    save_file(named("model.", state), path)
    with pytest.raises(StoreError, match=r"'fc\.weight' and 'again\.weight' are different tensors"):
        pretrained.fill(Tied(), path)


def test_a_state_of_more_than_tensors_is_refused(tmp_path):
    class Extra(nn.Linear):
        def get_extra_state(self):
            return {"a": 1}

    with pytest.raises(StoreError, match=r"'_extra_state' of the network's state is no tensor"):
        weights.save_weights(Extra(2, 2), tmp_path / "w.safetensors")


def test_what_was_taken_is_said_with_the_input():
    made = registry.Network(
        network(), list, Transform(8, 6, (0.5,), (0.25,)), 4, "conv", ("weights: the average",)
    )
    assert weights.describe(made, "mine") == (
        "model: mine: 4 classes; input: resize 8 (bilinear), crop 6, channels 1, mean 0.5, std 0.25\n"
        "model: weights: the average"
    )


def test_a_name_list_is_shortened():
    assert tensor_file.few(["a", "b"]) == "a, b"
    assert tensor_file.few(["a", "b", "c", "d"]) == "a, b, c, ..."
