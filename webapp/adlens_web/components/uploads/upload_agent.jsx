import { useEffect, useSyncExternalStore } from "react";
import { Link } from "react-router";
import { uploads } from "./queue.js";

/** On every page: requests signed forms for the queue, and shows its progress if there is a `text`. */
export function UploadAgent({ ready, owner, text, to, onSign, onCancel }) {
  const { busy, run } = useSyncExternalStore(uploads.subscribe, uploads.get, uploads.get);
  useEffect(() => {
    if (ready) uploads.connect({ sign: onSign, cancel: onCancel }, owner);
  }, [ready, owner, onSign, onCancel]);
  if (!busy || !text) return null;
  return (
    <Link to={to} className="upload-pill">
      <span>{text}</span> {run.sentFiles} / {run.files}
    </Link>
  );
}
