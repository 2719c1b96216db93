"""Build hook: puts the chapters into the wheel, as a student of a graded course may have them.

Settings, data, tests, and stubs derived from the solutions go to workbook/chapters/; solutions, mistakes and alternatives stay out.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ChaptersHook(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return  # a checkout reads its own folders
        self.scratch = Path(tempfile.mkdtemp())
        root = Path(self.root)
        packing = _load(root / "src" / "workbook" / "build" / "packing.py", root / "src")
        for path, target in packing.wheel_files(root, self.scratch):
            build_data["force_include"][str(path)] = f"workbook/chapters/{target}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            shutil.rmtree(self.scratch, ignore_errors=True)


def _load(path: Path, source: Path) -> Any:
    """The packing module, imported from the source tree: the package itself is not installed yet."""
    sys.path.insert(0, str(source))
    try:
        spec = importlib.util.spec_from_file_location("workbook_packing", path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(source))
    return module
