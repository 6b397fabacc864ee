import { RotateCw, X } from "lucide-react";
import { memo, useEffect, useRef, useState } from "react";
import { FileThumb } from "./file_thumb.jsx";
import { uploads } from "./queue.js";
import { fileSize, fill, percent } from "./texts.js";
import { whenVisible } from "./visibility.js";

const ROWS = 48;

/** Renders rows as the list is scrolled: hundreds of rows that change at once would make the page slow. */
export function FileList({ texts, units, language, list, busy }) {
  const [rows, setRows] = useState(ROWS);
  const end = useRef(null);
  const shown = list.slice(0, rows);
  const more = shown.length < list.length;
  useEffect(
    () => (more ? whenVisible(end.current, () => setRows((count) => count + ROWS)) : undefined),
    [more, shown.length],
  );
  return (
    <ul className={busy ? "files under-way" : "files"} tabIndex={busy ? 0 : undefined} aria-label={texts.files}>
      {shown.map((item) => (
        <FileRow key={item.id} {...{ item, texts, units, language }} />
      ))}
      {more && <li key={shown.length} ref={end} className="files-end" />}
    </ul>
  );
}

/** Removes a file and focuses the next one. */
function remove(event, id) {
  const row = event.currentTarget.closest("li");
  const next = (row.nextElementSibling ?? row.previousElementSibling)?.querySelector("button.remove");
  uploads.cancel([id]);
  (next ?? document.getElementById("choose-files"))?.focus();
}

const FileRow = memo(function FileRow({ item, texts, units, language }) {
  const { id, name, state, sent, size } = item;
  const share = percent(sent, size);
  const kind = item.type.slice("image/".length).toUpperCase();
  const reason = item.reason || texts[`reason_${item.code}`];
  return (
    <li className={`file ${state}`}>
      <FileThumb id={id} />
      <div className="file-facts">
        <span className="cut strong" title={name}>
          {name}
        </span>
        {state === "failed" ? (
          <span className="file-reason small">{reason}</span>
        ) : (
          <span className="small muted">
            {kind} · {fileSize(size, language, units)}
            {state === "sending" && ` · ${share} %`}
            {(state === "waiting" || state === "signing" || state === "signed") &&
              ` · ${item.tries ? texts.again : texts.waiting}`}
          </span>
        )}
        {state === "sending" && (
          <div
            className="bar"
            role="progressbar"
            aria-label={name}
            aria-valuenow={share}
            aria-valuemin="0"
            aria-valuemax="100"
          >
            <span style={{ width: `${share}%` }} />
          </div>
        )}
      </div>
      {state === "failed" && !item.final && (
        <button
          type="button"
          className="btn ghost small icon"
          aria-label={fill(texts.retry_file, { name })}
          title={fill(texts.retry_file, { name })}
          onClick={() => uploads.retry([id])}
        >
          <RotateCw size={16} aria-hidden />
        </button>
      )}
      <button
        type="button"
        className="btn ghost small icon remove"
        aria-label={fill(state === "ready" || state === "failed" ? texts.remove_file : texts.cancel_file, { name })}
        onClick={(event) => remove(event, id)}
      >
        <X size={16} aria-hidden />
      </button>
    </li>
  );
});
