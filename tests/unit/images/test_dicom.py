"""dicom: one picture of a file as radiologists see it, or one reason."""

import io
import sys

import numpy as np
import pytest
from deep_images import ramp

from unhans.errors import InputError
from unhans.images import decoding, image_folder
from unhans.images.depth import Levels

pydicom = pytest.importorskip("pydicom")

VALUES = ramp(4095).astype(np.uint16)


def dicom(values=VALUES, *, bits=12, signed=False, kind="MONOCHROME2", syntax=None, **tags):
    """Encode values as a DICOM file with further tags."""
    made = pydicom.Dataset()
    made.file_meta = pydicom.dataset.FileMetaDataset()
    made.file_meta.TransferSyntaxUID = syntax or pydicom.uid.ExplicitVRLittleEndian
    made.file_meta.MediaStorageSOPClassUID = pydicom.uid.SecondaryCaptureImageStorage
    made.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    made.Rows, made.Columns = values.shape[:2]
    made.SamplesPerPixel = 1 if values.ndim == 2 else 3
    if values.ndim == 3:
        made.PlanarConfiguration = 0
    made.PhotometricInterpretation = kind
    made.BitsAllocated = values.dtype.itemsize * 8
    made.BitsStored, made.HighBit = bits, bits - 1
    made.PixelRepresentation = int(signed)
    made.PixelData = values.tobytes()
    for name, value in tags.items():
        if value is None:
            delattr(made, name)
        else:
            setattr(made, name, value)
    if syntax is not None:
        made["PixelData"].VR = "OB"
        made["PixelData"].is_undefined_length = True
    file = io.BytesIO()
    pydicom.dcmwrite(file, made, enforce_file_format=True)
    return file.getvalue()


def table(entries, first=0, bits=8):
    item = pydicom.Dataset()
    item.LUTDescriptor = [len(entries), first, bits]
    item.LUTData = np.asarray(entries).astype("<u2" if bits > 8 else "u1").tobytes()
    item.ModalityLUTType = "US"
    return pydicom.Sequence([item])


@pytest.fixture
def read(tmp_path):
    def found(content, window=None, **options):
        path = tmp_path / "image.dcm"
        path.write_bytes(content)
        decoded = decoding.read(path, levels=Levels(window=window), **options)
        assert decoded.image.mode == "RGB"
        assert decoded.guessed == 0
        return np.asarray(decoded.image)

    return found


def linear(values, centre, width):
    """The standard's pseudo-code, PS3.3 C.11.2.1.2.1."""
    low, high = centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2
    between = ((values - (centre - 0.5)) / (width - 1) + 0.5) * 255
    return np.where(values <= low, 0, np.where(values > high, 255, between))


def near(found, wanted):
    assert (found == found[..., :1]).all()
    np.testing.assert_allclose(found[..., 0], wanted, atol=1)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
def test_without_a_window_the_bits_stored_are_shown(read, bits):
    values = ramp(2**bits - 1).astype(np.uint8 if bits == 8 else np.uint16)
    near(read(dicom(values, bits=bits)), values * (255 / (2**bits - 1)))


@pytest.mark.parametrize(("centre", "width"), [(2048, 4096), (40, 400), (1000, 2), (3000, 100)])
def test_the_window_of_the_file_is_shown(read, centre, width):
    content = dicom(WindowCenter=centre, WindowWidth=width)
    near(read(content), linear(VALUES, centre, width))


def test_hounsfield_units_are_windowed_after_rescaling(read):
    content = dicom(
        RescaleSlope=2, RescaleIntercept=-1024, WindowCenter=[40, 500], WindowWidth=[400, 9]
    )
    near(read(content), linear(VALUES * 2.0 - 1024, 40, 400))  # the first of its windows
    near(read(content, (-600, 1500)), ((VALUES * 2.0 - 1024 + 600) / 1500 + 0.5).clip(0, 1) * 255)


@pytest.mark.parametrize("slope", [-1, -0.5])
def test_a_negative_slope_turns_the_values_once(read, slope):
    content = dicom(RescaleSlope=slope, RescaleIntercept=100, WindowCenter=-900, WindowWidth=800)
    near(read(content), linear(VALUES * float(slope) + 100, -900, 800))
    near(read(dicom(RescaleSlope=slope, RescaleIntercept=100)), 255 - VALUES * (255 / 4095))


