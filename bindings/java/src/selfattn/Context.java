// SPDX-License-Identifier: MIT
package selfattn;

import static selfattn.Native.C;

import com.sun.jna.Pointer;
import java.util.function.ToIntFunction;

/**
 * Where work runs: threads and scratch memory. A context has one caller at a time: threads that share one wait for
 * their turn. For calls at the same time make a context for each thread.
 */
public final class Context implements AutoCloseable {
    private final Handle handle;

    /** As many threads as the process has CPUs, and all other defaults. */
    public Context() {
        this(0);
    }

    /** At most so many threads. */
    public Context(int threads) {
        this(options(threads));
    }

    /** Any options, without a struct_size. */
    public Context(Declarations.sa_ctx_options options) {
        options.struct_size = options.size();
        handle = Handle.make(this, out -> Native.check(C.sa_ctx_create(options.written(), out), null),
            C::sa_ctx_destroy, null);
    }

    private static Declarations.sa_ctx_options options(int threads) {
        Declarations.sa_ctx_options options = new Declarations.sa_ctx_options();
        options.threads = threads;
        return options;
    }

    /** How many threads it uses. */
    public int threads() {
        return handle.use(C::sa_ctx_threads);
    }

    /** Calls with the context's pointer, and throws the call's error. */
    synchronized void call(ToIntFunction<Pointer> function) {
        handle.use(ctx -> {
            try {
                Native.check(function.applyAsInt(ctx), ctx);
            } catch (UnsatisfiedLinkError error) {
                throw new SelfAttnException(Declarations.SA_ERR_UNSUPPORTED,
                    "the library does not have it: " + error.getMessage() + "; " + C.sa_build_info());
            }
            return 0;
        });
    }

    /** Frees it once no call uses it. */
    @Override
    public void close() {
        handle.close();
    }
}
