"""Findings to print: two kinds that no other room knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest
from report_sample import FINDINGS

from tilth.core import Finding
from tilth.core.language import catalogue


@pytest.fixture
def findings() -> Iterator[tuple[Finding, ...]]:
    """Three findings of two kinds, one of them without coordinates."""
    written = cast("Any", catalogue())._written
    for code, severity in (("LAND-TEST-BREAKS", "breaks"), ("LAND-TEST-ODD", "odd")):
        written[code] = f"""
severity = "{severity}"
said = "found {{found}}"
said_zh = "发现 {{found}}"
remedy = "Mend it."
"""
    yield FINDINGS
    for code in ("LAND-TEST-BREAKS", "LAND-TEST-ODD"):
        del written[code]
