// SPDX-License-Identifier: MIT
package selfattn;

import static selfattn.Native.C;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;

/** Turns text into token numbers and back. Immutable: any number of threads may share one. */
public final class Tokenizer implements AutoCloseable {
    final Handle handle;

    private interface Sized {
        int call(Pointer ctx, Pointer tokenizer, Pointer out, long room, Pointer count);
    }

    /** Reads a file, or the first one that a folder has. */
    public Tokenizer(Context ctx, String path) {
        Memory name = Native.text(path);
        handle = Handle.make(this, out -> ctx.call(c -> C.sa_tokenizer_open(c, name, out)), C::sa_tokenizer_destroy,
            null);
        Reference.reachabilityFence(name);
    }

    /** Calls twice: without room, to ask for the size, and with it. Returns the number of elements. */
    private Memory sized(Context ctx, int bytes, Memory count, Sized call) {
        handle.use(t -> {
            ctx.call(c -> call.call(c, t, null, 0, count));
            return 0;
        });
        long room = count.getLong(0);
        Memory out = new Memory(bytes * Math.max(room, 1));
        if (room > 0) {
            handle.use(t -> {
                ctx.call(c -> call.call(c, t, out, room, count));
                return 0;
            });
        }
        return out;
    }

    /** Token numbers, with those that the tokenizer puts around a text. */
    public int[] encode(Context ctx, String text) {
        return encode(ctx, text, 0);
    }

    /** The same with flags: the sum of {@code Declarations.SA_ENCODE_NO_TEMPLATE}, ... */
    public int[] encode(Context ctx, String text, int flags) {
        Memory bytes = Native.text(text);
        Memory count = new Memory(8);
        Memory ids = sized(ctx, 4, count,
            (c, t, out, room, n) -> C.sa_tokenizer_encode_with(c, t, bytes, bytes.size() - 1, flags, out, room, n));
        return ids.getIntArray(0, (int) count.getLong(0));
    }

    /**
     * Token numbers, the places where tokens begin, and those where they end: token {@code i} stands for
     * {@code text.substring(it[1][i], it[2][i])}. A token of some bytes of a character has the whole character.
     */
    public int[][] encodeOffsets(Context ctx, String text, int flags) {
        Memory bytes = Native.text(text);
        Memory count = new Memory(8);
        Memory both = sized(ctx, 20, count, (c, t, out, room, n) -> C.sa_tokenizer_encode_offsets(c, t, bytes,
            bytes.size() - 1, flags, out == null ? null : out.share(16 * room), out, room, n));
        int n = (int) count.getLong(0);
        int[][] made = {both.getIntArray(16L * n, n), new int[n], new int[n]};
        int[] units = units(bytes);
        for (int i = 0; i < n; i++) {
            int first = (int) both.getLong(16L * i);
            while (isInside(bytes, first)) {
                first--;
            }
            made[1][i] = units[first];
            made[2][i] = units[(int) both.getLong(16L * i + 8)];
        }
        return made;
    }

    /** Whether a byte of UTF-8 is not the first of its character. */
    private static boolean isInside(Memory text, int at) {
        return (text.getByte(at) & 0xC0) == 0x80;
    }

    /** For each byte of UTF-8, how many units of UTF-16 the characters have that begin before it; and for the end. */
    private static int[] units(Memory text) {
        int[] units = new int[(int) text.size()];
        for (int i = 1; i < units.length; i++) {
            boolean isPair = (text.getByte(i - 1) & 0xF8) == 0xF0;
            units[i] = units[i - 1] + (isInside(text, i - 1) ? 0 : isPair ? 2 : 1);
        }
        return units;
    }

    /**
     * Two texts as one input, for models that compare texts: token numbers, and their types. The longer text is cut
     * until {@code most} tokens are left; 0: none is cut.
     */
    public int[][] encodePair(Context ctx, String first, String second, long most) {
        Memory a = Native.text(first);
        Memory b = Native.text(second);
        Memory count = new Memory(8);
        Memory both = sized(ctx, 8, count, (c, t, out, room, n) -> C.sa_tokenizer_encode_pair(c, t, a, a.size() - 1, b,
            b.size() - 1, 0, most, out, out == null ? null : out.share(4 * room), room, n));
        int n = (int) count.getLong(0);
        return new int[][] {both.getIntArray(0, n), both.getIntArray(4L * n, n)};
    }

    /** Bytes of UTF-8; the last token may end inside of a character. */
    public byte[] decodeBytes(Context ctx, int... ids) {
        Memory numbers = Native.ints(ids);
        Memory count = new Memory(8);
        Memory text = sized(ctx, 1, count,
            (c, t, out, room, n) -> C.sa_tokenizer_decode(c, t, numbers, ids.length, out, room, n));
        return text.getByteArray(0, (int) count.getLong(0));
    }

    public String decode(Context ctx, int... ids) {
        return new String(decodeBytes(ctx, ids), StandardCharsets.UTF_8);
    }

    /** Frees it once no call uses it. */
    @Override
    public void close() {
        handle.close();
    }
}
