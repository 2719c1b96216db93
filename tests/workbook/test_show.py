"""The pictures layer, judged on the shipped digits; and the script that draws them."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import types
import zlib
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbook import show
from workbook.errors import BadInput
from workbook.show import _png, frontend

DATA = Path(__file__).parents[2] / "chapter0_fundamentals" / "data"
MIME = "application/vnd.plotly.v1+json"
MOST_LETTERS = 60_000  # of one figure, as a notebook stores it
MOST_WIDE = 620  # screen pixels: what a notebook has room for in a window of 800

Array = np.ndarray[Any, Any]


@pytest.fixture(scope="module")
def digits() -> Array:
    """UInt8, shape (6, 3, 150, 150)."""
    return np.load(DATA / "numbers.npy")


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What `display` publishes while the test pretends to run in a notebook."""
    bundles: list[dict[str, Any]] = []
    shell = types.SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setattr(frontend, "_publish", bundles.append)
    return bundles


def in_a_row(arr: Array) -> Array:
    return np.concatenate(list(arr), axis=2)


def two_rows(arr: Array) -> Array:
    return np.concatenate([in_a_row(arr[:3]), in_a_row(arr[3:])], axis=1)


def pixels_of(source: str) -> Array:
    """Decode a PNG as the encoder writes them, filter by filter: shape (height, width) or (3, height, width)."""
    data = base64.b64decode(source.removeprefix("data:image/png;base64,"))
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        name, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert int.from_bytes(data[at + 8 + size : at + 12 + size], "big") == zlib.crc32(name + body)
        chunks[name] = body
        at += 12 + size
    width, height = (int.from_bytes(chunks[b"IHDR"][k : k + 4], "big") for k in (0, 4))
    kind = chunks[b"IHDR"][9]
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, -1)
    filters, values = rows[:, 0], rows[:, 1:]
    assert set(filters) <= {0, 2}
    if filters[0] == 2:
        values = np.cumsum(values, axis=0, dtype=np.uint8)
    if kind == 0:
        return values
    if kind == 3:
        palette = np.frombuffer(chunks[b"PLTE"], np.uint8).reshape(-1, 3)
        return palette[values].transpose(2, 0, 1)
    return values.reshape(height, width, 3).transpose(2, 0, 1)


def letters(figure: Any) -> int:
    return len(figure.to_json())


# The digits


def test_draw_numbers_reproducible() -> None:
    command = [sys.executable, str(DATA / "draw_numbers.py"), "--check"]
    for _ in range(2):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "up to date" in done.stdout


def test_draw_numbers_stale(tmp_path: Path) -> None:
    script = tmp_path / "draw_numbers.py"
    script.write_bytes((DATA / "draw_numbers.py").read_bytes())
    missing = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert missing.returncode == 1
    assert "stale or missing" in missing.stdout
    assert not (tmp_path / "numbers.npy").exists()
    subprocess.run([sys.executable, script], capture_output=True, check=True)
    assert (tmp_path / "numbers.npy").read_bytes() == (DATA / "numbers.npy").read_bytes()


def test_digits_shape(digits: Array) -> None:
    assert digits.shape == (6, 3, 150, 150)
    assert digits.dtype == np.uint8


def test_digits_channels_differ(digits: Array) -> None:
    for picture in digits.astype(float):
        for one, other in combinations(picture, 2):
            assert np.abs(one - other).mean() > 20


def test_digits_pictures_differ(digits: Array) -> None:
    for one, other in combinations(digits.astype(float), 2):
        assert np.abs(one - other).mean() > 20
    assert len({tuple(picture[:, 75, 0]) for picture in digits}) == 6, "two papers are equal"
    assert len({tuple(picture[:, 0, 0]) for picture in digits}) == 6, "two inks are equal"


def test_digits_asymmetric(digits: Array) -> None:
    for picture in digits.astype(float):
        upright, transposed = picture, picture.transpose(0, 2, 1)
        turned = [np.rot90(x, k, axes=(1, 2)) for x in (upright, transposed) for k in range(4)]
        for other in turned[1:]:
            assert np.abs(picture - other).mean() > 10


