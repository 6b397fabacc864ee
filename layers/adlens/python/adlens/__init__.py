"""AdLens: analysis of advertising creatives."""
