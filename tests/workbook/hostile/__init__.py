"""The corpus of hostile submissions, and what they have in common."""

from __future__ import annotations

from tests.workbook.hostile.base import Hostile
from tests.workbook.hostile.delays import DELAYS
from tests.workbook.hostile.escapes import ESCAPES
from tests.workbook.hostile.forgers import FORGERS
from tests.workbook.hostile.greed import GREED
from tests.workbook.hostile.lies import LIES
from tests.workbook.hostile.oddities import ODDITIES
from tests.workbook.hostile.spies import SPIES
from tests.workbook.hostile.texts import TEXTS
from tests.workbook.hostile.tricks import TRICKS
from tests.workbook.hostile.vandals import LAST, VANDALS

__all__ = ["CORPUS", "Hostile"]

CORPUS: tuple[Hostile, ...] = (*LIES, *ODDITIES, *DELAYS, *GREED, *ESCAPES, *SPIES, *VANDALS, *TRICKS, *TEXTS, *FORGERS, *LAST)
