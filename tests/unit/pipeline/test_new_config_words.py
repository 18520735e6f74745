"""new_config_words: what a terminal shows of a folder of images."""

from PIL import Image

from unhans.pipeline import new_config, new_config_words


def test_classes_formats_and_what_is_set_aside_are_said(tmp_path):
    for split, count in (("train", 3), ("val", 2), ("test", 1)):
        for number in range(13):
            folder = tmp_path / "pics" / split / f"class {number:02d}"
            folder.mkdir(parents=True)
            for image in range(count):
                Image.new("L", (9, 12)).save(folder / f"{image}.png")
    (folder.parents[1] / "train/class 12/a\nb.txt").write_text("")
    (folder.parents[1] / "read me").write_text("")
    asked = new_config.Asked(str(tmp_path / "pics"), "vgg16", "IMAGENET1K_V1")
    said = new_config_words.describe(new_config.make(asked, "pics.yaml")).splitlines()
    assert said[0] == f"{tmp_path}/pics: 13 classes, 65 images in train, val"
    assert said[2:4] == [
        "class     output  train  val  set aside",
        "class 00       0      3    2          0",
    ]
    text = "\n".join(said)
    for line in (
        "and 1 more classes, of 5 to 5 images",
        "formats: 65 PNG; 65 grey; shorter side 9 to 9 pixels, median 9 (all files read)",
        "set aside: 1 no image: suffix '.txt', such as train/class 12/a\\nb.txt",
        "left out: test (name it in splits)",
        "not read: 1 beside the classes: read me",
        "network: vgg16, IMAGENET1K_V1: 1000 outputs; input: resize 256 (bilinear), crop 224,",
        "MISSING: corpus.pics: 13 classes were counted",
    ):
        assert f"\n{line}" in text, line
