"""Protects the server and its pages: headers of answers, browsers known by a cookie, bounds of what they send."""
