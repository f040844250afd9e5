// Package selfattn is exact self-attention for CPUs: libselfattn for Go.
//
// A Context has one caller at a time; the package locks it, so goroutines may share one and then wait for their turn.
// Layers, models and tokenizers are immutable: any number of goroutines may use one at once, each with a context of its
// own. The library reads and writes slices during a call only.
//
// SPDX-License-Identifier: MIT
package selfattn

// #cgo pkg-config: selfattn
// #include <stdlib.h>
// #include <selfattn.h>
import "C"

import (
	"fmt"
	"runtime"
	"sync"
	"unsafe"
)

// Error is why a call failed: a status of the header (Constant("SA_ERR_SHAPE"), ...) and a sentence with the values.
type Error struct {
	Status  int
	Message string
}

func (e *Error) Error() string { return e.Message }

func shapeError(format string, values ...any) error {
	return &Error{C.SA_ERR_SHAPE, fmt.Sprintf(format, values...)}
}

// handle is an object of C. It is freed once it is closed and no call and no other object uses it.
type handle struct {
	lock    sync.Mutex
	users   int
	open    bool
	destroy func()
	parent  *handle
}

func (h *handle) init(parent *handle, destroy func()) {
	h.users, h.open, h.destroy, h.parent = 1, true, destroy, parent
	runtime.SetFinalizer(h, (*handle).close)
}

func (h *handle) retain() error {
	h.lock.Lock()
	defer h.lock.Unlock()
	if !h.open {
		return &Error{C.SA_ERR_NULL, "this object has been closed"}
	}
	h.users++
	return nil
}

func (h *handle) release() {
	h.lock.Lock()
	h.users--
	last := h.users == 0
	h.lock.Unlock()
	if last {
		h.destroy()
		if h.parent != nil {
			h.parent.release()
		}
	}
}

func (h *handle) close() {
	h.lock.Lock()
	open := h.open
	h.open = false
	h.lock.Unlock()
	if open {
		h.release()
	}
}

// Options say how a context works; zeros are the defaults of sa_ctx_options.
type Options struct {
	Threads, Parallel, Path, ISA, Precision int
}

// Context is where work runs: threads and scratch memory.
type Context struct {
	*handle
	turn sync.Mutex
	raw  *C.sa_ctx

	// Threads is how many it uses.
	Threads int
}

// NewContext makes a context. It fails if the library is older than the header that this package was built with.
func NewContext(options Options) (*Context, error) {
	if found := C.sa_version(); found < C.SA_VERSION {
		text := C.GoString(C.sa_version_string())
		return nil, &Error{C.SA_ERR_UNSUPPORTED, fmt.Sprintf("libselfattn is %s, and this program was built for %d.%d.%d",
			text, C.SA_VERSION_MAJOR, C.SA_VERSION_MINOR, C.SA_VERSION_PATCH)}
	}
	given := C.sa_ctx_options{threads: C.int32_t(options.Threads), parallel: C.int32_t(options.Parallel),
		path: C.int32_t(options.Path), isa: C.int32_t(options.ISA), precision: C.int32_t(options.Precision)}
	given.struct_size = C.uint64_t(unsafe.Sizeof(given))
	ctx := &Context{handle: &handle{}}
	err := withThread(func() C.sa_status { return C.sa_ctx_create(&given, &ctx.raw) })
	if err != nil {
		return nil, err
	}
	raw := ctx.raw
	ctx.Threads = int(C.sa_ctx_threads(raw))
	ctx.init(nil, func() { C.sa_ctx_destroy(&raw) })
	return ctx, nil
}

// Close frees the context once no call uses it.
func (ctx *Context) Close() { ctx.close() }

// call runs f while the handles cannot be freed, and returns its error.
func (ctx *Context) call(f func() C.sa_status, handles ...*handle) error {
	for _, h := range append([]*handle{ctx.handle}, handles...) {
		if err := h.retain(); err != nil {
			return err
		}
		defer h.release()
	}
	ctx.turn.Lock()
	defer ctx.turn.Unlock()
	if status := f(); status != C.SA_OK {
		return failure(ctx.raw, status)
	}
	return nil
}

// withThread runs a call without a context: its sentence is at the thread.
func withThread(f func() C.sa_status) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if status := f(); status != C.SA_OK {
		return failure(nil, status)
	}
	return nil
}

func failure(ctx *C.sa_ctx, status C.sa_status) error {
	text := C.GoString(C.sa_ctx_last_error(ctx))
	if text == "" || status == C.SA_ERR_BUSY {
		text = C.GoString(C.sa_status_string(status))
	}
	return &Error{int(status), text}
}

var short struct {
	once sync.Once
	ctx  *Context
	err  error
}

// shortCalls is a context for calls that need no threads, such as those of tokenizers.
func shortCalls() (*Context, error) {
	short.once.Do(func() { short.ctx, short.err = NewContext(Options{Threads: 1, Parallel: C.SA_PARALLEL_SERIAL}) })
	return short.ctx, short.err
}

// Version is that of the loaded library.
func Version() string { return C.GoString(C.sa_version_string()) }

// Constant looks up a constant of the loaded library: "SA_F32", "sizeof(sa_tensor)", "sa_tensor.data".
func Constant(name string) (int64, error) {
	text := C.CString(name)
	defer C.free(unsafe.Pointer(text))
	var value C.int64_t
	err := withThread(func() C.sa_status { return C.sa_constant(text, &value) })
	return int64(value), err
}
