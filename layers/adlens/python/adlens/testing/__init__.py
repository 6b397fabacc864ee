"""Fakes of the domain's ports, for tests: each is a subclass of its ports and keeps all in memory."""