def test_digits_shrink_visibly(digits: Array) -> None:
    """Maximum, minimum, mean and skipping give four different pictures, and the maximum thins the ink."""
    blocks = digits.astype(float).reshape(6, 3, 75, 2, 75, 2)
    shrunk = [digits[:, :, ::2, ::2].astype(float)]
    shrunk += [getattr(np, name)(blocks, axis=(3, 5)) for name in ("max", "mean", "min")]
    corner = [pictures[:, :, 60:, 60:] for pictures in shrunk]
    for one, other in combinations(corner, 2):
        assert (np.abs(one - other).mean(axis=(2, 3)).max(axis=1) > 10).all()
    paper, ink = digits[:, :, 75, 0, None, None], digits[:, :, 0, 0, None, None]
    assert (paper > ink).all()
    skipped, thin, _, thick = ((pictures[:, :, 5:50, 10:] == ink).mean() for pictures in shrunk)
    assert thin < 0.97 * skipped < 0.97**2 * thick


# Pictures


@pytest.mark.parametrize("select", [(0,), (0, 0), (slice(None), 1)], ids=["colour", "grey", "six rows"])
def test_picture_pixels(digits: Array, select: tuple[Any, ...]) -> None:
    array = digits[select] if len(select) == 1 else digits[select].reshape(-1, 150)
    figure = show.picture(array)
    assert np.array_equal(pixels_of(figure.data[0].source), array)


def test_picture_many_colours() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (3, 40, 50), dtype=np.uint8)
    assert np.array_equal(pixels_of(_png.data_uri(noise)), noise)


def test_picture_size(digits: Array) -> None:
    def size(array: Array, title: str = "") -> tuple[int, int]:
        layout = show.picture(array, title).layout
        return layout.height, layout.width

    assert size(digits[0]) == (150, 150)
    assert size(digits[0], "a title") == (176, 150)
    assert size(in_a_row(digits)) == (100, 600)
    assert size(digits[0, :, :4, :6]) == (160, 240)
    assert size(np.concatenate(list(digits), axis=1)) == (600, 100)


def test_picture_plain(digits: Array) -> None:
    layout = show.picture(digits[0]).layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert layout.xaxis.visible is False
    assert layout.yaxis.visible is False


@pytest.mark.parametrize("axes", [2, 3])
def test_picture_dtypes(digits: Array, axes: int) -> None:
    picture = digits[0] if axes == 3 else digits[0, 0]
    for same in (picture / 255, picture.astype(np.float32), picture.astype(np.int64), np.asfortranarray(picture)):
        assert np.array_equal(pixels_of(show.picture(same).data[0].source), picture)


def test_picture_bool() -> None:
    board = np.indices((4, 4)).sum(0) % 2 == 0
    assert np.array_equal(pixels_of(show.picture(board).data[0].source), board * np.uint8(255))


def test_picture_dark_floats() -> None:
    """Floats up to 1 are shares of white, and rounding may leave [0, 1] a little."""
    nearly = np.array([[-1e-7, 0.5], [1.0, 1 + 1e-7]])
    assert pixels_of(show.picture(nearly).data[0].source).tolist() == [[0, 128], [255, 255]]


def test_picture_input_unchanged(digits: Array) -> None:
    before = digits[0].copy()
    show.picture(digits[0])
    show.compare_pictures(digits[0], digits[1])
    assert np.array_equal(digits[0], before)


