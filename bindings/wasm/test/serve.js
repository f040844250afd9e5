// Opens page.html in headless Chromium, and prints what it says: node serve.js CHROMIUM PACKAGE VECTORS alone|isolated
// A page shares memory with its workers if its server isolates it from other sites.
// SPDX-License-Identifier: MIT
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const [chromium, folder, vectors, sharing] = process.argv.slice(2);
const TYPES = { html: 'text/html', js: 'text/javascript', mjs: 'text/javascript', wasm: 'application/wasm' };
const ISOLATED = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
const page = new URL('page.html', import.meta.url);
let hear;
const heard = new Promise((resolve) => { hear = resolve; });
const server = createServer(async (request, response) => {
  const { url } = request;
  if (url === '/said') {
    hear(await text(request));
    response.end();
    return;
  }
  const path = url.startsWith('/package/') ? join(folder, url.slice(9))
    : url.startsWith('/vectors/') ? join(vectors, url.slice(9)) : page;
  const type = TYPES[String(path).split('.').pop()] ?? 'application/octet-stream';
  try {
    const headers = { 'Content-Type': type, ...(sharing === 'isolated' ? ISOLATED : {}) };
    response.writeHead(200, headers).end(readFileSync(path));
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((ready) => { server.listen(0, '127.0.0.1', ready); });
const browser = spawn(chromium, ['--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-port=0',
  `http://127.0.0.1:${server.address().port}/`], { stdio: 'ignore' });
const late = setTimeout(() => hear('nothing for two minutes'), 120000);
const said = await heard;
clearTimeout(late);
browser.kill();
server.close();
console.log(`Chromium, ${sharing}: ${said}`);
process.exit(said.endsWith(`agree on ${sharing === 'isolated' ? 3 : 1} threads`) ? 0 : 1);
