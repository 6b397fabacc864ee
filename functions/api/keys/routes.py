"""API keys of a workspace. Only keys with the scope `admin` may see or change them."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Depends

from functions.api.dependencies import UseApiKeys
from functions.api.errors import documented
from functions.api.keys.schemas import KeyIn, KeysOut, NewKeyOut, RotationIn, key_out, new_key_out
from functions.api.request import Administrator, Now, media_type

router = APIRouter(prefix="/keys", tags=["keys"])


@router.get("")
def list_keys(by: Administrator, keys: UseApiKeys, now: Now) -> KeysOut:
    """The keys that were not revoked, oldest first."""
    return KeysOut(items=[key_out(key, now) for key in keys.all(by.workspace_id)])


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    dependencies=[Depends(media_type("application/json"))],
    responses=documented(409, 415),
)
def create_key(body: KeyIn, by: Administrator, keys: UseApiKeys, now: Now) -> NewKeyOut:
    """Makes a key. The answer holds the key itself, this once."""
    return new_key_out(*keys.create(by, body.name, body.scope, body.expires_at), now)


@router.post(
    "/{key_id}/rotate",
    status_code=HTTPStatus.CREATED,
    dependencies=[Depends(media_type("application/json"))],
    responses=documented(404, 409, 415),
)
def rotate_key(key_id: UUID, body: RotationIn, by: Administrator, keys: UseApiKeys, now: Now) -> NewKeyOut:
    """Makes a key of the same name and scope. The old one works for `overlap_hours` more, and expires then."""
    return new_key_out(*keys.rotate(by, key_id, body.overlap, body.expires_at), now)


@router.delete("/{key_id}", status_code=HTTPStatus.NO_CONTENT, responses=documented(404))
def revoke_key(key_id: UUID, by: Administrator, keys: UseApiKeys) -> None:
    """Refuses a key from now on, even the one that this request carries."""
    keys.revoke(by, key_id)