def test_picture_tensor(digits: Array) -> None:
    torch = pytest.importorskip("torch", reason="the arrays are torch's")
    tensor = torch.tensor(digits[0] / 255, requires_grad=True)
    assert np.array_equal(pixels_of(show.picture(tensor).data[0].source), digits[0])
    half = torch.eye(4, dtype=torch.bfloat16)
    assert np.array_equal(pixels_of(show.picture(half).data[0].source), np.eye(4) * 255)
    with pytest.raises(BadInput, match="a Tensor could not be turned into an array"):
        show.picture(torch.eye(4).to_sparse())


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((4, 5, 3), r"the shape \(4, 5, 3\).\n.*'h w c -> c h w'"),
        ((6, 3, 4, 5), r"the shape \(6, 3, 4, 5\).\nIf these are 6 pictures.*'b c h w -> c h \(b w\)'"),
        ((6, 4, 5, 3), r"colours stand last; .*'b h w c -> c h \(b w\)'"),
        ((6, 2, 4, 5), r"2 channels, array\[0, 0\]"),
        ((1, 4, 5), r"array\[0\] is a grey picture"),
        ((4, 5, 1), r"array\[:, :, 0\] is a grey picture"),
        ((7, 4, 5), r"7 grey pictures.*'b h w -> h \(b w\)'"),
        ((20,), r"\(h w\) -> h w"),
        ((), r"\(height, width\) if it is grey, or \(3, height, width\) if it is coloured"),
        ((2, 2, 2, 2, 2), r"this array has the shape \(2, 2, 2, 2, 2\)"),
        ((0, 5), "no pixel"),
        ((3, 4, 0), "no pixel"),
    ],
)
def test_picture_bad_shape(shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(BadInput, match=message):
        show.picture(np.zeros(shape))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.array([[-3.0, 2.0]]), "from -3 to 2.\n.*between 0 and 255"),
        (np.array([[0, 256]]), "from 0 to 256"),
        (np.array([[0.0, 1.0], [np.nan, 0.0]]), r"entry at \(1, 0\) is nan"),
        (np.array([[0.0, np.inf]]), r"entry at \(0, 1\) is inf"),
        (np.array([["a"]]), "dtype of this array is <U1"),
        (np.array([[1j]]), "complex128"),
        ([[0, 1]], r"not a list of length 1.\nnp.array"),
        (None, "not None"),
        ("picture", "not a str"),
        (3, "not an int"),
    ],
)
def test_picture_bad_value(value: Any, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        show.picture(value)


def test_picture_small_in_notebook(digits: Array) -> None:
    assert letters(show.picture(digits[0])) < 5_000
    assert letters(show.picture(in_a_row(digits))) < 15_000
    noise = np.random.default_rng(0).integers(0, 256, (3, 300, 450), dtype=np.uint8)
    assert letters(show.picture(noise)) < MOST_LETTERS


# Comparisons


def test_compare_difference(digits: Array) -> None:
    figure = show.compare_pictures(digits[0], digits[1])
    target, yours, difference = (pixels_of(trace.source) for trace in figure.data)
    assert np.array_equal(target, digits[0])
    assert np.array_equal(yours, digits[1])
    apart = np.abs(digits[0].astype(float) - digits[1])
    assert np.abs(difference - apart * 255 / apart.max()).max() <= 1
    captions = [note.text for note in figure.layout.annotations]
    share = 100 * (apart.max(axis=0) > 0).mean()
    assert captions == ["target", "yours", f"difference: {share:.0f} % of the pixels"]


def test_compare_equal(digits: Array) -> None:
    figure = show.compare_pictures(digits[0], digits[0] / 255, titles=("wanted", "came", "apart"))
    assert not pixels_of(figure.data[2].source).any()
    assert [note.text for note in figure.layout.annotations] == ["wanted", "came", "apart: none"]


def test_compare_one_pixel(digits: Array) -> None:
    almost = digits[0].copy()
    almost[1, 3, 4] ^= 1
    figure = show.compare_pictures(digits[0], almost)
    assert np.argwhere(pixels_of(figure.data[2].source) == 255).tolist() == [[1, 3, 4]]
    assert figure.layout.annotations[2].text.replace("<br>", " ") == "difference: less than 1 % of the pixels"


def test_compare_other_shape(digits: Array) -> None:
    figure = show.compare_pictures(digits[0], in_a_row(digits[:2]))
    assert len(figure.data) == 2
    words = " ".join(note.text.replace("<br>", " ") for note in figure.layout.annotations)
    assert "target: shape (3, 150, 150) yours: shape (3, 150, 300)" in words


@pytest.mark.parametrize(
    ("yours", "says"),
    [
        (np.zeros((6, 3, 4, 4)), "yours: shape (6, 3, 4, 4)"),
        (None, "yours: None"),
        ([1, 2], "yours: a list of length 2"),
        (np.ndarray, "yours: a type"),
        (np.full((3, 150, 150), np.nan), "yours: shape (3, 150, 150)"),
        (np.float64(3), "yours: shape ()"),
        (types.SimpleNamespace(detach=3), "yours: a SimpleNamespace"),
    ],
)
def test_compare_no_picture(digits: Array, yours: Any, says: str) -> None:
    figure = show.compare_pictures(digits[0], yours)
    assert len(figure.data) == 1
    words = " ".join(note.text.replace("<br>", " ") for note in figure.layout.annotations)
    assert f"target: shape (3, 150, 150) {says}" in words
    assert says in figure.layout.meta["alt"]


def test_compare_bad_target() -> None:
    with pytest.raises(BadInput, match="An array was expected"):
        show.compare_pictures(None, np.zeros((3, 3)))


def test_compare_layout(digits: Array) -> None:
    """Three in a row; wide pictures one below the other; all in the width of a notebook."""
    row = show.compare_pictures(two_rows(digits), two_rows(digits[::-1]))
    assert row.layout.xaxis.domain[1] < row.layout.xaxis2.domain[0]
    wide = show.compare_pictures(in_a_row(digits), in_a_row(digits[::-1]))
    assert wide.layout.yaxis.domain[0] > wide.layout.yaxis2.domain[1]
    assert max(row.layout.width, wide.layout.width) <= MOST_WIDE


def test_compare_small_in_notebook(digits: Array) -> None:
    target = two_rows(digits)
    shuffled = target.reshape(3, 2, 150, 450).transpose(0, 2, 1, 3).reshape(3, 300, 450)
    noise = np.random.default_rng(0).integers(0, 256, target.shape, dtype=np.uint8)
    for yours in (target, two_rows(digits[::-1]), shuffled, noise):
        assert letters(show.compare_pictures(target, yours)) < MOST_LETTERS
    figure = show.compare_pictures(target, shuffled)
    assert np.array_equal(pixels_of(figure.data[1].source), shuffled), "thinned without need"


# Heat maps


def test_heatmap_entries() -> None:
    figure = show.heatmap(np.array([[1, -2, 3], [4, 5, 6]]), title="a", rows="i", columns="j", mark=(0, 1))
    trace = figure.data[0]
    assert [list(row) for row in trace.z] == [[1, -2, 3], [4, 5, 6]]
    assert [list(row) for row in trace.text] == [["1", "-2", "3"], ["4", "5", "6"]]
    assert (trace.zmin, trace.zmax) == (-6, 6)
    box = figure.layout.shapes[0]
    assert (box.x0, box.x1, box.y0, box.y1) == (0.5, 1.5, -0.5, 0.5)
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1], "row 0 must be at the top"
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("j", "i")
    assert figure.layout.meta["alt"].startswith("a: heat map of 2 rows and 3 columns, values from -2 to 6, entry (0, 1)")


