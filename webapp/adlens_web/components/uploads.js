/** The queue of files on their way to the store. It belongs to the module, not to a page: uploads go on while other pages
 * are looked at, and what is still to be sent is kept in the browser's database, so that a reload loses nothing.
 *
 * A file is `ready` (chosen), `waiting` (for its form), `signing`, `signed`, `sending`, and then gone: the API shows it
 * from there on. `failed` ones stay, with the reason and, if it can help, another try. */

import { FIRST_BYTES, MAX_FILE_BYTES } from "./formats.js";

const PARALLEL = 4;
const BATCH = 50;
const AHEAD = 8;
const AUTOMATIC_TRIES = 2;
const ANSWER_MS = 30_000;
const STALLED_MS = 60_000;
const DRAW_MS = 200;
const ON_THE_WAY = new Set(["waiting", "signing", "signed", "sending"]);

const mark = ({ name, size }) => `${size} ${name}`;
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
// Not crypto.randomUUID: it is missing where the app is served over plain http in a local network.
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

/** The content type that the first bytes of a file announce, or the code of why it cannot be taken. */
export async function examine(file) {
  if (file.size === 0) return { refused: "empty" };
  if (file.size > MAX_FILE_BYTES) return { refused: "too_large" };
  try {
    const head = new Uint8Array(await file.slice(0, 12).arrayBuffer());
    const begins = ([at, expected]) => expected.every((byte, index) => head[at + index] === byte);
    const type = Object.keys(FIRST_BYTES).find((name) => FIRST_BYTES[name].every(begins));
    return type ? { type } : { refused: "not_a_picture" };
  } catch {
    return { refused: "unreadable" };
  }
}

const byName = new Intl.Collator(undefined, { numeric: true });
const sorted = (found) => found.sort((one, other) => byName.compare(one.file.name, other.file.name));
const readable = (file) =>
  file
    .slice(0, 1)
    .arrayBuffer()
    .then(() => true, () => false);

/** All files of a drop, those inside its folders too, each as {file, folder}. Call it while the event is handled. */
export async function filesOf(transfer) {
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return Array.from(transfer.files, (file) => ({ file, folder: "" }));
  const found = [];
  const walk = async (entry, folder) => {
    if (entry.isFile) {
      const file = await new Promise((resolve) => entry.file(resolve, () => resolve(null)));
      if (file && !(folder && file.name.startsWith("."))) found.push({ file, folder });
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
      if (!some.length) return;
      for (const inner of some) await walk(inner, folder || entry.name);
    }
  };
  for (const entry of entries) await walk(entry, "");
  return sorted(found);
}

/** The files of an <input>, as filesOf gives them. */
export function chosenFiles(input) {
  const found = Array.from(input.files, (file) => ({ file, folder: file.webkitRelativePath.split("/")[0] }));
  return sorted(found.filter(({ file, folder }) => !(folder && file.name.startsWith("."))));
}

// --- what is kept in the browser ----------------------------------------------------------------------------------

const LOCK_PATIENCE_MS = 2000;

/** One tab keeps its queue: the one that holds the lock. Others, and browsers that have no locks, work without. */
class Keep {
  open() {
    if (!navigator.locks || !window.indexedDB) return Promise.resolve([]);
    return new Promise((resolve) => {
      // After a reload the page of before holds the lock a moment longer.
      const signal = AbortSignal.timeout(LOCK_PATIENCE_MS);
      const held = navigator.locks.request("adlens-uploads", { signal }, async () => {
        try {
          this.database = await this.result(
            Object.assign(indexedDB.open("adlens-uploads", 1), {
              onupgradeneeded: ({ target }) => target.result.createObjectStore("files", { keyPath: "id" }),
            }),
          );
          resolve(await this.result(this.files("readonly").getAll()));
        } catch {
          resolve([]);
        }
        return new Promise(() => {});
      });
      held.catch(() => resolve([]));
    });
  }

