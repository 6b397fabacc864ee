// Written by `make formats` from adlens.domain.media.
export const MAX_FILE_BYTES = 26214400;
export const ACCEPTED = "image/jpeg,.jpg,.jpeg,.jpe,.jfif,.jfi,.jif,.pjpeg,.pjp,image/png,.png,.apng,image/webp,.webp";
export const FIRST_BYTES = {"image/jpeg": [[0, [255, 216, 255]]], "image/png": [[0, [137, 80, 78, 71, 13, 10, 26, 10]]], "image/webp": [[0, [82, 73, 70, 70]], [8, [87, 69, 66, 80]]]};
