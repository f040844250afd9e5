// Opens page.html in headless Chromium, and prints what it says: node serve.js CHROMIUM PACKAGE VECTORS
// SPDX-License-Identifier: MIT
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';

const [chromium, folder, vectors] = process.argv.slice(2);
const TYPES = { html: 'text/html', js: 'text/javascript', mjs: 'text/javascript', wasm: 'application/wasm' };
const page = new URL('page.html', import.meta.url);
const server = createServer(({ url }, response) => {
  const path = url.startsWith('/package/') ? join(folder, url.slice(9))
    : url.startsWith('/vectors/') ? join(vectors, url.slice(9)) : page;
  const type = TYPES[String(path).split('.').pop()] ?? 'application/octet-stream';
  try {
    response.writeHead(200, { 'Content-Type': type }).end(readFileSync(path));
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((ready) => { server.listen(0, '127.0.0.1', ready); });
const { stdout } = await promisify(execFile)(chromium, ['--headless', '--no-sandbox', '--disable-gpu',
  '--virtual-time-budget=60000', '--dump-dom', `http://127.0.0.1:${server.address().port}/`]);
server.close();
const [, said] = stdout.match(/id="said">([^<]*)</) ?? [null, stdout];
console.log(`Chromium: ${said}`);
process.exit(said.endsWith('agree') ? 0 : 1);