  result(request) {
    return new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  files(mode) {
    return this.database.transaction("files", mode).objectStore("files");
  }

  /** A full disk is no reason to stop: the queue goes on without being kept. */
  write(change) {
    if (!this.database) return;
    try {
      const files = this.files("readwrite");
      files.transaction.onabort = () => {};
      change(files);
    } catch {
      this.database = undefined;
    }
  }

  put(records) {
    this.write((files) => records.forEach((record) => files.put(record)));
  }

  remove(ids) {
    this.write((files) => ids.forEach((id) => files.delete(id)));
  }
}

// --- the queue ------------------------------------------------------------------------------------------------------

class Uploads {
  items = new Map();
  files = new Map();
  requests = new Map();
  refusals = [];
  sentMarks = new Set();
  run = { group: "", files: 0, bytes: 0, sentFiles: 0, sentBytes: 0 };
  reading = 0;
  forgets = 0;
  away = false;
  listeners = new Set();
  keep = new Keep();
  snapshot = this.draw();

  subscribe = (listener) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  get = () => this.snapshot;

  draw() {
    const list = [...this.items.values()];
    const failed = list.filter((item) => item.state === "failed").length;
    const busy = list.some((item) => ON_THE_WAY.has(item.state));
    const underWay = list.reduce((sum, item) => sum + item.sent, 0);
    return {
      list,
      refusals: this.refusals,
      run: { ...this.run, bytesNow: this.run.sentBytes + underWay },
      ready: list.filter((item) => item.state === "ready").length,
      failed,
      busy,
      reading: this.reading > 0,
      away: this.away,
      begun: this.begun,
      forgets: this.forgets,
    };
  }

  /** Tells the pages, five times a second at most. A timer, as frames do not come in hidden tabs. */
  changed() {
    this.drawing ??= setTimeout(() => {
      this.drawing = undefined;
      this.snapshot = this.draw();
      this.listeners.forEach((listener) => listener());
    }, DRAW_MS);
  }

  set(id, change) {
    const item = this.items.get(id);
    if (!item) return undefined;
    const changed = { ...item, ...change };
    this.items.set(id, changed);
    this.changed();
    return changed;
  }

  // --- from the pages ---

