"""givers: a job reads the images of the classes that give to its own."""

from _plans import make, wildcards

from unhans.pipeline import givers


def test_the_images_of_the_classes_that_give_are_read_with_those_of_a_class():
    made = make()
    (chunk,) = made.chunks("movement")
    at = wildcards(corpus="digits", model="small_vgg", class_id="8")
    names = ["9", "0", "1", "2", "3", "4", "5", "6", "7"]
    assert givers.of_each(made, chunk)(at) == {"8": {"givers": names}}
    assert givers.images(made, chunk)(at) == [
        f"results/digits/corpus/{name}.zarr.zip" for name in names
    ]


def test_classes_of_a_chunk_have_as_many_givers_each():
    made = make(execution={"classes_per_job": 4})
    for chunk in made.chunks("movement"):
        at = wildcards(corpus="digits", model="small_vgg")
        assert list(givers.of_each(made, chunk)(at)) == list(chunk.classes)
        assert len(givers.images(made, chunk)(at)) == 9 * len(chunk.classes)
