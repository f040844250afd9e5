// SPDX-License-Identifier: MIT
package selfattn;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.lang.ref.Cleaner;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;

/**
 * An object of C. It is freed once it is closed, or its owner collected, and no call and no other object uses it (a
 * session needs its model).
 */
final class Handle {
    private static final Cleaner CLEANER = Cleaner.create();

    private final Pointer pointer;
    private final Consumer<Pointer> destroy;
    private final Handle parent;
    private int users = 1;
    private boolean open = true;

    private Handle(Pointer pointer, Consumer<Pointer> destroy, Handle parent) {
        this.pointer = pointer;
        this.destroy = destroy;
        this.parent = parent;
    }

    /** Owns what `make` writes to the memory it gets; `make` throws if it fails. */
    static Handle make(Object owner, Consumer<Pointer> make, Consumer<Pointer> destroy, Handle parent) {
        Memory out = new Memory(8);
        if (parent != null) {
            parent.retain();
        }
        try {
            make.accept(out);
        } catch (RuntimeException | Error failure) {
            if (parent != null) {
                parent.release();
            }
            throw failure;
        }
        Handle handle = new Handle(out.getPointer(0), destroy, parent);
        CLEANER.register(owner, handle::close);
        return handle;
    }

    private synchronized void retain() {
        if (!open) {
            throw new SelfAttnException(Declarations.SA_ERR_NULL, "this object has been closed");
        }
        users++;
    }

    private void release() {
        synchronized (this) {
            if (--users > 0) {
                return;
            }
        }
        Memory cell = new Memory(8);
        cell.setPointer(0, pointer);
        destroy.accept(cell);
        if (parent != null) {
            parent.release();
        }
    }

    /** Calls with the pointer, which stays valid meanwhile. */
    int use(ToIntFunction<Pointer> call) {
        retain();
        try {
            return call.applyAsInt(pointer);
        } finally {
            release();
        }
    }

    void close() {
        synchronized (this) {
            if (!open) {
                return;
            }
            open = false;
        }
        release();
    }
}
