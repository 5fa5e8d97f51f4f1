"""An invented Persian population whose true pairs are known: what linking of customers is measured against."""

from .recipes import RECIPES, Recipe, System
from .records import build

__all__ = ["RECIPES", "Recipe", "System", "build"]
