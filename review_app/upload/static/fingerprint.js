// Recognises a file after the page was reloaded: name, size, date and a hash of its first MiB.
// The server checks the whole file by sha256 at the end; this only finds the place to go on.

const FIRST = 1 << 20;

/** @param {File} file @returns {Promise<string>} */
export async function fingerprint(file) {
  const head = new Uint8Array(await file.slice(0, FIRST).arrayBuffer());
  return `${file.name}|${file.size}|${file.lastModified}|${hash(head)}`;
}

/** Two 32-bit multiplicative hashes of the bytes. crypto.subtle is missing on plain http.
 * @param {Uint8Array} bytes */
function hash(bytes) {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (const byte of bytes) {
    a = Math.imul(a ^ byte, 2654435761);
    b = Math.imul(b ^ byte, 1597334677);
  }
  return (a >>> 0).toString(16).padStart(8, "0") + (b >>> 0).toString(16).padStart(8, "0");
}
