"""network_inputs: weights of networks, and the images that make a network anew."""

from _plans import wildcards

from unhans.pipeline import network_inputs


def test_the_hash_of_weights_is_checked_and_no_setting(images):
    at = wildcards(corpus="mine", model="vgg16")
    plain = images(model={"weights": "vgg.pth"})
    hashed = images(model={"weights": "vgg.pth", "sha256": "0123abcd"})
    assert plain.settings("model", at) == hashed.settings("model", at)
    assert (
        network_inputs.asked(plain, at)["sha256"],
        network_inputs.asked(hashed, at)["sha256"],
    ) == (None, "0123abcd")


def test_a_local_file_of_weights_is_an_input_and_a_name_is_none(images, monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    at = wildcards(corpus="mine", model="vgg16")
    assert network_inputs.weights(images(model={"weights": "~/vgg.pth"}), at) == [
        "/home/me/vgg.pth"
    ]
    for name in ("a.safetensors", "a.pt", "last.ckpt", "model_best.pth.tar", "pytorch_model.bin"):
        assert network_inputs.weights(images(model={"weights": name}), at) == [name]
    assert network_inputs.weights(images(model={"weights": "IMAGENET1K_V1"}), at) == []
    assert network_inputs.weights(images(), at) == []


def test_each_network_is_made_by_one_stage(images):
    assert network_inputs.networks(images(), "model") == ["vgg16"]
    tuned = images(model={"fine_tuning": {"frozen": "features.16"}}, corpus={"classes": 2})
    assert network_inputs.networks(tuned, "fine_tuning") == ["vgg16"]
    assert not network_inputs.networks(tuned, "model")
    # It is trained on all classes, also where two of them are analysed.
    assert len(tuned.classes.needed("mine")) == 12
    assert len(images(corpus={"classes": 2}).classes.needed("mine")) == 2
    settings = tuned.settings("fine_tuning", tuned.config.analyses()[0])
    assert settings["fine_tuning"]["frozen"] == "features.16"
    assert (settings["classes"], settings["planting"]) == (12, [])
