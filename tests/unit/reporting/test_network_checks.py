"""network_checks: each network's check is said in a sentence."""

from unhans.reporting import network_checks

PATH = "results/pets/mine/model.zarr.zip"
CHECK = {
    "conserved": 0.9987,
    "bounds": [0.9, 1.1],
    "engine": "by the fast engine on cpu",
    "remarks": ["stem calls fold, for which there is no rule"],
    "images": "2 images of noise and 4 of the corpus",
}


def test_the_sentence_says_what_was_measured_and_of_what():
    said = network_checks.describe({PATH: {"transform": None, "check": CHECK}})
    assert said == (
        "Network mine on pets: by the fast engine on cpu; 0.999 of the logit reaches the pixels without "
        "biases (0.9 to 1.1), of 2 images of noise and 4 of the corpus; input: digits as they are, "
        "channels 1; stem calls fold, for which there is no rule."
    )


def test_what_was_not_measured_is_said():
    said = network_checks.describe({PATH: {"check": {**CHECK, "conserved": None}}})
    assert "conservation of relevance could not be measured, of 2 images of noise" in said
    assert "it was not checked" in network_checks.describe({PATH: {}})


def test_each_network_has_its_sentence():
    other = "results/pets/theirs/model.zarr.zip"
    said = network_checks.describe({PATH: {"check": CHECK}, other: {"check": CHECK}})
    assert said.count("Network ") == 2
