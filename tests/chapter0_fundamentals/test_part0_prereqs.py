"""Tests of part 0. Plain loops, slices and a derivative worked out by hand judge. At the end stand the part's drawing helpers."""

import numpy as np

from workbook import check, show
from workbook.errors import CheckFailure


def test_quiz_relu_slope(quiz_relu_slope):
    """Slopes multiply along a chain, and a sigmoid's is at most a quarter."""
    check.choice(quiz_relu_slope)


def test_quiz_depth(quiz_depth):
    """Linear layers in a row are one linear layer."""
    check.choice(quiz_depth)


def test_quiz_rank(quiz_rank):
    """The rank of a product is bounded by the side that its factors share."""
    check.choice(quiz_rank)


def test_quiz_variance_sum(quiz_variance_sum):
    """With correlation -1 the standard deviations subtract."""
    check.choice(quiz_variance_sum)


def test_quiz_mse_step(quiz_mse_step):
    """A descent step goes against the slope x - y."""
    check.choice(quiz_mse_step)


def test_quiz_bce_slope(quiz_bce_slope):
    """For y = 1 the slope of the binary cross entropy is -1/x."""
    check.choice(quiz_bce_slope)


def test_quiz_uniform_loss(quiz_uniform_loss):
    """Ten equally likely classes cost log 10 nats."""
    check.choice(quiz_uniform_loss)


def test_quiz_annotations(quiz_annotations):
    """Python does not enforce annotations."""
    check.choice(quiz_annotations)


def test_quiz_view_or_copy(quiz_view_or_copy):
    """A slice is a view, a list of indices copies."""
    check.choice(quiz_view_or_copy)


def test_quiz_dim_axis(quiz_dim_axis):
    """`dim` names the axis that disappears."""
    check.choice(quiz_dim_axis)


def test_quiz_grad_adds(quiz_grad_adds):
    """Gradients are added to what is there."""
    check.choice(quiz_grad_adds)


def test_quiz_parameters_found(quiz_parameters_found):
    """A plain list registers nothing."""
    check.choice(quiz_parameters_found)


def test_quiz_hidden_state(quiz_hidden_state):
    """The kernel remembers what deleted cells did."""
    check.choice(quiz_hidden_state)


def test_quiz_staging(quiz_staging):
    """A commit takes the snapshot that was staged."""
    check.choice(quiz_staging)


def test_quiz_environment(quiz_environment):
    """Terminal and notebook may use different environments."""
    check.choice(quiz_environment)


def test_word_counts(word_counts):
    """Agrees with a walk through the text, one character after the other."""
    inputs = [
        check.case("The cat. The dog's cat", label="the example"),
        check.case("", label="the empty text"),
        check.case("Hello", label="one word"),
        check.case('Yes, no; yes! (No?) "Yes": no-no ...', label="punctuation next to words"),
        check.case("one\ttwo\nTwo\r\n  three\n\nthree Three\t", label="tabs and new lines"),
        check.case("7 dwarfs, 24x7, a1b2a, room101 and 3.14", label="digits"),
        check.case("file_name and _name", label="underscores"),
        check.case("'Tis the dogs' cat; 'tis so, isn't it?", label="apostrophes in all places"),
        check.case("1, 2 ... 3!", label="a text without words"),
        *(check.case(_random_text(length), label=f"a random text of {length} words") for length in (5, 30, 400)),
    ]
    check.agrees(word_counts, inputs, _counted)
    counts = check.call(word_counts, _RHYME)
    check.shows(lambda: bars(counts, "word_counts: the words of a nursery rhyme, the most frequent first", "times"))


def test_checkerboard(checkerboard):
    """Agrees with a board made of slices, on sides that are odd, even, one and zero, and on a large one."""
    sizes = [(2, 3), (3, 2), (4, 4), (5, 5), (6, 1), (1, 7), (1, 1), (8, 8), *_random_sizes(4)]
    inputs = [check.case(n, m, label="the example" if (n, m) == (2, 3) else _size_words(n, m)) for n, m in sizes]
    check.agrees(checkerboard, inputs, _board, draw=_boards)
    none = [check.case(n, m, label=_size_words(n, m)) for n, m in [(0, 5), (5, 0), (0, 0)]]
    check.agrees(checkerboard, [*none, check.case(1000, 1001, label="a million cells")], _board)
    board = check.call(checkerboard, 8, 8)
    check.shows(lambda: show.picture(np.asarray(board) * 255, "checkerboard(8, 8): black is 0, white is 1"))


