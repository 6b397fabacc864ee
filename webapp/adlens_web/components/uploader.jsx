import { memo, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { CircleAlert, CloudUpload, FolderOpen, ImageOff, LoaderCircle, RotateCw, X } from "lucide-react";
import { ACCEPTED, MAX_FILE_BYTES } from "./formats.js";
import { chosenFiles, filesOf, thumbnails, uploads } from "./uploads.js";

const ROWS = 48;
const NAME = 120;
const SHOWN_REFUSALS = 5;

const useUploads = () => useSyncExternalStore(uploads.subscribe, uploads.get, uploads.get);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const percent = (part, whole) => (whole ? Math.min(100, Math.round((100 * part) / whole)) : 0);

function bytes(size, language) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const step = Math.min(units.length - 1, Math.max(1, Math.floor(Math.log2(Math.max(1, size)) / 10)));
  const digits = step > 1 ? 1 : 0;
  return new Intl.NumberFormat(language, { style: "unit", unit: units[step], maximumFractionDigits: digits }).format(
    size / 1024 ** step,
  );
}

let watcher;
const seen = new WeakMap();

/** Calls `then` once, when `element` comes near the screen. */
function whenSeen(element, then) {
  watcher ??= new IntersectionObserver(
    (entries) =>
      entries
        .filter((entry) => entry.isIntersecting)
        .forEach(({ target }) => {
          watcher.unobserve(target);
          seen.get(target)?.();
        }),
    { rootMargin: "200px" },
  );
  seen.set(element, then);
  watcher.observe(element);
  return () => watcher.unobserve(element);
}

/** The small picture of a file that this browser has sent or will send; else that of the API, once there is one. */
export function FileThumb({ id, src }) {
  const place = useRef(null);
  const [found, setFound] = useState("");
  const file = uploads.files.get(id);
  useEffect(() => {
    if (!file) return undefined;
    let gone = false;
    const stop = whenSeen(place.current, async () => {
      const bitmap = await thumbnails.get(id, file);
      if (gone) return;
      setFound(bitmap ? "picture" : "broken");
      const canvas = place.current?.querySelector("canvas");
      if (!bitmap || !canvas) return;
      Object.assign(canvas, { width: bitmap.width, height: bitmap.height });
      canvas.getContext("2d").drawImage(bitmap, 0, 0);
    });
    return () => {
      gone = true;
      stop();
    };
  }, [id, file]);
  if (!file) return src ? <img src={src} alt="" loading="lazy" className="thumb mini" /> : <span className="thumb mini" />;
  return (
    <span ref={place} className="thumb mini file-thumb">
      {found === "broken" ? <ImageOff size={18} aria-hidden /> : <canvas width="1" height="1" />}
    </span>
  );
}

/** Choose files, look at them, send them. `group` is shown on the page, called `groupTitle`. */
export function Uploader({ texts, language, group, groupTitle, compact, onChange }) {
  const queue = useUploads();
  const { busy, begun, run, forgets } = queue;
  const goal = busy ? run.group : "";
  useEffect(() => {
    const fresh = begun && uploads.followed !== begun ? begun : "";
    if (fresh) uploads.followed = fresh;
    onChange?.(fresh, goal);
  }, [begun, goal, forgets]);
  return (
    <div className="stack">
      <DropZone {...{ texts, language, compact: compact || queue.list.length > 0, reading: queue.reading }} />
      <Refusals {...{ texts, refusals: queue.refusals }} />
      {queue.list.length > 0 && <Queue {...{ texts, language, queue, group, groupTitle }} />}
      <Announcer {...{ texts, queue }} />
    </div>
  );
}

