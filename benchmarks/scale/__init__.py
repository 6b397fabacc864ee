"""How the database bears growth: `make bench-scale` fills it with creatives and measures what the API does on them."""
