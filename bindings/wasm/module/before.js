// In front of emscripten's code, which in Node expects what modules of this kind do not have, and makes workers of a
// file that is not in the package.
var require = Module['require'], __dirname = '/', Worker = Module['Worker']; // eslint-disable-line
