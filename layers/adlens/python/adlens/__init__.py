"""AdLens: analysis of advertising creatives."""

__version__ = "0.2.0"