  /** Who signs: {sign(order), forget(ids)}. `owner` is the key they work with; kept files of others are not theirs. */
  async serve(agent, owner) {
    this.agent = agent;
    this.owner = owner && String([...owner].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) | 0, 7));
    this.restored ??= this.restore();
    await this.restored;
    this.pump();
  }

  async restore() {
    const kept = await this.keep.open();
    this.store([...this.items.values()]); // what was dropped before
    const others = kept.filter(({ owner }) => owner && owner !== this.owner);
    this.keep.remove(others.map(({ id }) => id));
    kept
      .filter((record) => !others.includes(record))
      .sort((one, other) => one.place - other.place)
      .forEach(({ file, owner, ...record }) => {
        const begun = Boolean(record.group);
        const item = { ...record, sent: 0, tries: 0, announced: begun, state: begun ? "waiting" : "ready" };
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
      const some = found.slice(start, start + 20);
      const seen = await Promise.all(some.map(({ file }) => examine(file)));
      const taken = [];
      some.forEach(({ file, folder, again }, index) => {
        const { type, refused } = seen[index];
        const code = refused ?? (known.has(mark(file)) && !again ? "duplicate" : undefined);
        if (code) {
          this.refusals = [...this.refusals, { id: newId(), file, folder, name: file.name, code }];
          return;
        }
        known.add(mark(file));
        const item = { id: newId(), name: file.name, size: file.size, type, folder, group: "", sent: 0, tries: 0 };
        this.files.set(item.id, file);
        this.items.set(item.id, { ...item, state: "ready" });
        taken.push(item);
      });
      this.store(taken);
      this.changed();
      await wait(0);
    }
    this.reading -= 1;
    this.changed();
  }

  store(items) {
    const start = Date.now() * 1000;
    this.keep.put(
      items.map(({ id, name, size, type, folder, group, groupName, place }, index) => ({
        ...{ id, name, size, type, folder, group, groupName, place: place ?? start + index },
        ...{ owner: this.owner, file: this.files.get(id) },
      })),
    );
  }

  /** Takes the refused files all the same: those that only looked like others. */
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

  /** Sends what is ready, into `group` or into a new one called `groupName`. Answers with the group's id. */
  start({ group, groupName }) {
    const goal = group || newGroup();
    if (![...this.items.values()].some((item) => item.group)) {
      this.run = { group: goal, files: 0, bytes: 0, sentFiles: 0, sentBytes: 0 };
      this.sentMarks.clear();
    }
    const ready = [...this.items.values()].filter((item) => item.state === "ready");
    this.store(
      ready.map((item) => {
        const begun = this.set(item.id, { state: "waiting", group: goal, groupName: group ? "" : groupName });
        this.count(begun);
        return begun;
      }),
    );
    this.refusals = [];
    this.pump();
    return goal;
  }

  retry(ids) {
    ids.forEach((id) => {
      if (this.items.get(id)?.state === "failed") this.set(id, { state: "waiting", tries: 0, reason: "", code: "" });
    });
    this.pump();
  }

  /** Takes files off the list, whatever they are doing; the API forgets those that it has heard of. */
  cancel(ids) {
    const gone = ids.map((id) => this.items.get(id)).filter(Boolean);
    gone.forEach(({ id, group, size }) => {
      this.items.delete(id);
      this.files.delete(id);
      thumbnails.delete(id);
      if (group) this.run = { ...this.run, files: this.run.files - 1, bytes: this.run.bytes - size };
    });
    gone.forEach(({ id }) => this.requests.get(id)?.abort());
    this.keep.remove(ids);
    const announced = gone.filter((item) => item.announced).map(({ id }) => id);
    if (announced.length) this.agent?.forget(announced);
    this.changed();
    this.pump();
  }

  /** The API has deleted what was cancelled. */
  forgotten() {
    this.forgets += 1;
    this.changed();
  }

  // --- forms ---

  /** Forms expire, so they are asked for in batches, shortly before they are needed. */
  pump() {
    const list = [...this.items.values()];
    const sending = list.filter((item) => item.state === "sending").length;
    const signed = list.filter((item) => item.state === "signed" && !item.resting);
    if (navigator.onLine) {
      signed.slice(0, Math.max(0, PARALLEL - sending)).forEach((item) => {
        if (performance.now() < item.validUntil) this.send(item);
        else this.set(item.id, { state: "waiting" });
      });
    }
    if (signed.length >= AHEAD || this.asking || !this.agent) return;
    const first = [...this.items.values()].find((item) => item.state === "waiting");
    if (!first) return;
    const batch = [...this.items.values()]
      .filter((item) => item.state === "waiting" && item.group === first.group)
      .slice(0, BATCH);
    batch.forEach((item) => this.set(item.id, { state: "signing", announced: true }));
    this.asking = setTimeout(() => this.unsigned({ ids: batch.map(({ id }) => id), again: true }), ANSWER_MS);
    this.agent.sign({
      group: first.group,
      name: first.groupName ?? "",
      files: batch.map(({ id, name, size, type }) => ({ creative_id: id, filename: name, size, content_type: type })),
    });
  }

  answered() {
    clearTimeout(this.asking);
    this.asking = undefined;
  }

  /** The answer to `sign`: one form per accepted file, valid for `seconds`, and what was refused. */
  signed({ group, seconds, forms, refused }) {
    this.answered();
    this.away = false;
    this.pause = 0;
    const validUntil = performance.now() + Math.max(0, seconds - 10) * 1000;
    forms.forEach(({ id, url, fields }) => {
      const state = this.items.get(id)?.state;
      if (state === "signing" || state === "waiting") this.set(id, { state: "signed", url, fields, validUntil });
    });
    refused.forEach(({ id, reason }) => this.set(id, { state: "failed", reason, final: true, announced: false }));
    this.begun = group;
    this.changed();
    this.pump();
  }

  /** No forms. `again`: the service is away, so it is asked once more by itself; else `reason` is shown. */
  async unsigned({ ids, again, reason }) {
    this.answered();
    ids
      .filter((id) => this.items.get(id)?.state === "signing")
      .forEach((id) => this.set(id, again ? { state: "waiting" } : { state: "failed", reason }));
    if (again) {
      this.away = true;
      this.pause = Math.min((this.pause || 1000) * 2, ANSWER_MS);
      this.asking = setTimeout(() => {
        this.answered();
        this.pump();
      }, this.pause);
    } else this.pump();
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
    let stalled;
    const alive = () => {
      clearTimeout(stalled);
      stalled = setTimeout(() => request.abort(), STALLED_MS);
    };
    request.upload.onprogress = ({ loaded, total }) => {
      alive();
      this.set(id, { sent: Math.round((loaded / total) * item.size) });
    };
    request.onloadend = () => {
      clearTimeout(stalled);
      this.requests.delete(id);
      if (this.items.has(id)) this.ended(this.items.get(id), request.status);
      else this.pump();
    };
    request.open("POST", item.url);
    alive();
    request.send(form);
  }

  async ended(item, status) {
    if (status >= 200 && status < 300) this.arrived(item);
    else this.set(item.id, { sent: 0, ...(await this.afterwards(item, status)) });
    this.pump();
    if (!this.items.get(item.id)?.resting) return;
    await wait(1000 * 3 ** (this.items.get(item.id).tries - 1));
    this.set(item.id, { resting: false });
    this.pump();
  }

  /** What becomes of a file that did not arrive. */
  async afterwards(item, status) {
    if (!navigator.onLine) return { state: "signed" };
    if (status === 0 && !(await readable(this.files.get(item.id)))) {
      return { state: "failed", code: "unreadable", final: true };
    }
    const tries = item.tries + 1;
    const expired = status === 403;
    const passing = status === 0 || status === 408 || status === 429 || status >= 500;
    if (!(expired || passing) || tries > AUTOMATIC_TRIES) {
      return { state: "failed", tries, code: passing ? "no_connection" : "store_refused" };
    }
    return { state: expired ? "waiting" : "signed", tries, resting: true };
  }

  arrived(item) {
    this.items.delete(item.id);
    this.keep.remove([item.id]);
    this.sentMarks.add(mark(item));
    const { sentFiles, sentBytes } = this.run;
    this.run = { ...this.run, sentFiles: sentFiles + 1, sentBytes: sentBytes + item.size };
    this.changed();
  }
}

