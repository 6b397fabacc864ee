/** Small pictures of the files that this browser sends. */

const SMALL = 96;
const PARALLEL = 2;
const MOST = 1000;

/** Decodes off the main thread, PARALLEL at a time, the latest request first, and keeps MOST until the page is left. */
class Thumbnails {
  bitmaps = new Map();
  requests = [];
  working = 0;

  /** A bitmap, or null if the browser cannot decode the file. */
  get(id, file) {
    if (!this.bitmaps.has(id)) {
      if (this.bitmaps.size >= MOST) this.bitmaps.delete(this.bitmaps.keys().next().value);
      this.bitmaps.set(id, new Promise((resolve) => this.requests.push({ file, resolve })));
      this.work();
    }
    return this.bitmaps.get(id);
  }

  delete(id) {
    this.bitmaps.delete(id);
  }

  async work() {
    if (this.working >= PARALLEL || !this.requests.length) return;
    this.working += 1;
    const { file, resolve } = this.requests.pop();
    resolve(await createImageBitmap(file, { resizeWidth: SMALL, resizeQuality: "medium" }).catch(() => null));
    this.working -= 1;
    this.work();
  }
}


export const thumbnails = new Thumbnails();
