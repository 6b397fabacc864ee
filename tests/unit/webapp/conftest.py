import os

# Else importing a component links its script into the assets folder of wherever the tests run.
os.environ.setdefault("REFLEX_BACKEND_ONLY", "true")
