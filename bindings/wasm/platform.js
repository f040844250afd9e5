// What differs between Node and a page: where the module's bytes come from, which files it sees, and its workers.
// SPDX-License-Identifier: MIT
const isNode = typeof process === 'object' && Boolean(process.versions?.node);
const node = isNode && {
  ...await import('node:fs'), ...await import('node:module'), ...await import('node:worker_threads'),
};

async function bytesOf(name) {
  const url = new URL(name, import.meta.url);
  if (isNode) return node.readFileSync(url);
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${answer.statusText}`);
  return new Uint8Array(await answer.arrayBuffer());
}

/** In Node the module sees the system's files under their names; in a page those that storeFile() made. */
function mount({ FS }) {
  const own = new Set(['dev', 'proc', 'sys']);
  for (const name of node.readdirSync('/').filter((entry) => !own.has(entry))) {
    const path = `/${name}`;
    try {
      if (!node.statSync(path).isDirectory()) continue;
      FS.mkdirTree(path);
      FS.mount(FS.filesystems.NODEFS, { root: path }, path);
    } catch {
      // Not readable: what is below is not found.
    }
  }
  FS.chdir(process.cwd());
}

/** Memory that threads share, as the module declares it; undefined where there is none. */
function sharedMemory() {
  if (!isNode && !globalThis.crossOriginIsolated) return undefined;
  try {
    return new WebAssembly.Memory({ initial: 256, maximum: 65536, shared: true });
  } catch {
    return undefined;
  }
}

const inNode = isNode ? { require: node.createRequire(import.meta.url), preRun: [mount] } : {};

/** A worker that is told to become one of the module's threads. */
function worker() {
  const url = new URL('./worker.js', import.meta.url);
  return isNode ? new node.Worker(url) : new Worker(url, { type: 'module' });
}

/** The module with threads, or the one without. */
export async function openModule() {
  const wasmMemory = sharedMemory();
  const { default: createModule } = await (wasmMemory ? import('./selfattn-threads.mjs') : import('./selfattn.mjs'));
  const wasmBinary = await bytesOf(wasmMemory ? 'selfattn-threads.wasm' : 'selfattn.wasm');
  return createModule({ wasmBinary, wasmMemory, Worker: worker, ...inNode });
}

/** Loads one more worker for threads, unless that fails: there is then a thread less. No process waits for its end. */
export async function addWorker({ PThread }) {
  PThread.allocateUnusedWorker();
  const added = PThread.unusedWorkers.at(-1);
  await new Promise((resolve) => {
    PThread.loadWasmModuleToWorker(added, resolve);
    if (isNode) return;
    added.addEventListener('error', () => {
      PThread.unusedWorkers = PThread.unusedWorkers.filter((one) => one !== added);
      resolve();
    });
  });
  if (isNode) added.unref();
}
