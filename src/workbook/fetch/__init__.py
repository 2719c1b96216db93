"""Data sets from the network: named files from several mirrors, checked and cached, and the IDX format of MNIST.

Importing this package is cheap: pooch and NumPy are imported by the first download.
"""

from __future__ import annotations

from workbook.fetch.files import FetchError, Files, cache_folder
from workbook.fetch.idx import read_idx
from workbook.fetch.mnist import MNIST, mnist

__all__ = ["MNIST", "FetchError", "Files", "cache_folder", "mnist", "read_idx"]