function DropZone({ texts, language, compact, reading }) {
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
          <span className="hint">{fill(texts.limits, { size: bytes(MAX_FILE_BYTES, language) })}</span>
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

function Refusals({ texts, refusals }) {
  const [all, setAll] = useState(false);
  if (!refusals.length) return null;
  const shown = all ? refusals : refusals.slice(0, SHOWN_REFUSALS);
  const duplicates = refusals.filter(({ code }) => code === "duplicate").length;
  return (
    <section className="card refusals" aria-labelledby="refusals">
      <div className="row between">
        <h2 id="refusals">{fill(texts.refused, { count: refusals.length })}</h2>
        <button type="button" className="btn ghost icon small" aria-label={texts.dismiss} onClick={() => uploads.dismiss()}>
          <X size={18} aria-hidden />
        </button>
      </div>
      <ul className="stack-s">
        {shown.map(({ id, name, code }) => (
          <li key={id} className="refusal">
            <CircleAlert size={16} aria-hidden />
            <span className="cut strong">{name}</span>
            <span>{texts[`reason_${code}`]}</span>
          </li>
        ))}
      </ul>
      {(shown.length < refusals.length || duplicates > 0) && (
        <div className="row">
          {shown.length < refusals.length && (
            <button type="button" className="btn small" onClick={() => setAll(true)}>
              {fill(texts.show_all, { count: refusals.length })}
            </button>
          )}
          {duplicates > 0 && (
            <button type="button" className="btn small" onClick={() => uploads.addDuplicates()}>
              {fill(texts.add_duplicates, { count: duplicates })}
            </button>
          )}
        </div>
      )}
    </section>
  );
}

function Queue({ texts, language, queue, group, groupTitle }) {
  const { list, ready, failed, busy } = queue;
  const failures = list.filter((item) => item.state === "failed");
  const retriable = failures.filter((item) => !item.final).map(({ id }) => id);
  return (
    <section className="card stack">
      {(busy || failed > 0) && <Progress {...{ texts, language, queue, retriable }} />}
      {ready > 0 && <Start key={group} {...{ texts, language, queue, group, groupTitle }} />}
      <Files key={busy} {...{ texts, language, list, busy }} />
    </section>
  );
}

/** As many rows as have been scrolled to: hundreds that change at once would make the page stutter. */
function Files({ texts, language, list, busy }) {
  const [rows, setRows] = useState(ROWS);
  const end = useRef(null);
  const shown = list.slice(0, rows);
  const more = shown.length < list.length;
  useEffect(
    () => (more ? whenSeen(end.current, () => setRows((count) => count + ROWS)) : undefined),
    [more, shown.length],
  );
  return (
    <ul className={busy ? "files under-way" : "files"} tabIndex={busy ? 0 : undefined} aria-label={texts.files}>
      {shown.map((item) => (
        <FileRow key={item.id} {...{ item, texts, language }} />
      ))}
      {more && <li key={shown.length} ref={end} className="files-end" />}
    </ul>
  );
}

function Progress({ texts, language, queue, retriable }) {
  const { run, busy, failed, away, list } = queue;
  const share = percent(run.bytesNow, run.bytes);
  const values = {
    ...{ sent: run.sentFiles, count: run.files, failed },
    ...{ bytes: bytes(run.bytesNow, language), all: bytes(run.bytes, language) },
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

function Start({ texts, language, queue, group, groupTitle }) {
  const files = queue.list.filter((item) => item.state === "ready");
  const [name, setName] = useState("");
  const [joins, setJoins] = useState(false);
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const folder = files.every((file) => file.folder === files[0].folder) ? files[0].folder : "";
  const now = new Intl.DateTimeFormat(language, { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });
  const made = folder || fill(texts.made_name, { time: now.format(new Date()) });
  const start = (event) => {
    event.preventDefault();
    uploads.start({ group: joins ? group : "", groupName: name.trim() || made.slice(0, NAME) });
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
            maxLength={NAME}
            placeholder={made}
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
        <span className="muted small">{bytes(size, language)}</span>
      </div>
    </form>
  );
}

/** Takes a file off the list and leaves the focus where the next one is. */
function remove(event, id) {
  const row = event.currentTarget.closest("li");
  const next = (row.nextElementSibling ?? row.previousElementSibling)?.querySelector("button.remove");
  uploads.cancel([id]);
  (next ?? document.getElementById("choose-files"))?.focus();
}

const FileRow = memo(function FileRow({ item, texts, language }) {
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
            {kind} · {bytes(size, language)}
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

/** Says in a few words what has changed, to those who do not see it. */
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
