"""The types of what browsers send: an event handler's arguments have these types, and `guard.events` holds them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints
from typing_extensions import TypedDict

MOST_LETTERS_OF_A_NAME = 120
MOST_FILES_OF_AN_ORDER = 50
"""`BATCH` of components/uploads/queue.js."""
MOST_CANCELLED = 500
"""`CANCELLED` of components/uploads/queue.js."""

Word = Annotated[str, StringConstraints(max_length=64)]
"""A choice of a list, or the name of a field."""
Id = Annotated[str, StringConstraints(max_length=200)]
Name = Annotated[str, StringConstraints(max_length=MOST_LETTERS_OF_A_NAME)]
Text = Annotated[str, StringConstraints(max_length=1000)]
"""Typed into a field, such as a search."""
Filter = Annotated[str, StringConstraints(max_length=4000)]
"""The value of a filter; the API's longest ones are filters within filters."""
Filters = Annotated[dict[Word, Filter], Field(max_length=64)]
Ids = Annotated[list[Id], Field(max_length=MOST_CANCELLED)]
Form = Annotated[dict[Word, Text], Field(max_length=16)]
"""The fields of a form that was sent."""


class OrderedFile(TypedDict):
    creative_id: Id
    filename: Annotated[str, StringConstraints(max_length=500)]
    size: Annotated[int, Field(ge=0)]
    content_type: Annotated[str, StringConstraints(max_length=100)]


class Order(TypedDict):
    """Files of a group that need forms. `name` is that of a new group, empty for one that is there."""

    group: Id
    name: Name
    files: Annotated[list[OrderedFile], Field(max_length=MOST_FILES_OF_AN_ORDER)]
