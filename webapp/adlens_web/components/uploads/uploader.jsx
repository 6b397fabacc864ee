import { CloudUpload, FolderOpen, LoaderCircle, RotateCw } from "lucide-react";
import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { FileList } from "./file_list.jsx";
import { chosenFiles, filesOf } from "./files.js";
import { ACCEPTED, MAX_FILE_BYTES } from "./formats.js";
import { uploads } from "./queue.js";
import { Refusals, SHOWN_REFUSALS } from "./refusals.jsx";
import { fileSize, fill, percent } from "./texts.js";

const MOST_LETTERS = 120;

const useUploads = () => useSyncExternalStore(uploads.subscribe, uploads.get, uploads.get);
/** Choose files, review them, send them. The page shows `group`, called `groupTitle`. */
export function Uploader({ texts, units, language, group, groupTitle, compact, onChange }) {
  const queue = useUploads();
  const { busy, started, run, deletions } = queue;
  const sending = busy ? run.group : "";
  useEffect(() => {
    const fresh = started && uploads.followed !== started ? started : "";
    if (fresh) uploads.followed = fresh;
    onChange?.(fresh, sending);
  }, [started, sending, deletions]);
  return (
    <div className="stack">
      <DropZone {...{ texts, units, language, compact: compact || queue.list.length > 0, reading: queue.reading }} />
      <Refusals {...{ texts, refusals: queue.refusals }} />
      {queue.list.length > 0 && <Queue {...{ texts, units, language, queue, group, groupTitle }} />}
      <Announcer {...{ texts, queue }} />
    </div>
  );
}

function DropZone({ texts, units, language, compact, reading }) {
  const [over, setOver] = useState(false);
  const depth = useRef(0);
  useEffect(() => {
    const files = (event) => event.dataTransfer?.types.includes("Files");
    const handlers = {
      dragenter: () => (depth.current += 1),
      dragleave: () => (depth.current -= 1),
      dragover: () => {},
      drop: (event) => {
        depth.current = 0;
        filesOf(event.dataTransfer).then((found) => uploads.add(found));
      },
    };
    const listeners = Object.entries(handlers).map(([name, handle]) => {
      const listener = (event) => {
        if (!files(event)) return;
        event.preventDefault();
        handle(event);
        setOver(depth.current > 0);
      };
      window.addEventListener(name, listener);
      return () => window.removeEventListener(name, listener);
    });
    return () => listeners.forEach((remove) => remove());
  }, []);
  const take = ({ target }) => {
    uploads.add(chosenFiles(target));
    target.value = "";
  };
  return (
    <div className={`drop${over ? " over" : ""}${compact ? " compact" : ""}`}>
      <label className="drop-target">
        <input type="file" multiple accept={ACCEPTED} onChange={take} className="visually-hidden" id="choose-files" />
        {reading ? (
          <LoaderCircle className="spin" size={compact ? 22 : 40} strokeWidth={1.5} aria-hidden />
        ) : (
          <CloudUpload size={compact ? 22 : 40} strokeWidth={1.5} aria-hidden />
        )}
        <span className="drop-text">
          <strong>{over ? texts.drop_now : compact ? texts.drop_more : texts.drop}</strong>
          <span className="hint">{fill(texts.limits, { size: fileSize(MAX_FILE_BYTES, language, units) })}</span>
        </span>
        <span className={`btn ${compact ? "" : "primary"}`}>{texts.choose_files}</span>
      </label>
      <label className="btn folder-choice">
        <input
          type="file"
          multiple
          webkitdirectory=""
          onChange={take}
          className="visually-hidden"
          id="choose-folder"
        />
        <FolderOpen size={18} aria-hidden /> {texts.choose_folder}
      </label>
    </div>
  );
}

function Queue({ texts, units, language, queue, group, groupTitle }) {
  const { list, ready, failed, busy } = queue;
  const failures = list.filter((item) => item.state === "failed");
  const retriable = failures.filter((item) => !item.final).map(({ id }) => id);
  return (
    <section className="card stack">
      {(busy || failed > 0) && <Progress {...{ texts, units, language, queue, retriable }} />}
      {ready > 0 && <Start key={group} {...{ texts, units, language, queue, group, groupTitle }} />}
      <FileList key={busy} {...{ texts, units, language, list, busy }} />
    </section>
  );
}