// --- small pictures of the files --------------------------------------------------------------------------------------

const SMALL = 96;
const AT_ONCE = 2;
const KEPT = 1000;

/** Decoded off the main thread, two at a time, the latest asked for first; kept for this visit. */
class Thumbnails {
  made = new Map();
  asked = [];
  working = 0;

  /** A bitmap, or null when the browser cannot read the file. */
  get(id, file) {
    if (!this.made.has(id)) {
      if (this.made.size >= KEPT) this.made.delete(this.made.keys().next().value);
      this.made.set(id, new Promise((resolve) => this.asked.push({ file, resolve })));
      this.work();
    }
    return this.made.get(id);
  }

  delete(id) {
    this.made.delete(id);
  }

  async work() {
    if (this.working >= AT_ONCE || !this.asked.length) return;
    this.working += 1;
    const { file, resolve } = this.asked.pop();
    resolve(await createImageBitmap(file, { resizeWidth: SMALL, resizeQuality: "medium" }).catch(() => null));
    this.working -= 1;
    this.work();
  }
}

export const thumbnails = new Thumbnails();
export const uploads = new Uploads();

if (typeof window !== "undefined") {
  window.adlensUploads = uploads;
  window.addEventListener("online", () => uploads.pump());
  window.addEventListener("beforeunload", (event) => {
    if (uploads.get().busy) event.preventDefault();
  });
}
