/** The queue of files that are sent to the store. It belongs to the module, not to a page: uploads go on on all pages,
 * and a reload continues them.
 *
 * The states of a file: `ready` (chosen), `waiting` (for its form), `signing`, `signed`, `sending`. Then it leaves the
 * queue, and the API knows it. A `failed` file stays, with the reason and, if it can help, a button to try again. */

import { backoff } from "./backoff.js";
import { examine, readable } from "./files.js";
import { StoredQueue } from "./stored_queue.js";
import { thumbnails } from "./thumbnails.js";

const PARALLEL = 4;
const BATCH = 50;
const CANCELLED = 500; // at a time: see bounds.py
const SIGNED_AHEAD = 8;
const AUTOMATIC_TRIES = 2;
const ANSWER_TIMEOUT_MS = 30_000;
const STALL_TIMEOUT_MS = 60_000;
const NOTIFY_MS = 200;
const FORMS_BACKOFF = { first: 2000, factor: 2, longest: ANSWER_TIMEOUT_MS };
const SEND_BACKOFF = { first: 1000, factor: 3 };
const IN_PROGRESS = new Set(["waiting", "signing", "signed", "sending"]);

const mark = ({ name, size }) => `${size} ${name}`;
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
// crypto.randomUUID does not exist on pages that are served over plain http.
const random = (bytes) => crypto.getRandomValues(new Uint8Array(bytes));
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

