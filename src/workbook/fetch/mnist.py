"""MNIST: 70,000 handwritten digits of 28 x 28 pixels, by Y. LeCun, C. Cortes and C. Burges."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbook.fetch.files import FetchError, Files
from workbook.fetch.idx import read_idx

if TYPE_CHECKING:
    import numpy as np

__all__ = ["MNIST", "mnist"]

MNIST = Files(
    "MNIST",
    (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "http://yann.lecun.com/exdb/mnist/",
    ),
    {
        "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    },
)


def mnist(folder: Path | None = None, files: Files = MNIST, *, progress: bool = True) -> tuple[np.ndarray[Any, Any], ...]:
    """Pictures and labels to train on, then pictures and labels to test with.

    Args:
        folder: the cache; default: that of `Files.fetch`.
        files: the four files, in the order in which MNIST names them.
        progress: whether to show a bar while they come.

    Returns:
        Four UInt8 arrays: pictures of shape (60000, 28, 28) with values from 0 to 255, labels of shape (60000,), and the
        same for 10,000 others.

    Raises:
        FetchError: they could not be had, or do not fit together.
    """
    # The smallest first: where there is no network, nobody waits for it at the end of a long download.
    order = sorted(files.checksums, key=lambda name: ("images" in name, name))
    found = {name: read_idx(files.fetch(name, folder, progress=progress)) for name in order}
    x, y, x_test, y_test = (found[name] for name in files.checksums)
    for pictures, labels in ((x, y), (x_test, y_test)):
        if pictures.ndim != 3 or labels.ndim != 1 or len(pictures) != len(labels):
            raise FetchError(
                f"{files.title} does not fit together: pictures of shape {pictures.shape}, labels of shape {labels.shape}."
            )
    return x, y, x_test, y_test