function Progress({ texts, units, language, queue, retriable }) {
  const { run, busy, failed, away, list } = queue;
  const share = percent(run.bytesNow, run.bytes);
  const values = {
    ...{ sent: run.sentFiles, count: run.files, failed },
    ...{ bytes: fileSize(run.bytesNow, language, units), all: fileSize(run.bytes, language, units) },
  };
  const unsent = () => list.filter((item) => item.group).map(({ id }) => id);
  return (
    <div className="stack-s" id="upload-progress">
      <div className="row between">
        <h2>{fill(busy ? texts.sending : texts.not_sent, values)}</h2>
        <div className="row">
          {retriable.length > 0 && (
            <button type="button" className="btn small" onClick={() => uploads.retry(retriable)}>
              <RotateCw size={16} aria-hidden /> {fill(texts.retry_failed, { count: retriable.length })}
            </button>
          )}
          <button type="button" className="btn small" onClick={() => uploads.cancel(unsent())}>
            {busy ? texts.cancel_rest : texts.drop_failed}
          </button>
        </div>
      </div>
      <div className="bar" role="progressbar" aria-label={texts.progress} aria-valuenow={share} aria-valuemin="0" aria-valuemax="100">
        <span style={{ width: `${share}%` }} />
      </div>
      <p className="hint">
        {fill(texts.bytes_sent, values)}
        {away && busy && <> · {texts.away}</>}
      </p>
    </div>
  );
}

function Start({ texts, units, language, queue, group, groupTitle }) {
  const files = queue.list.filter((item) => item.state === "ready");
  const [name, setName] = useState("");
  const [joins, setJoins] = useState(false);
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const folder = files.every((file) => file.folder === files[0].folder) ? files[0].folder : "";
  const now = new Intl.DateTimeFormat(language, { day: "numeric", month: "long", hour: "numeric", minute: "2-digit" });
  const defaultName = folder || fill(texts.made_name, { time: now.format(new Date()) });
  const start = (event) => {
    event.preventDefault();
    uploads.start({ group: joins ? group : "", groupName: name.trim() || defaultName.slice(0, MOST_LETTERS) });
    setName("");
  };
  return (
    <form className="start" onSubmit={start}>
      {group && (
        <fieldset className="row choice">
          <legend className="visually-hidden">{texts.where}</legend>
          <label>
            <input type="radio" name="where" checked={!joins} onChange={() => setJoins(false)} /> {texts.new_group}
          </label>
          <label>
            <input type="radio" name="where" checked={joins} onChange={() => setJoins(true)} />{" "}
            {fill(texts.this_group, { name: groupTitle || group })}
          </label>
        </fieldset>
      )}
      {!joins && (
        <div className="field">
          <label htmlFor="group-name">{texts.group_name}</label>
          <input
            id="group-name"
            className="input"
            value={name}
            maxLength={MOST_LETTERS}
            placeholder={defaultName}
            autoComplete="off"
            onChange={({ target }) => setName(target.value)}
          />
        </div>
      )}
      <div className="row">
        <button type="submit" className="btn primary" id="start">
          {fill(texts.start, { count: files.length })}
        </button>
        <button type="button" className="btn ghost" onClick={() => uploads.cancel(files.map(({ id }) => id))}>
          {texts.clear}
        </button>
        <span className="muted small">{fileSize(size, language, units)}</span>
      </div>
    </form>
  );
}

/** Announces changes to screen readers. */
function Announcer({ texts, queue }) {
  const { refusals, ready, failed, busy } = queue;
  const counts = [
    ready > 0 && fill(texts.say_ready, { count: ready }),
    busy && texts.say_sending,
    failed > 0 && fill(texts.say_failed, { count: failed }),
  ];
  const reasons = refusals.slice(0, SHOWN_REFUSALS).map(({ name, code }) => `${name}: ${texts[`reason_${code}`]}`);
  return (
    <div className="visually-hidden">
      <p role="status">{counts.filter(Boolean).join(". ")}</p>
      <p role="status">
        {refusals.length > 0 && [fill(texts.refused, { count: refusals.length }), ...reasons].join(". ")}
      </p>
    </div>
  );
}