def test_first_gradient(first_gradient):
    """3x^2 - 2 as a Python float, the same in every call, for whole numbers too."""
    _require_no_memory(first_gradient)
    rng = check.rng()
    inputs = [
        check.case(2.0, label="the example"),
        check.case(0.0, label="zero"),
        check.case(-1.5, label="a negative number"),
        check.case(2, label="a whole number (int)"),
        check.case(-3, label="a negative whole number (int)"),
        check.case(0, label="zero as a whole number (int)"),
        check.case(1000.0, label="a large number"),
        *(check.case(float(rng.normal(0, 3)), label="a random number") for _ in range(4)),
        check.case(2.0, label="the example once more"),
    ]
    check.agrees(first_gradient, inputs, lambda x: float(3 * x * x - 2), rtol=1e-4)
    _require_float(check.call(first_gradient, 2.0))
    places = [-1.2, 0.5, 1.5]
    slopes = [check.call(first_gradient, place) for place in places]
    check.shows(lambda: _tangents(places, slopes))


# --- oracles ------------------------------------------------------------------------------------------------


def _counted(text):
    letters = "abcdefghijklmnopqrstuvwxyz'"
    counts, word = {}, ""
    for character in [*text.lower(), " "]:
        if character in letters:
            word += character
        elif word:
            counts[word] = counts.get(word, 0) + 1
            word = ""
    return counts


def _board(n, m):
    board = np.zeros((n, m), dtype=np.uint8)
    board[1::2, 0::2] = board[0::2, 1::2] = 1
    return board


def _require_no_memory(first_gradient):
    """Two calls in a row must agree. Only numbers are compared here: all else, errors too, is explained by the table.

    The table cannot recognise this mistake: what comes out depends on all calls before.
    """
    try:
        first, second = check.call(first_gradient, 2.0), check.call(first_gradient, 2.0)
    except CheckFailure:
        return
    if isinstance(first, float) and isinstance(second, float):
        more = second - first
        check.require(
            not abs(more) > 1e-3,
            f"two calls in a row with x = 2.0 gave different results: the second one minus the first is {more:.4g}.",
            "Where is the tensor made, inside the function or outside? And what does `backward` do with a gradient that it finds?",
            mistake="accumulated",
        )


def _require_float(slope):
    """NumPy's numbers pass for numbers in a table; here a plain float is asked."""
    kind = type(slope)
    check.require(
        kind is float,
        f"the number is right, but its type is {kind.__name__}, and a Python float is asked.",
        "A tensor without axes has a method that hands out its number as a Python one.",
        mistake="numpy_number" if issubclass(kind, np.generic) else "",
    )


# --- inputs -------------------------------------------------------------------------------------------------

_WORDS = ["The", "the", "THE", "cat", "Cat", "dog's", "DOG'S", "dogs'", "'tis", "a", "I", "don't", "zebra", "it", "It's"]
_BETWEEN = [" ", "  ", ", ", ". ", "\n", "\t", "-", "; ", " 12 ", "! ", "/", "_", "3", ' "', "..."]
_RHYME = """Mary had a little lamb, little lamb, little lamb,
Mary had a little lamb, its fleece was white as snow.
And everywhere that Mary went, Mary went, Mary went,
and everywhere that Mary went, the lamb was sure to go."""


def _random_text(length):
    rng = check.rng()
    return "".join(word + between for word, between in zip(rng.choice(_WORDS, length), rng.choice(_BETWEEN, length), strict=True))


def _random_sizes(count):
    return [tuple(int(side) for side in pair) for pair in check.rng().integers(2, 12, size=(count, 2))]


def _size_words(n, m):
    return f"{n} row{'s' * (n != 1)} and {m} column{'s' * (m != 1)}"


# --- pictures -----------------------------------------------------------------------------------------------

_COLOURS = ("#3f87c9", "#d9782d", "#4f9d69", "#b3609a")  # each is readable on white and on black
_DASHES = ("solid", "dash", "dot", "dashdot")
_GREY = "#767676"


def curves(lines, title, x, y, *, log=False, marks=False):
    """A figure of some curves.

    lines: name to (places, values), two sequences of the same length. Each curve has a colour and a dash of its own.
    title: a line above it. x, y: what the axes show. log: a logarithmic y axis. marks: points on the curves.
    """
    import plotly.graph_objects as go

    fig = go.Figure(layout=_layout(title, x, y))
    for number, (name, (places, values)) in enumerate(lines.items()):
        fig.add_scatter(
            x=_short(places),
            y=_short(values),
            name=name,
            mode="lines+markers" if marks else "lines",
            marker={"symbol": number, "size": 7},
            line={"color": _COLOURS[number % 4], "dash": _DASHES[number % 4], "width": 2.5},
        )
    if log:
        fig.update_yaxes(type="log", exponentformat="power", dtick=2)
    return fig.update_layout(showlegend=len(lines) > 1, meta={"alt": f"{title}. Curves over {x}: {'; '.join(lines)}."})


