// The files in what was dropped, folders included.

const VIDEO = /\.(mp4|m4v|mov|avi|mkv|webm|3gp)$/i;

/** @param {DataTransfer} dropped @returns {Promise<File[]>} */
export async function filesIn(dropped) {
  const entries = [...dropped.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  if (!entries.some((entry) => entry?.isDirectory)) return [...dropped.files];
  const found = await Promise.all(entries.map((entry) => (entry ? walk(entry, false) : [])));
  return found.flat();
}

/** @param {FileSystemEntry} entry @param {boolean} inFolder there, only what is named like a video
 * @returns {Promise<File[]>} */
async function walk(entry, inFolder) {
  if (entry.isFile) {
    if (inFolder && (!VIDEO.test(entry.name) || entry.name.startsWith("."))) return [];
    const file = /** @type {FileSystemFileEntry} */ (entry);
    return [await new Promise((resolve, reject) => file.file(resolve, reject))];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  const found = [];
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return found;
    for (const child of some) found.push(...(await walk(child, true)));
  }
}