def test_signed_values_are_signed(read):
    values = (ramp(4000) - 2000).astype(np.int16)
    content = dicom(values, bits=16, signed=True, WindowCenter=0, WindowWidth=2000)
    near(read(content), linear(values, 0, 2000))


@pytest.mark.parametrize("function", ["LINEAR_EXACT", "SIGMOID"])
def test_other_functions_of_a_window(read, function):
    content = dicom(WindowCenter=2000, WindowWidth=1000, VOILUTFunction=function)
    position = (VALUES - 2000.0) / 1000
    wanted = {
        "LINEAR_EXACT": (position + 0.5).clip(0, 1),
        "SIGMOID": 1 / (1 + np.exp(-4 * position)),
    }
    near(read(content), wanted[function] * 255)


@pytest.mark.parametrize("window", [None, (2000, 1000)])
def test_monochrome1_is_dark_where_values_are_high(read, window):
    tags = {"WindowCenter": 1500, "WindowWidth": 1000}
    plain, film = (read(dicom(kind=f"MONOCHROME{n}", **tags), window) for n in (2, 1))
    np.testing.assert_array_equal(film, 255 - plain)


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_a_table_for_values_of_interest_goes_before_a_window(read, bits):
    entries = np.arange(4096) ** 2 * (2**bits - 1) // 4095**2
    content = dicom(VOILUTSequence=table(entries, bits=bits), WindowCenter=1, WindowWidth=2)
    near(read(content), entries[VALUES] * (255 / (2**bits - 1)))
    part = dicom(VOILUTSequence=table(entries[1000:2000], first=1000, bits=bits))
    near(read(part), entries[VALUES.clip(1000, 1999)] * (255 / (2**bits - 1)))


def test_a_table_of_the_modality_goes_before_a_window(read):
    entries = np.arange(4096)[::-1]
    tags = {"WindowCenter": 1000, "WindowWidth": 500}
    content = dicom(ModalityLUTSequence=table(entries, bits=16), **tags)
    near(read(content), linear(entries[VALUES], 1000, 500))


def test_colours_and_palettes_are_shown(read):
    values = ramp(255, 3).astype(np.uint8)
    np.testing.assert_array_equal(read(dicom(values, bits=8, kind="RGB")), values)
    index = (ramp(255)).astype(np.uint8)
    tags = {}
    for number, name in enumerate(("Red", "Green", "Blue")):
        tags[f"{name}PaletteColorLookupTableDescriptor"] = [256, 0, 16]
        entries = np.roll(np.arange(256), number).astype("<u2") * 257
        tags[f"{name}PaletteColorLookupTableData"] = entries.tobytes()
    shown = read(dicom(index, bits=8, kind="PALETTE COLOR", **tags))
    assert np.abs(shown[..., 0].astype(int) - index).max() <= 1


def test_luminance_and_colour_differences_become_colours(read):
    values = np.full((4, 4, 3), 128, dtype=np.uint8)
    assert np.abs(read(dicom(values, bits=8, kind="YBR_FULL")).astype(int) - 128).max() <= 1


CUT = dicom()[:-3000]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            dicom(np.tile(VALUES, (1, 1)), NumberOfFrames=2, PixelData=VALUES.tobytes() * 2),
            "a DICOM file of 2 frames; expected one picture a file",
        ),
        (dicom(PixelData=None), "a DICOM file with no picture; expected PixelData"),
        (dicom(Rows=None), "a DICOM file without Rows"),
        (CUT, "damaged DICOM file"),
        (bytes(128) + b"DICM" + b"\xff" * 50, "DICOM file"),
        (
            dicom(ramp(100).astype(np.uint16), bits=16),
            "without a window, of values from 0 to 100 where its bits hold 0 to 65535; expected window",
        ),
        (
            dicom(WindowCenter=5, WindowWidth=0),
            "with a window of 5, 0, LINEAR, which shows nothing; expected window",
        ),
        (
            dicom(
                syntax="1.2.840.10008.1.2.4.90", PixelData=pydicom.encaps.encapsulate([b"\0" * 99])
            ),
            "compressed as JPEG 2000 .*which pydicom cannot decode here; expected its plugins",
        ),
    ],
)
def test_what_cannot_be_shown_is_one_reason(read, content, said):
    with pytest.raises(InputError, match=said) as fault:
        read(content)
    assert "\n" not in str(fault.value)


