/** Files that are dropped or chosen, before they join the queue. */

import { FIRST_BYTES, MAX_FILE_BYTES } from "./formats.js";

/** {type}, the content type by the first bytes of the file, or {refused}, the code of the reason to refuse it. */
export async function examine(file) {
  if (file.size === 0) return { refused: "empty" };
  if (file.size > MAX_FILE_BYTES) return { refused: "too_large" };
  try {
    const head = new Uint8Array(await file.slice(0, 12).arrayBuffer());
    const matches = ([at, expected]) => expected.every((byte, index) => head[at + index] === byte);
    const type = Object.keys(FIRST_BYTES).find((name) => FIRST_BYTES[name].every(matches));
    return type ? { type } : { refused: "not_a_picture" };
  } catch {
    return { refused: "unreadable" };
  }
}

const byName = new Intl.Collator(undefined, { numeric: true });
const sorted = (found) => found.sort((one, other) => byName.compare(one.file.name, other.file.name));
/** Whether the browser can still read the file. */
export const readable = (file) =>
  file
    .slice(0, 1)
    .arrayBuffer()
    .then(() => true, () => false);

/** All files of a drop and its folders, each as {file, folder}. The data is gone once the event has been handled. */
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
      const entries = await new Promise((resolve) => reader.readEntries(resolve, () => resolve([])));
      if (!entries.length) return;
      for (const inner of entries) await walk(inner, folder || entry.name);
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
