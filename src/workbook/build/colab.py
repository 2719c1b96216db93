"""What a notebook needs to be used where nothing is installed, as in Colab: a link that opens it there, and its set-up cell."""

from __future__ import annotations

import base64
from pathlib import Path

from workbook.model import Chapter, Part

__all__ = ["BADGE", "badge", "badge_picture", "set_up"]

BADGE = "open-in-colab.png"

_LOCAL = """\
# Run this cell first. If it says that there is no module workbook,
# choose the kernel in which it is installed.
import workbook

tests = workbook.start("{part}")"""

# Plain Python and no magic, so that graders, editors and other tools can run it too.
_ANYWHERE = """\
# Run this cell first, and again whenever you like. Where there is no workbook,
# as in a new Colab session, it is installed.
try:
    import workbook
except ModuleNotFoundError:
    import os, subprocess, sys

    print("Installing workbook. This takes about a minute, once in a session.")
    archive = "{archive}"
    source = f"{source}"
    source = os.environ.get("WORKBOOK_SOURCE") or source
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", *source.split()], check=True)
    import workbook

tests = workbook.start("{part}")"""

_SELF_STUDY = "workbook@{archive} workbook-selfstudy@{archive}#subdirectory=selfstudy"


def set_up(chapter: Chapter, part: Part, edition: str) -> str:
    """The set-up cell: the same in every notebook but for the part's name. Without a repository it installs nothing.

    What is installed is the chapter's branch; $WORKBOOK_SOURCE names other things that pip installs. The chapters for self-study
    come along, but not in a graded course.
    """
    if not chapter.repository:
        return _LOCAL.format(part=part.name)
    archive = f"https://github.com/{chapter.repository}/archive/refs/heads/{chapter.branch}.zip"
    source = "workbook@{archive}" if edition == "course" else _SELF_STUDY
    return _ANYWHERE.format(part=part.name, archive=archive, source=source)


def badge(chapter: Chapter, part: Part, edition: str) -> str:
    """Markdown of the link that opens the committed notebook in Colab, with its picture attached; "" where there is no such link."""
    if not chapter.repository or edition != "self-study":
        return ""
    place = f"github/{chapter.repository}/blob/{chapter.branch}/exercises/{part.name}.ipynb"
    return f"[![Open in Colab](attachment:{BADGE})](https://colab.research.google.com/{place})"


def badge_picture() -> dict[str, dict[str, str]]:
    """The badge as a cell's attachments. Our own picture, so that opening a notebook asks no server for one."""
    content = Path(__file__).with_name("colab.png").read_bytes()
    return {BADGE: {"image/png": base64.b64encode(content).decode()}}