def test_colours_have_no_window(read):
    content = dicom(ramp(255, 3).astype(np.uint8), bits=8, kind="RGB")
    with pytest.raises(InputError, match="colours, which have no window"):
        read(content, (1, 2))


def test_large_pictures_are_refused_before_they_are_decoded(read):
    with pytest.raises(InputError, match="has 64 x 48 pixels, more than 3,071"):
        read(dicom(), max_pixels=48 * 64 - 1)


def test_without_pydicom_the_reason_says_what_to_install(read, monkeypatch):
    monkeypatch.setitem(sys.modules, "pydicom", None)
    with pytest.raises(InputError, match=r"a DICOM file; reading it needs pydicom 3 \(pip install"):
        read(dicom())


@pytest.mark.parametrize("name", ["a.dcm", "A.DCM", "b.dicom"])
def test_a_folder_of_dicom_files_is_one_of_images(tmp_path, name):
    (tmp_path / name).write_bytes(dicom())
    assert image_folder.walk(tmp_path) == [(name, "")]
    (row,) = image_folder.examine(tmp_path, [name])
    assert (row.width, row.height, row.status) == (64, 48, "ok")


def test_reading_is_silent(read, capfd, recwarn):
    read(dicom(VOILUTSequence=table(np.arange(4096) // 16), RescaleSlope=1, RescaleIntercept=0.5))
    with pytest.raises(InputError):
        read(CUT)
    assert capfd.readouterr() == ("", "")
    assert not list(recwarn)


@pytest.mark.parametrize("encoding", ["ExplicitVRLittleEndian", "ImplicitVRLittleEndian"])
@pytest.mark.parametrize("with_meta", [False, True])
def test_files_without_preamble_are_read(read, encoding, with_meta):
    syntax = getattr(pydicom.uid, encoding)
    dataset = pydicom.dcmread(io.BytesIO(dicom(WindowCenter=2048, WindowWidth=4096)))
    dataset.SOPClassUID = pydicom.uid.SecondaryCaptureImageStorage
    dataset.file_meta.TransferSyntaxUID = syntax
    if not with_meta:
        del dataset.file_meta
    dataset.preamble = None
    file = io.BytesIO()
    options = {"implicit_vr": "Implicit" in encoding, "little_endian": True}
    pydicom.dcmwrite(file, dataset, **({} if with_meta else options))
    assert file.getvalue()[128:132] != b"DICM"
    near(read(file.getvalue()), linear(VALUES.astype(float), 2048, 4096))


def test_padding_is_black_whichever_way_grey_values_run(read):
    values = VALUES.copy()
    values[:10] = 0
    for kind in ("MONOCHROME1", "MONOCHROME2"):
        window = {"WindowCenter": 1000, "WindowWidth": 2000}
        plain = read(dicom(values, kind=kind, **window))
        shown = read(dicom(values, kind=kind, PixelPaddingValue=0, **window))
        inside = values > 0
        np.testing.assert_array_equal(shown[inside], plain[inside])
        assert not shown[~inside].any()
    ranged = read(dicom(kind="MONOCHROME1", PixelPaddingValue=0, PixelPaddingRangeLimit=2000))
    assert not ranged[VALUES <= 2000].any()
    assert ranged[(VALUES > 2000) & (VALUES < 4000)].all()


def test_padding_counts_for_no_range(read):
    values = (VALUES // 64).astype(np.int16)
    values[:10] = -2000
    with pytest.raises(InputError, match=r"of values from 1[0-9] to 63 "):
        read(dicom(values, signed=True, PixelPaddingValue=-2000))


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("high", [11, 13, 15])
def test_stored_bits_may_lie_above_others(read, signed, high):
    least = -2048 if signed else 0
    stored = ((VALUES.astype(int) + least) << (high - 11)) & 0xFFFF
    rubbish = np.arange(stored.size).reshape(stored.shape) % 2 ** (high - 11)
    content = dicom(
        (stored & ((1 << (high + 1)) - 1) | rubbish).astype(np.uint16),
        signed=signed,
        HighBit=high,
        WindowCenter=least + 2048,
        WindowWidth=4096,
    )
    near(read(content), linear(VALUES.astype(float), 2048, 4096))


def test_a_slope_of_zero_is_refused(read):
    with pytest.raises(InputError, match="RescaleSlope is 0"):
        read(dicom(RescaleSlope=0, RescaleIntercept=0, WindowCenter=2048, WindowWidth=4096))