def test_heatmap_special_values() -> None:
    figure = show.heatmap(np.array([[np.nan, 1.0], [np.inf, 1 / 3]]))
    assert [list(row) for row in figure.data[0].z] == [[None, 1.0], [None, 0.3333]]
    assert [list(row) for row in figure.data[0].text] == [["nan", "1"], ["inf", "0.333"]]
    assert "values from 0.333 to 1" in figure.layout.meta["alt"]
    assert show.heatmap(np.full((2, 2), np.nan)).data[0].zmin == 0
    assert list(show.heatmap(np.array([[True, False]])).data[0].text[0]) == ["True", "False"]
    same = show.heatmap(np.full((2, 2), 7.0)).data[0]
    assert same.zmin < same.zmax


def test_heatmap_large() -> None:
    large = np.arange(100 * 500).reshape(100, 500)
    figure = show.heatmap(large, title="large", mark=(50, 499))
    assert figure.layout.title.text == "large (rows 30 to 69 of 100, columns 460 to 499 of 500)"
    assert np.array_equal(figure.data[0].text, large[30:70, 460:].astype(str))
    assert (figure.data[0].y0, figure.data[0].x0) == (30, 460)
    assert figure.data[0].texttemplate is None
    assert figure.layout.width <= MOST_WIDE
    assert show.heatmap(large).layout.title.text == "(rows 0 to 39 of 100, columns 0 to 39 of 500)"
    floats = np.random.default_rng(0).normal(size=(100, 500))
    assert letters(show.heatmap(floats)) < MOST_LETTERS


@pytest.mark.parametrize("columns", [1, 8, 17, 18, 19, 30, 40])
@pytest.mark.parametrize("title", ["", "a long title of many words " * 6])
def test_heatmap_width(columns: int, title: str) -> None:
    """Everything fits a notebook in a window of 800: names, numbers or colour scale, and a title in several lines."""
    for entry in (7, -1.25, -123456.5):
        figure = show.heatmap(np.full((2, columns), entry), title=title, rows="rows", columns="columns")
        assert figure.layout.width <= MOST_WIDE
        inner = figure.layout.width - figure.layout.margin.l - figure.layout.margin.r
        assert inner >= columns * 11
        assert max(map(len, figure.layout.title.text.split("<br>"))) * 7.2 <= figure.layout.width - figure.layout.margin.l


