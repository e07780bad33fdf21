"""Weather like that of the Hetao plain: dry, cold in winter, hot in summer, and what is done there against salt."""

from __future__ import annotations

import numpy as np

YEARS = tuple(range(2015, 2025))
#: Means by month, made up after the climate of the plain: some 150 mm of rain to 1,150 mm of reference evaporation.
RAIN = (1.5, 2.5, 4.5, 6.0, 14.0, 21.0, 36.0, 40.0, 19.0, 7.0, 2.0, 1.0)  # [mm]
ET0 = (16.0, 30.0, 73.0, 124.0, 168.0, 182.0, 180.0, 152.0, 104.0, 66.0, 30.0, 16.0)  # [mm]
TEMPERATURE = (-10.0, -5.5, 2.0, 10.2, 17.2, 22.0, 24.0, 22.0, 16.3, 8.5, -0.8, -8.2)  # [°C]

#: Sunflower, maize and barley as the plain waters them: the autumn water after the harvest washes the salt of a year.
OPTIONS = """# What may be done on the county's salty land. Costs and effects of measures are planning figures.
[[option]]
id = "sunflower"
name = "Sunflower, spring water only"
name_zh = "向日葵（仅春灌）"
crops = ["sunflower"]
irrigation = { "05-10" = 90, "07-10" = 60 }
irrigation_ec = 0.7

[[option]]
id = "sunflower-autumn"
name = "Sunflower, autumn water"
name_zh = "向日葵＋秋浇"
crops = ["sunflower"]
irrigation = { "05-10" = 90, "07-10" = 60, "10-20" = 180 }
irrigation_ec = 0.7

[[option]]
id = "sunflower-drained"
name = "Sunflower, autumn water, pipe drains"
name_zh = "向日葵＋秋浇＋暗管"
crops = ["sunflower"]
irrigation = { "05-10" = 90, "07-10" = 60, "10-20" = 180 }
irrigation_ec = 0.7
treatments = ["PIPE_DRAIN"]

[[option]]
id = "sunflower-straw"
name = "Sunflower, autumn water, straw interlayer"
name_zh = "向日葵＋秋浇＋秸秆隔层"
crops = ["sunflower"]
irrigation = { "05-10" = 90, "07-10" = 60, "10-20" = 180 }
irrigation_ec = 0.7
treatments = ["STRAW_INTERLAYER"]

[[option]]
id = "maize-drained"
name = "Maize, autumn water, pipe drains"
name_zh = "玉米＋秋浇＋暗管"
crops = ["maize_grain"]
irrigation = { "06-10" = 90, "07-05" = 90, "08-01" = 80, "10-20" = 180 }
irrigation_ec = 0.7
treatments = ["PIPE_DRAIN"]

[[option]]
id = "barley"
name = "Barley, autumn water"
name_zh = "大麦＋秋浇"
crops = ["barley"]
irrigation = { "04-10" = 80, "05-01" = 80, "05-20" = 80, "10-20" = 180 }
irrigation_ec = 0.7
"""


def weather_rows(rng: np.random.Generator) -> tuple[list[str], list[tuple[str, ...]]]:
    """Heading and a row for each third of a month: rain comes in gusts, evaporation and warmth vary little."""
    rows: list[tuple[str, ...]] = []
    for year in YEARS:
        wet = float(rng.gamma(8.0, 1.0 / 8.0))
        for month in range(12):
            gusts = rng.gamma(0.8, 1.0, 3)
            gusts *= 1.0 / max(float(gusts.sum()), 1e-9)
            for third in range(3):
                rain = RAIN[month] * wet * float(gusts[third])
                et0 = ET0[month] / 3.0 * (1.0 + 0.08 * float(rng.normal()))
                warm = TEMPERATURE[month] + 1.5 * float(rng.normal())
                rows.append(
                    (str(year), str(month + 1), str(third + 1), f"{rain:.1f}", f"{max(et0, 0.5):.1f}", f"{warm:.1f}")
                )
    return ["year", "month", "decade", "rain_mm", "et0_mm", "temperature_c"], rows
