// Bytes that stand in the page as letters: page/letters.c writes them.
// SPDX-License-Identifier: MIT
const ENCODING = 'windows-1252'; // of the page: it has a letter for each byte
const [ESCAPE, ESCAPED, ADDED] = [61, 64, 128];

/** For the number of a letter its byte. */
function table() {
  const letters = new TextDecoder(ENCODING).decode(Uint8Array.from({ length: 256 }, (_, byte) => byte));
  const bytes = new Uint8Array(65536);
  for (let byte = 0; byte < 256; byte++) bytes[letters.charCodeAt(byte)] = byte;
  return bytes;
}

function bytesOf(text) {
  const byteOf = table();
  const bytes = new Uint8Array(text.length);
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    let byte = byteOf[text.charCodeAt(i)];
    if (byte === ESCAPE) byte = byteOf[text.charCodeAt(++i)] - ESCAPED;
    bytes[count++] = byte - ADDED;
  }
  return bytes.slice(0, count);
}

/**
 * Resolves to take(id), which returns the bytes of a part of the page. A server may have said that the page has another
 * encoding, in which bytes are lost; then they are taken from the file, which comes again.
 */
export async function openParts() {
  if (document.characterSet === ENCODING) {
    return (id) => {
      const element = document.getElementById(id);
      const bytes = bytesOf(element.textContent);
      element.remove();
      return bytes;
    };
  }
  const file = new TextDecoder(ENCODING).decode(await (await fetch(location.href)).arrayBuffer());
  return (id) => {
    const name = `type="application/octet-stream" id="${id}">`;
    const begin = file.indexOf(name) + name.length;
    return bytesOf(file.slice(begin, file.indexOf('<', begin)));
  };
}