def test_heatmap_text() -> None:
    few, many = np.zeros((3, 4)), np.full((3, 30), -1.25)
    assert show.heatmap(few).data[0].texttemplate == "%{text}"
    assert show.heatmap(few, text=False).data[0].texttemplate is None
    assert show.heatmap(many).data[0].texttemplate is None


def test_heatmap_tensor() -> None:
    torch = pytest.importorskip("torch", reason="the arrays are torch's")
    assert list(show.heatmap(torch.eye(2, requires_grad=True)).data[0].z[0]) == [1, 0]


@pytest.mark.parametrize(
    ("value", "mark", "message"),
    [
        (np.zeros(3), None, r"needs rows and columns.*\(3,\).\narray\[None, :\]"),
        (np.zeros((2, 3, 4)), None, r"array\[0\] is the first matrix"),
        (np.zeros((0, 3)), None, r"the shape \(0, 3\)"),
        (np.array([["a"]]), None, "real numbers"),
        ([[1]], None, "not a list"),
        (np.zeros((2, 3)), (2, 0), r"no entry \(2, 0\).*\(2, 3\)"),
        (np.zeros((2, 3)), (0, -1), r"no entry \(0, -1\)"),
    ],
)
def test_heatmap_bad_input(value: Any, mark: tuple[int, int] | None, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        show.heatmap(value, mark=mark)


# Where figures go


def test_display_notebook(digits: Array, published: list[dict[str, Any]]) -> None:
    show.display_array_as_img(digits[0], title="zero")
    show.display(show.picture(digits[0]), alt="mine")
    first, second = published
    assert set(first) == {MIME, "text/plain"}
    assert first["text/plain"] == "zero: Colour picture, 150 pixels high and 150 wide"
    assert second["text/plain"] == "mine"
    assert first[MIME]["data"][0]["type"] == "image"
    assert len(json.dumps(first)) < 5_000


def test_display_foreign_figure(published: list[dict[str, Any]]) -> None:
    """Any plotly figure can be shown; its title stands in for a text alternative."""
    import plotly.graph_objects as go

    show.display(go.Figure(go.Scatter(y=[1, 2]), layout={"title": "a line"}))
    show.display(go.Figure(layout={"meta": [1]}))
    assert [bundle["text/plain"] for bundle in published] == ["a line", "A figure"]


def test_display_colab(digits: Array, published: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    from plotly.graph_objects import Figure

    shown: list[Any] = []
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    monkeypatch.setattr(Figure, "show", lambda self, **options: shown.append(options["renderer"]))
    show.display_array_as_img(digits[0])
    assert shown == ["colab"]
    assert not published


@pytest.mark.parametrize("shell", [None, types.SimpleNamespace()], ids=["python", "terminal IPython"])
def test_display_terminal(digits: Array, shell: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    show.display_array_as_img(digits[0, 0])
    assert capsys.readouterr().out == "Grey picture, 150 pixels high and 150 wide\n"


def test_display_real_kernel(tmp_path: Path) -> None:
    """A real kernel publishes one output a picture, and nothing on stderr."""
    reason = "a real kernel needs Jupyter"
    nbclient, nbformat = pytest.importorskip("nbclient", reason=reason), pytest.importorskip("nbformat", reason=reason)
    pytest.importorskip("ipykernel", reason=reason)
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}\nimport numpy as np\nfrom workbook import show\n"
        f"show.display_array_as_img(np.load({str(DATA / 'numbers.npy')!r})[0])"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    nbclient.NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}}).execute()
    (output,) = notebook.cells[0].outputs
    assert output.output_type == "display_data"
    assert set(output.data) == {MIME, "text/plain"}


def test_import_cheap() -> None:
    """Importing the package loads no plotly, no IPython, no torch."""
    code = "import sys, workbook.show; print([m for m in ('plotly', 'IPython', 'torch') if m in sys.modules])"
    source = str(Path(show.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {source!r}); {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"


def test_public_names() -> None:
    assert sorted(show.__all__) == show.__all__
    assert all(callable(getattr(show, name)) for name in show.__all__)
