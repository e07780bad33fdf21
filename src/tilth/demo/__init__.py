"""A made-up county, written as the files a county really has, with a list of the errors planted in them."""

from tilth.demo.county import CountyFiles, write_county
from tilth.demo.errors import Planted
from tilth.demo.plan import PlanFiles, PlanGains, PlanLand, write_plan
from tilth.demo.soil import PlantedRow, SoilFiles

__all__ = [
    "CountyFiles",
    "PlanFiles",
    "PlanGains",
    "PlanLand",
    "Planted",
    "PlantedRow",
    "SoilFiles",
    "write_county",
    "write_plan",
]
