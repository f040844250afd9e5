// SPDX-License-Identifier: MIT
package selfattn;

import com.sun.jna.Memory;

/** Which keys a query sees. All rules hold together; without any, every key is seen. */
public final class Masking {
    private final Declarations.sa_masking raw = new Declarations.sa_masking();
    private long[] keyLengths;
    private Memory lengths;
    private Tensor mask;

    /** A query sees no later key. */
    public static Masking causal() {
        Masking masking = new Masking();
        masking.raw.causal = 1;
        return masking;
    }

    /** Keys before and after a query's own place; -1: all of them. */
    public Masking window(long left, long right) {
        raw.window = 1;
        raw.window_left = left;
        raw.window_right = right;
        return this;
    }

    /** Real keys of each sequence; the others are padding. */
    public Masking keyLengths(long... real) {
        keyLengths = real.clone();
        lengths = Native.longs(real);
        raw.key_lengths = lengths;
        return this;
    }

    /** {@code Declarations.SA_ALIGN_...}; offset is for SA_ALIGN_OFFSET. */
    public Masking align(int align, long offset) {
        raw.align = align;
        raw.offset = offset;
        return this;
    }

    /** Truth values, or numbers that are added to scores. Axes of size 1 are repeated. */
    public Masking mask(Tensor tensor) {
        mask = tensor;
        mask.fill(raw.mask);
        raw.mask_keys = Declarations.SA_MASK_KEYS_REPEATED;
        return this;
    }

    static com.sun.jna.Pointer written(Masking masking, int batch) {
        if (masking == null) {
            return null;
        }
        if (masking.keyLengths != null && masking.keyLengths.length != batch) {
            throw SelfAttnException.shape("there are %d lengths of keys for %d sequences", masking.keyLengths.length,
                batch);
        }
        masking.raw.struct_size = masking.raw.size();
        synchronized (masking) {
            return masking.raw.written();
        }
    }
}
