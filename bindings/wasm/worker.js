// A thread of selfattn-threads.mjs: a worker that gets the module and its memory, and then a function to run. It does
// what the file that emscripten writes for this would do, as a module, which such a file could not be in Node.
// SPDX-License-Identifier: MIT
import createModule from './selfattn-threads.mjs';

const isNode = typeof process === 'object' && Boolean(process.versions?.node);
const module = {
  ENVIRONMENT_IS_PTHREAD: true,
  instantiateWasm(imports, done) {
    const instance = new WebAssembly.Instance(module.wasmModule, imports);
    done(instance);
    return instance.exports;
  },
};

function load({ wasmModule, wasmMemory }) {
  Object.assign(module, { wasmModule, wasmMemory, buffer: wasmMemory.buffer });
  createModule(module); // answers 'loaded' itself
}

function run({ threadInfoStruct, start_routine: start, arg, time }) {
  module.__performance_now_clock_drift = performance.now() - time;
  module.__emscripten_thread_init(threadInfoStruct, 0, 0, 1);
  module.establishStackSpace();
  module.PThread.threadInit();
  module.__emscripten_thread_exit(module.invokeEntryPoint(start, arg));
}

function hear(message) {
  if (message.cmd === 'load') load(message);
  else if (message.cmd === 'run') run(message);
  else throw new Error(`a thread of selfattn-wasm cannot do "${message.cmd}"`);
}

if (isNode) {
  Promise.all([import('node:module'), import('node:worker_threads')]).then(([{ createRequire }, { parentPort }]) => {
    module.require = createRequire(import.meta.url);
    globalThis.postMessage = (message) => parentPort.postMessage(message);
    parentPort.on('message', hear);
  });
} else globalThis.onmessage = ({ data }) => hear(data);
