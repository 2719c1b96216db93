"""Build hook: puts the chapters, laid out like a checkout, into the package workbook_selfstudy."""

from __future__ import annotations

import importlib
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "workbook_selfstudy"
INIT = '"""Chapters of Workbook for self-study, found by `workbook.start`. There is no code here."""\n'


class SelfStudyHook(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        self.scratch = Path(tempfile.mkdtemp())
        root = Path(self.root).parent
        init = self.scratch / "__init__.py"
        init.write_text(INIT, encoding="utf-8")
        build_data["force_include"][str(init)] = f"{PACKAGE}/__init__.py"
        for path, target in _packing(root / "src").selfstudy_files(root, self.scratch):
            build_data["force_include"][str(path)] = f"{PACKAGE}/{target}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        shutil.rmtree(self.scratch, ignore_errors=True)


def _packing(source: Path) -> Any:
    """The packing module, imported from the checkout: the package itself need not be installed yet."""
    sys.path.insert(0, str(source))
    try:
        return importlib.import_module("workbook.build.packing")
    finally:
        sys.path.remove(str(source))
