"""What is compiled once is taken from disk by later processes, without the compiler's knowledge of types."""

from __future__ import annotations

import subprocess
import sys

_OVERLAY = """
import sys, shapely
from tilth.overlay import intersection_areas
found = intersection_areas([shapely.box(0, 0, 2, 1)], [shapely.box(1, 0, 3, 1)], "EPSG:6933")
print(found.left.tolist(), found.right.tolist(), found.area_m2.tolist(), "numba.np.linalg" in sys.modules)
"""


def test_a_later_process_gives_the_same_and_loads_nothing_that_only_compiling_needs() -> None:
    first, second = (
        subprocess.run([sys.executable, "-c", _OVERLAY], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    )
    assert second.split()[:-1] == first.split()[:-1] and second.split()[-1] == "False", second