def bars(counts, title, y):
    """A figure of bars, the highest first. counts: name to number."""
    import plotly.graph_objects as go

    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:30]
    names, heights = [name for name, _ in ordered], [height for _, height in ordered]
    fig = go.Figure(go.Bar(x=names, y=heights, marker={"color": _COLOURS[0]}), _layout(title, "", y))
    alt = ", ".join(f"{name} {height}" for name, height in ordered)
    return fig.update_layout(meta={"alt": f"{title}: {alt}."}).update_yaxes(dtick=1 if max(heights, default=0) < 12 else None)


def three_places():
    """Where git keeps your files: three boxes, and the commands that carry changes from one to the next."""
    import plotly.graph_objects as go

    title = "git knows three places, and you carry changes from one to the next"
    boxes = ["working tree<br>the files<br>that you edit", "index<br>what is staged", "history<br>commits, for good"]
    fig = go.Figure(layout=_layout(title, "", "")).update_layout(height=230)
    for number, words in enumerate(boxes):
        left = 1.65 * number
        fig.add_shape(type="rect", x0=left, x1=left + 1, y0=0.3, y1=0.7, line={"color": _COLOURS[0], "width": 2})
        fig.add_annotation(x=left + 0.5, y=0.5, text=words, showarrow=False)
    for number, command in enumerate(["git add", "git commit"]):
        left = 1.65 * number + 1
        arrow = {"ax": left + 0.02, "axref": "x", "ay": 0.5, "ayref": "y", "arrowhead": 3, "arrowwidth": 2, "arrowcolor": _GREY}
        fig.add_annotation(x=left + 0.63, y=0.5, text="", **arrow)
        fig.add_annotation(x=left + 0.325, y=0.6, text=f"<b>{command}</b>", showarrow=False)
    back = {"ax": 3.8, "axref": "x", "ay": 0.12, "ayref": "y", "arrowhead": 3, "arrowwidth": 2, "arrowcolor": _GREY}
    fig.add_annotation(x=0.5, y=0.12, text="", **back)
    fig.add_annotation(
        x=2.15, y=0.19, text="<b>git switch</b> puts the files of another branch into the working tree", showarrow=False
    )
    alt = "working tree, git add, index, git commit, history; git switch leads back from the history to the working tree"
    fig.update_xaxes(visible=False, range=[-0.1, 4.4]).update_yaxes(visible=False, range=[0, 0.8])
    return fig.update_layout(meta={"alt": f"{title}: {alt}."})


def _layout(title, x, y):
    axis = {"gridcolor": "rgba(128,128,128,0.25)", "zerolinecolor": "rgba(128,128,128,0.6)", "ticks": "", "automargin": True}
    return {
        "template": "none",
        "title": {"text": title, "font": {"size": 14}, "x": 0, "xref": "paper"},
        "font": {"size": 13, "color": _GREY},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "width": 620,
        "height": 330,
        "margin": {"l": 60, "r": 20, "t": 46, "b": 50},
        "xaxis": {**axis, "title": {"text": x, "font": {"size": 13}}},
        "yaxis": {**axis, "title": {"text": y, "font": {"size": 13}}},
        "legend": {"bgcolor": "rgba(0,0,0,0)"},
    }


def _short(numbers):
    """Four digits are enough for a curve, and keep the figure small."""
    return [float(f"{number:.4g}") for number in np.asarray(numbers, dtype=float).ravel()]


def _tangents(places, slopes):
    """x^3 - 2x, and at some places a short line with the slope that the student's function returns."""
    x = np.linspace(-2, 2, 81)
    lines = {"x³ - 2x": (x, x**3 - 2 * x)}
    for place, slope in zip(places, slopes, strict=True):
        near = np.array([-0.4, 0.4])
        lines[f"slope {slope:.4g} at x = {place}"] = (place + near, place**3 - 2 * place + slope * near)
    return curves(lines, "first_gradient: your slopes, laid on the curve", "x", "")


def _boards(args, got, expected):
    """Both boards as pictures, 1 in white."""
    if isinstance(got, np.ndarray) and got.dtype.kind in "biuf":
        got = np.clip(np.nan_to_num(got.astype(float)), 0, 1) * 255
    return show.compare_pictures(expected * 255, got)