function newId() {
  const bytes = random(16);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function newGroup() {
  const [day, time] = new Date().toISOString().split("T");
  return `grp_${day.replaceAll("-", "")}_${time.slice(0, 8).replaceAll(":", "")}_${hex(random(3))}`;
}

class Uploads {
  items = new Map();
  files = new Map();
  requests = new Map();
  refusals = [];
  sentMarks = new Set();
  run = { group: "", files: 0, bytes: 0, sentFiles: 0, sentBytes: 0 };
  reading = 0;
  deletions = 0;
  away = false;
  listeners = new Set();
  attempts = 0;
  stored = new StoredQueue();
  snapshot = this.summarise();

  subscribe = (listener) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  get = () => this.snapshot;

  summarise() {
    const list = [...this.items.values()];
    const failed = list.filter((item) => item.state === "failed").length;
    const busy = list.some((item) => IN_PROGRESS.has(item.state));
    const sending = list.reduce((sum, item) => sum + item.sent, 0);
    return {
      list,
      refusals: this.refusals,
      run: { ...this.run, bytesNow: this.run.sentBytes + sending },
      ready: list.filter((item) => item.state === "ready").length,
      failed,
      busy,
      reading: this.reading > 0,
      away: this.away,
      started: this.started,
      deletions: this.deletions,
    };
  }

  /** Notifies the pages, five times a second at most. By a timer: hidden tabs have no animation frames. */
  changed() {
    this.notifying ??= setTimeout(() => {
      this.notifying = undefined;
      this.snapshot = this.summarise();
      this.listeners.forEach((listener) => listener());
    }, NOTIFY_MS);
  }

  set(id, change) {
    const item = this.items.get(id);
    if (!item) return undefined;
    const changed = { ...item, ...change };
    this.items.set(id, changed);
    this.changed();
    return changed;
  }

  // --- for the pages ---

  /** `agent` is {sign(order), cancel(ids)}. `owner` names the API key: stored files of other keys are removed. */
  async connect(agent, owner) {
    this.agent = agent;
    this.owner = owner && String([...owner].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) | 0, 7));
    this.restored ??= this.restore();
    await this.restored;
    this.advance();
  }

  async restore() {
    const kept = await this.stored.open();
    this.store([...this.items.values()]); // files that were dropped before the database was open
    const others = kept.filter(({ owner }) => owner && owner !== this.owner);
    this.stored.remove(others.map(({ id }) => id));
    kept
      .filter((record) => !others.includes(record))
      .sort((one, other) => one.position - other.position)
      .forEach(({ file, owner, ...record }) => {
        const started = Boolean(record.group);
        const item = { ...record, sent: 0, tries: 0, announced: started, state: started ? "waiting" : "ready" };
        this.files.set(record.id, file);
        this.items.set(record.id, item);
        if (record.group) this.count(record);
      });
    this.changed();
  }

  count({ group, size }) {
    const { files, bytes, sentFiles, sentBytes } = this.run;
    this.run = { group, files: files + 1, bytes: bytes + size, sentFiles, sentBytes };
  }

  async add(found) {
    this.reading += 1;
    this.changed();
    const known = new Set(this.snapshot.busy ? this.sentMarks : []);
    this.items.forEach((item) => known.add(mark(item)));
    for (let start = 0; start < found.length; start += 20) {
      const batch = found.slice(start, start + 20);
      const results = await Promise.all(batch.map(({ file }) => examine(file)));
      const added = [];
      batch.forEach(({ file, folder, again }, index) => {
        const { type, refused } = results[index];
        const code = refused ?? (known.has(mark(file)) && !again ? "duplicate" : undefined);
        if (code) {
          this.refusals = [...this.refusals, { id: newId(), file, folder, name: file.name, code }];
          return;
        }
        known.add(mark(file));
        const item = { id: newId(), name: file.name, size: file.size, type, folder, group: "", sent: 0, tries: 0 };
        this.files.set(item.id, file);
        this.items.set(item.id, { ...item, state: "ready" });
        added.push(item);
      });
      this.store(added);
      this.changed();
      await wait(0);
    }
    this.reading -= 1;
    this.changed();
  }

  store(items) {
    const start = Date.now() * 1000;
    this.stored.put(
      items.map(({ id, name, size, type, folder, group, groupName, position }, index) => ({
        ...{ id, name, size, type, folder, group, groupName, position: position ?? start + index },
        ...{ owner: this.owner, file: this.files.get(id) },
      })),
    );
  }

  /** Adds the files that were refused as duplicates. */
  addDuplicates() {
    const again = this.refusals.filter(({ code }) => code === "duplicate");
    this.refusals = this.refusals.filter(({ code }) => code !== "duplicate");
    return this.add(
      again.map(({ file, folder }) => ({ file, folder, again: true })),
    );
  }

  dismiss() {
    this.refusals = [];
    this.changed();
  }

  /** Sends the files that are ready, into `group` or into a new group called `groupName`. Returns the group's id. */
  start({ group, groupName }) {
    const target = group || newGroup();
    if (![...this.items.values()].some((item) => item.group)) {
      this.run = { group: target, files: 0, bytes: 0, sentFiles: 0, sentBytes: 0 };
      this.sentMarks.clear();
    }
    const ready = [...this.items.values()].filter((item) => item.state === "ready");
    this.store(
      ready.map((item) => {
        const waiting = this.set(item.id, { state: "waiting", group: target, groupName: group ? "" : groupName });
        this.count(waiting);
        return waiting;
      }),
    );
    this.refusals = [];
    this.advance();
    return target;
  }

  retry(ids) {
    ids.forEach((id) => {
      if (this.items.get(id)?.state === "failed") this.set(id, { state: "waiting", tries: 0, reason: "", code: "" });
    });
    this.advance();
  }

  /** Removes files in any state. The API deletes the creatives it knows. */
  cancel(ids) {
    const removed = ids.map((id) => this.items.get(id)).filter(Boolean);
    removed.forEach(({ id, group, size }) => {
      this.items.delete(id);
      this.files.delete(id);
      thumbnails.delete(id);
      if (group) this.run = { ...this.run, files: this.run.files - 1, bytes: this.run.bytes - size };
    });
    removed.forEach(({ id }) => this.requests.get(id)?.abort());
    this.stored.remove(ids);
    const announced = removed.filter((item) => item.announced).map(({ id }) => id);
    for (let start = 0; start < announced.length; start += CANCELLED) {
      this.agent?.cancel(announced.slice(start, start + CANCELLED));
    }
    this.changed();
    this.advance();
  }

  /** The API has deleted the creatives of cancelled files. */
  cancelledDeleted() {
    this.deletions += 1;
    this.changed();
  }

  // --- forms ---

  /** Sends signed files, and requests forms in batches shortly before they are needed, because they expire. */
  advance() {
    const list = [...this.items.values()];
    const sending = list.filter((item) => item.state === "sending").length;
    const signed = list.filter((item) => item.state === "signed" && !item.paused);
    if (navigator.onLine) {
      signed.slice(0, Math.max(0, PARALLEL - sending)).forEach((item) => {
        if (performance.now() < item.validUntil) this.send(item);
        else this.set(item.id, { state: "waiting" });
      });
    }
    if (signed.length >= SIGNED_AHEAD || this.answerTimer || !this.agent) return;
    const first = [...this.items.values()].find((item) => item.state === "waiting");
    if (!first) return;
    const batch = [...this.items.values()]
      .filter((item) => item.state === "waiting" && item.group === first.group)
      .slice(0, BATCH);
    batch.forEach((item) => this.set(item.id, { state: "signing", announced: true }));
    this.answerTimer = setTimeout(() => this.unsigned({ ids: batch.map(({ id }) => id), again: true }), ANSWER_TIMEOUT_MS);
    this.agent.sign({
      group: first.group,
      name: first.groupName ?? "",
      files: batch.map(({ id, name, size, type }) => ({ creative_id: id, filename: name, size, content_type: type })),
    });
  }

  answered() {
    clearTimeout(this.answerTimer);
    this.answerTimer = undefined;
  }

  /** The answer to `sign`: a form for each accepted file, all valid for `seconds`, and the refused files. */
  signed({ group, seconds, forms, refused }) {
    this.answered();
    this.away = false;
    this.attempts = 0;
    const validUntil = performance.now() + Math.max(0, seconds - 10) * 1000;
    forms.forEach(({ id, url, fields }) => {
      const state = this.items.get(id)?.state;
      if (state === "signing" || state === "waiting") this.set(id, { state: "signed", url, fields, validUntil });
    });
    refused.forEach(({ id, reason }) => this.set(id, { state: "failed", reason, final: true, announced: false }));
    this.started = group;
    this.changed();
    this.advance();
  }

  /** No forms. `again`: the service is away, so the request is repeated; else the files fail for this `reason`. */
  async unsigned({ ids, again, reason }) {
    this.answered();
    ids
      .filter((id) => this.items.get(id)?.state === "signing")
      .forEach((id) => this.set(id, again ? { state: "waiting" } : { state: "failed", reason }));
    if (again) {
      this.away = true;
      this.attempts += 1;
      this.answerTimer = setTimeout(() => {
        this.answered();
        this.advance();
      }, backoff(this.attempts, FORMS_BACKOFF));
    } else this.advance();
    this.changed();
  }

  // --- bytes ---

  send(item) {
    const { id } = item;
    this.set(id, { state: "sending", sent: 0 });
    const form = new FormData();
    Object.entries(item.fields).forEach(([name, value]) => form.append(name, value));
    form.append("file", this.files.get(id), item.name);
    const request = new XMLHttpRequest();
    this.requests.set(id, request);
    let stallTimer;
    const restartTimer = () => {
      clearTimeout(stallTimer);
      stallTimer = setTimeout(() => request.abort(), STALL_TIMEOUT_MS);
    };
    request.upload.onprogress = ({ loaded, total }) => {
      restartTimer();
      this.set(id, { sent: Math.round((loaded / total) * item.size) });
    };
    request.onloadend = () => {
      clearTimeout(stallTimer);
      this.requests.delete(id);
      if (this.items.has(id)) this.finish(this.items.get(id), request.status);
      else this.advance();
    };
    request.open("POST", item.url);
    restartTimer();
    request.send(form);
  }

  async finish(item, status) {
    if (status >= 200 && status < 300) this.complete(item);
    else this.set(item.id, { sent: 0, ...(await this.stateAfterFailure(item, status)) });
    this.advance();
    if (!this.items.get(item.id)?.paused) return;
    await wait(backoff(this.items.get(item.id).tries, SEND_BACKOFF));
    this.set(item.id, { paused: false });
    this.advance();
  }

  async stateAfterFailure(item, status) {
    if (!navigator.onLine) return { state: "signed" };
    if (status === 0 && !(await readable(this.files.get(item.id)))) {
      return { state: "failed", code: "unreadable", final: true };
    }
    const tries = item.tries + 1;
    const expired = status === 403;
    const temporary = status === 0 || status === 408 || status === 429 || status >= 500;
    if (!(expired || temporary) || tries > AUTOMATIC_TRIES) {
      return { state: "failed", tries, code: temporary ? "no_connection" : "store_refused" };
    }
    return { state: expired ? "waiting" : "signed", tries, paused: true };
  }

  complete(item) {
    this.items.delete(item.id);
    this.stored.remove([item.id]);
    this.sentMarks.add(mark(item));
    const { sentFiles, sentBytes } = this.run;
    this.run = { ...this.run, sentFiles: sentFiles + 1, sentBytes: sentBytes + item.size };
    this.changed();
  }
}

export const uploads = new Uploads();

if (typeof window !== "undefined") {
  window.adlensUploads = uploads;
  window.addEventListener("online", () => uploads.advance());
  window.addEventListener("beforeunload", (event) => {
    if (uploads.get().busy) event.preventDefault();
  });
}
