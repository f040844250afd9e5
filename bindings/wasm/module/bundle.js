// Makes one classic script of the package's modules, for what has none to import, such as a page in a file and its
// workers: node bundle.js FOLDER writes FOLDER/selfattn.js. It defines selfattn(bytes), which takes the bytes of
// selfattn.wasm and resolves to what index.js exports; in Node require() has to be global.
// SPDX-License-Identifier: MIT
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
// What platform.js is in a script: the bytes are given, no files are seen but those that are stored, and there is one
// thread, since a page in a file shares no memory.
const PLATFORM = `import createModule from './selfattn.mjs';
export const openModule = () =>
  createModule({ wasmBinary: bytes, locateFile: (name) => name, require: globalThis.require });
export const addWorker = undefined;
`;
const parts = [];
const seen = new Set();

/** Puts a module behind those that it imports: a function that is awaited once and returns what it exports. */
function add(name) {
  if (seen.has(name)) return;
  seen.add(name);
  const exported = [];
  const from = (file) => `modules['${file}']`;
  let text = name === 'platform.js' ? PLATFORM : readFileSync(join(folder, name), 'utf8');
  for (const [, file] of text.matchAll(/^(?:import|export) .*from '\.\/(.*)';$/gm)) add(file);
  text = text
    .replaceAll(/^import (\{.*\}) from '\.\/(.*)';$/gm, (_, names, file) => `const ${names} = ${from(file)};`)
    .replaceAll(/^import (\w+) from '\.\/(.*)';$/gm, (_, one, file) => `const { default: ${one} } = ${from(file)};`)
    .replaceAll(/^export \* from '\.\/(.*)';$/gm, (_, file) => {
      exported.push(`...${from(file)}`);
      return '';
    })
    .replaceAll(/^export \{ (.*) \} from '\.\/(.*)';$/gm, (_, names, file) => {
      exported.push(...names.split(', ').map((one) => `${one}: ${from(file)}.${one}`));
      return '';
    })
    .replaceAll(/^export default (\w+);$/gm, (_, one) => {
      exported.push(`default: ${one}`);
      return '';
    })
    .replaceAll(/^export ((?:async )?(?:function\*?|class|const) (\w+))/gm, (_, begin, one) => {
      exported.push(one);
      return begin;
    })
    .replaceAll('import.meta.url', "''");
  const left = text.match(/^(import|export)\b.*/m);
  if (left) throw new Error(`${name}: a script cannot have "${left[0]}"`);
  parts.push(`${from(name)} = await (async () => {\n${text}\nreturn { ${exported.join(', ')} };\n})();\n`);
}

add('index.js');
writeFileSync(join(folder, 'selfattn.js'), `// Made by bundle.js from the modules of selfattn-wasm.
// SPDX-License-Identifier: MIT
globalThis.selfattn = async (bytes) => {
'use strict';
const modules = {};
${parts.join('')}return modules['index.js'];
};
`);
