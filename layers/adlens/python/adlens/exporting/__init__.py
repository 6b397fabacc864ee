"""Creatives as files. docs/exports.md describes each format. A writer knows the domain and one library."""
