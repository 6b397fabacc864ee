"""One module or folder per page, with its state beside it."""
