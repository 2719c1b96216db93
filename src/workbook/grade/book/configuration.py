"""nbgrader's configuration of a course, read as nbgrader reads it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from workbook.build.formats import nbgrader_module
from workbook.errors import BadInput

__all__ = ["database_url", "directories", "on_path", "read_config"]

_CONFIG_NAMES = ("jupyter_config", "nbgrader_config")


@contextmanager
def on_path(folder: Path) -> Iterator[None]:
    """Modules in the folder can be imported meanwhile: nbgrader is run there, so the course's plug-ins may lie there."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def read_config(folder: Path) -> Any:
    """What nbgrader reads when it is run in the folder: the machine's and the user's settings, then the course's own.

    Raises:
        BadInput: one of the files fails.
    """
    nbgrader_module()  # the configuration may import it, the slow way
    from jupyter_core.paths import jupyter_config_path
    from traitlets.config.loader import Config, JSONFileConfigLoader, PyFileConfigLoader

    total = Config()
    for place in [*reversed(jupyter_config_path()), str(folder)]:
        for name in _CONFIG_NAMES:
            for loader, suffix in ((PyFileConfigLoader, "py"), (JSONFileConfigLoader, "json")):
                path = Path(place, f"{name}.{suffix}")
                if not path.is_file():
                    continue
                try:
                    with on_path(folder):
                        total.merge(loader(path.name, path=place).load_config())
                except Exception as error:  # it is a program of the instructor's, which may raise anything
                    raise BadInput(f"{path} cannot be read: {type(error).__name__}: {error}.", "Mend that file.") from error
    return total


def directories(folder: Path, config: Any, db: str | None) -> Any:
    """nbgrader's CourseDirectory of the folder; `db` is the gradebook's URL, if another than the configured one.

    Raises:
        BadInput: the configuration does not fit.
    """
    from nbgrader.coursedir import CourseDirectory
    from traitlets import TraitError
    from traitlets.config.loader import Config

    wanted = Config()
    wanted.merge(config)
    wanted.CourseDirectory.root = str(folder)
    if db is not None:
        wanted.CourseDirectory.db_url = db
    try:
        places = CourseDirectory(config=wanted)
        structure = places.directory_structure
    except TraitError as error:
        raise BadInput(f"nbgrader's configuration in {folder} is wrong: {error}.", "Mend nbgrader_config.py.") from None
    try:
        structure.format(nbgrader_step="a", student_id="b", assignment_id="c")
        complete = all(f"{{{word}}}" in structure for word in ("nbgrader_step", "student_id", "assignment_id"))
    except (LookupError, ValueError):
        complete = False
    if not complete:
        raise BadInput(
            f"CourseDirectory.directory_structure is {structure!r}, which does not say where a submission lies.",
            "It must name {nbgrader_step}, {student_id} and {assignment_id}, and nothing else, in braces.",
        )
    return places


def database_url(url: str, folder: Path) -> str:
    """The URL with a relative SQLite file made absolute.

    Raises:
        BadInput: it is no URL of a database.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except ArgumentError:
        raise BadInput(
            f"{url!r} is no address of a database.",
            "Write sqlite:////path/to/gradebook.db or postgresql+psycopg://user@host/database.",
        ) from None
    if parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:":
        parsed = parsed.set(database=str(folder / parsed.database))
    return parsed.render_as_string(hide_password=False)
