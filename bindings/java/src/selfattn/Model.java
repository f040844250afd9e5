// SPDX-License-Identifier: MIT
package selfattn;

import static selfattn.Native.C;

import com.sun.jna.Memory;
import java.lang.ref.Reference;
import java.util.EnumMap;
import java.util.Map;

/** A trained transformer. Immutable: any number of threads may share one. */
public final class Model implements AutoCloseable {
    final Handle handle;

    /** What {@link #encode} returns: [B, embedding width], [B,T,E], [L,B,H,T,T], and [B,V] or [B,T,V]. */
    public enum Output {
        EMBEDDING, HIDDEN, ATTENTION, LOGITS
    }

    /** Reads weights and config: a folder or a file. */
    public Model(Context ctx, String path) {
        Memory name = Native.text(path);
        handle = Handle.make(this, out -> ctx.call(c -> C.sa_model_open(c, name, out)), C::sa_model_destroy, null);
        Reference.reachabilityFence(name);
    }

    /** A number about it: {@code what} is {@code Declarations.SA_MODEL_...}. */
    public int get(int what) {
        return handle.use(model -> (int) C.sa_model_get(model, what));
    }

    private long size(Output output, long batch, long tokens) {
        switch (output) {
            case EMBEDDING:
                return batch * get(Declarations.SA_MODEL_EMBEDDING_WIDTH);
            case HIDDEN:
                return batch * tokens * get(Declarations.SA_MODEL_WIDTH);
            case ATTENTION:
                return batch * get(Declarations.SA_MODEL_LAYERS) * get(Declarations.SA_MODEL_QUERY_HEADS) * tokens
                    * tokens;
            default:
                long rows = get(Declarations.SA_MODEL_TOKEN_LOGITS) == 1 ? tokens : 1;
                return batch * rows * get(Declarations.SA_MODEL_OUTPUTS);
        }
    }

    /** Runs it over sequences of token numbers, which may have any lengths; shorter ones are padded at the end. */
    public Map<Output, float[]> encode(Context ctx, int[][] sequences, Output... wanted) {
        Padded padded = new Padded(sequences);
        Declarations.sa_encode_args args = new Declarations.sa_encode_args();
        args.struct_size = args.size();
        args.batch = sequences.length;
        args.tokens = padded.tokens;
        args.ids = padded.ids;
        args.lengths = padded.lengths;
        Map<Output, Memory> memory = new EnumMap<>(Output.class);
        for (Output output : wanted) {
            memory.put(output, new Memory(4 * Math.max(size(output, sequences.length, padded.tokens), 1)));
        }
        args.embedding = memory.get(Output.EMBEDDING);
        args.hidden = memory.get(Output.HIDDEN);
        args.attention = memory.get(Output.ATTENTION);
        args.logits = memory.get(Output.LOGITS);
        handle.use(model -> {
            ctx.call(c -> C.sa_model_encode(c, model, args.written()));
            return 0;
        });
        Reference.reachabilityFence(padded);
        Map<Output, float[]> got = new EnumMap<>(Output.class);
        memory.forEach((output, data) -> got.put(output,
            data.getFloatArray(0, Math.toIntExact(size(output, sequences.length, padded.tokens)))));
        return got;
    }

    /** Frees it once no call and no session uses it. */
    @Override
    public void close() {
        handle.close();
    }

    /** Sequences of any lengths as one array [B,T], and their lengths. */
    static final class Padded {
        final Memory ids;
        final Memory lengths;
        final int tokens;

        Padded(int[][] sequences) {
            int longest = 0;
            for (int[] row : sequences) {
                longest = Math.max(longest, row.length);
            }
            int[] all = new int[Math.multiplyExact(longest, sequences.length)];
            long[] real = new long[sequences.length];
            for (int b = 0; b < sequences.length; b++) {
                System.arraycopy(sequences[b], 0, all, b * longest, sequences[b].length);
                real[b] = sequences[b].length;
            }
            ids = Native.ints(all);
            lengths = Native.longs(real);
            tokens = longest;
        }
    }
}
