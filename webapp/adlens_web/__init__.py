"""The web app: pages that talk to the AdLens API, and to nothing else."""
