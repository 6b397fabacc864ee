"""The AdLens API as the web app uses it: typed requests and answers over HTTP."""
