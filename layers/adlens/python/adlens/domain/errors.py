"""Every failure is either permanent (the input is at fault: record it, do not retry) or transient (try again)."""

from __future__ import annotations


class AdLensError(Exception):
    """Base of all errors of this system. `str(error)` is a sentence that a user understands.

    `code` is stable and machine-readable; it is what the API and the database carry.
    """

    code = "internal_error"


class PermanentError(AdLensError):
    """Trying again with the same input gives the same failure."""


class TransientError(AdLensError):
    """The same input may succeed later: the message goes back to the queue."""

    code = "temporarily_unavailable"


class LimitReached(TransientError):
    """A limit of the workspace's plan; `retry_after` says in how many seconds the same request may succeed."""

    code = "limit_reached"

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class CreativesDeleted(TransientError):
    """Creatives were deleted while an export with them was written."""


class InvalidImage(PermanentError):
    """The bytes are no picture that AdLens accepts."""

    code = "invalid_image"


class UnsupportedFormat(InvalidImage):
    code = "unsupported_format"


class ImageTooLarge(InvalidImage):
    code = "image_too_large"


class ObjectGone(PermanentError):
    """The uploaded object is no longer in the store."""

    code = "object_gone"


class UnknownCreative(PermanentError):
    code = "unknown_creative"


class UnknownGroup(PermanentError):
    code = "unknown_group"


class UnknownExport(PermanentError):
    code = "unknown_export"


class UnknownJob(PermanentError):
    code = "unknown_job"


class UnknownFile(PermanentError):
    code = "unknown_file"


class ExportTooLarge(PermanentError):
    """An export is more than one function can write."""

    code = "export_too_large"


class UnknownWebhook(PermanentError):
    code = "unknown_webhook"


class UnknownSetting(PermanentError):
    code = "unknown_setting"


class UnknownKey(PermanentError):
    code = "unknown_key"


class ExpiredKey(PermanentError):
    code = "expired_key"


class Forbidden(PermanentError):
    """The caller is known, and its key may not do this."""

    code = "forbidden"


class InvalidValue(PermanentError):
    """A value a caller sent does not fit; `field` says which."""

    code = "invalid_value"

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class DamagedTable(PermanentError):
    """The bytes of a table cannot be unpacked."""

    code = "malformed_request"


class TableTooLarge(PermanentError):
    """A table has more bytes or rows than are read at once."""

    code = "request_too_large"


class Conflict(PermanentError):
    """What the caller asks for contradicts what is already stored."""

    code = "conflict"


class InvalidBundle(PermanentError):
    """A model bundle is incomplete, altered or of an unknown kind."""

    code = "invalid_bundle"


class MalformedEvent(PermanentError):
    """A queue message of unknown format. It is a failed item: it ends in the dead-letter queue, where it is seen."""

    code = "malformed_event"
