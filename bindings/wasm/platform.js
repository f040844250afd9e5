// What differs between Node and a page: where the module's bytes come from, and which files it sees.
// SPDX-License-Identifier: MIT
const isNode = typeof process === 'object' && Boolean(process.versions?.node);

export async function bytesOfModule() {
  const url = new URL('selfattn.wasm', import.meta.url);
  if (isNode) return (await import('node:fs')).readFileSync(url);
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${answer.statusText}`);
  return new Uint8Array(await answer.arrayBuffer());
}

/** In Node the module sees the system's files under their names; in a page those that storeFile() made. */
export async function prepare(options) {
  if (!isNode) return options;
  const { createRequire } = await import('node:module');
  const { readdirSync, statSync } = await import('node:fs');
  const own = new Set(['dev', 'proc', 'sys']);
  const mount = ({ FS }) => {
    for (const name of readdirSync('/').filter((entry) => !own.has(entry))) {
      const path = `/${name}`;
      try {
        if (!statSync(path).isDirectory()) continue;
        FS.mkdirTree(path);
        FS.mount(FS.filesystems.NODEFS, { root: path }, path);
      } catch {
        // Not readable: what is below is not found.
      }
    }
    FS.chdir(process.cwd());
  };
  return { ...options, require: createRequire(import.meta.url), preRun: [mount] };
}
