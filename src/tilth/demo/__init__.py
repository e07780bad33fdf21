"""A made-up county, written as the files a county really has, with a list of the errors planted in them."""

from tilth.demo.county import CountyFiles, write_county
from tilth.demo.errors import Planted

__all__ = ["CountyFiles", "Planted", "write_county"]
