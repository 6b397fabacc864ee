import adlens

VERSION = adlens.__version__
