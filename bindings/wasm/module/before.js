// In front of emscripten's code, which in Node expects what modules of this kind do not have.
var require = Module['require'], __dirname = '/'; // eslint-disable-line
