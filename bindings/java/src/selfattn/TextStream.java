// SPDX-License-Identifier: MIT
package selfattn;

import static selfattn.Native.C;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The text of tokens that come one by one, in whole characters. What might become a stop string is held back. */
final class TextStream implements AutoCloseable {
    private final Context ctx;
    private final Handle handle;
    private final Memory text;
    private final Memory count = new Memory(8);

    private interface Writing {
        int call(Pointer ctx, Pointer stream);
    }

    /** The last token of the prompt stands in front: a decoder may drop a space at the beginning of a text. */
    TextStream(Context ctx, Tokenizer tokenizer, int[] prompt, String... stop) {
        this.ctx = ctx;
        int before = prompt.length > 0 ? prompt[prompt.length - 1] : -1;
        Memory[] texts = Arrays.stream(stop).map(Native::text).toArray(Memory[]::new);
        Memory list = new Memory(8L * Math.max(texts.length, 1));
        list.write(0, texts, 0, texts.length);
        handle = Handle.make(this, out -> tokenizer.handle.use(t -> {
            ctx.call(c -> C.sa_text_stream_create(c, t, before, texts.length > 0 ? list : null, texts.length, out));
            return 0;
        }), C::sa_text_stream_destroy, tokenizer.handle);
        Reference.reachabilityFence(new Object[] {texts, list});
        text = new Memory(handle.use(stream -> (int) C.sa_text_stream_room(stream)));
    }

    /** A stop string came: the text ends before it. */
    boolean ended() {
        return handle.use(C::sa_text_stream_ended) != 0;
    }

    /** What is new and whole with this token. */
    String add(int token) {
        return write((c, stream) -> C.sa_text_stream_add(c, stream, token, text, text.size(), count));
    }

    /** What was held back, when no more tokens come. */
    String rest() {
        return write((c, stream) -> C.sa_text_stream_rest(c, stream, text, text.size(), count));
    }

    private String write(Writing call) {
        handle.use(stream -> {
            ctx.call(c -> call.call(c, stream));
            return 0;
        });
        return new String(text.getByteArray(0, (int) count.getLong(0)), StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        handle.close();
    }
}
