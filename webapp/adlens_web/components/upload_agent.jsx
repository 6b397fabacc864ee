import { useEffect, useSyncExternalStore } from "react";
import { Link } from "react-router";
import { uploads } from "./uploads.js";

/** Stands on every page: gets forms signed for the queue of uploads.js, and tells how far it is where `text` is given. */
export function UploadAgent({ ready, owner, text, to, onSign, onForget }) {
  const { busy, run } = useSyncExternalStore(uploads.subscribe, uploads.get, uploads.get);
  useEffect(() => {
    if (ready) uploads.serve({ sign: onSign, forget: onForget }, owner);
  }, [ready, owner, onSign, onForget]);
  if (!busy || !text) return null;
  return (
    <Link to={to} className="upload-pill">
      <span>{text}</span> {run.sentFiles} / {run.files}
    </Link>
  );
}
