/** The queue in the browser's database, so that a reload loses nothing. */

const LOCK_TIMEOUT_MS = 2000;

/** Only the tab that holds the lock stores its queue. Other tabs, and browsers without locks, keep it in memory. */
export class StoredQueue {
  /** All stored records, once this tab has the lock; none without it. */
  open() {
    if (!navigator.locks || !window.indexedDB) return Promise.resolve([]);
    return new Promise((resolve) => {
      // After a reload the old page holds the lock for another moment.
      const signal = AbortSignal.timeout(LOCK_TIMEOUT_MS);
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

  /** If the disk is full, the queue goes on in memory. */
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
