// SPDX-License-Identifier: MIT
package selfattn;

import static selfattn.Native.C;

import com.sun.jna.Memory;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/** A decoder with the keys and values of all tokens so far. It keeps its model; one call at a time. */
public final class Session implements AutoCloseable {
    private final Handle handle;
    private final int batch;
    /** The last token of the text before, which has not been run: the next one begins with it. */
    private int[] pending = {};

    /** How a text is generated. */
    public static final class Options {
        public int maxTokens = 128;
        /** Without a struct_size; null: the most probable token. */
        public Declarations.sa_sampling sampling;
        /** Strings that end a text; they need the tokenizer. */
        public String[] stop = {};
        public Tokenizer tokenizer;
        /** What the model's makers forbid and force holds. */
        public boolean modelRules;
        /** Called with each new token; null: none. */
        public Listener onToken;

        public Options maxTokens(int most) {
            maxTokens = most;
            return this;
        }

        public Options stop(String... strings) {
            stop = strings.clone();
            return this;
        }
    }

    /** Gets each new token; false ends its sequence. */
    public interface Listener {
        boolean token(int sequence, int token, float logProbability);
    }

    /** Why a sequence ended, in the order of SA_END_NONE, ... */
    public enum End {
        NONE, MAX_TOKENS, TOKEN, STRING, CALLER, FULL
    }

    /** The new tokens of a sequence. */
    public static final class Generated {
        public final int[] tokens;
        public final End end;

        Generated(int[] tokens, int end) {
            this.tokens = tokens;
            this.end = End.values()[end];
        }
    }

    /** One sequence. */
    public Session(Context ctx, Model model) {
        this(ctx, model, new Declarations.sa_session_config());
    }

    /** Any sizes, without a struct_size. */
    public Session(Context ctx, Model model, Declarations.sa_session_config config) {
        config.struct_size = config.size();
        batch = Math.max((int) config.batch, 1);
        handle = Handle.make(this, out -> model.handle.use(m -> {
            ctx.call(c -> C.sa_session_create(c, m, config.written(), out));
            return 0;
        }), C::sa_session_destroy, model.handle);
    }

    /** Tokens of a sequence; -1 if there is no such sequence. */
    public int length(int sequence) {
        return handle.use(session -> (int) C.sa_session_length(session, sequence));
    }

    /** Removes the tokens of all sequences from number `length` on. */
    public void truncate(int length) {
        pending = new int[0];
        Native.check(handle.use(session -> C.sa_session_truncate(session, -1, length)), null);
    }

    /** What the callback throws must not pass through C: it ends the sequence, and is thrown again behind the call. */
    private static final class Caught implements Declarations.sa_token_fn {
        private final Listener listener;
        private Throwable thrown;

        Caught(Listener listener) {
            this.listener = listener;
        }

        @Override
        public int call(com.sun.jna.Pointer user, long sequence, int token, float log) {
            try {
                return listener.token((int) sequence, token, log) ? 0 : 1;
            } catch (RuntimeException | Error failure) {
                thrown = failure;
                return 1;
            }
        }

        void rethrow() {
            if (thrown instanceof RuntimeException) {
                throw (RuntimeException) thrown;
            }
            if (thrown != null) {
                throw (Error) thrown;
            }
        }
    }

    /**
     * Appends a prompt to each sequence and generates new tokens. Afterwards each sequence has its prompt and all new
     * tokens but the last one, which has not been run: begin the next prompt with it.
     */
    public Generated[] generate(Context ctx, int[][] prompts, Options options) {
        if (prompts.length != batch) {
            throw SelfAttnException.shape("there are %d prompts for %d sequences", prompts.length, batch);
        }
        pending = new int[0];
        Model.Padded padded = new Model.Padded(prompts);
        Memory generated = new Memory(4L * Math.max(Math.multiplyExact(batch, options.maxTokens), 1));
        Memory counts = new Memory(8L * batch);
        Memory endings = new Memory(4L * batch);
        Declarations.sa_generate_args args = new Declarations.sa_generate_args();
        args.struct_size = args.size();
        args.tokens = padded.tokens;
        args.ids = padded.tokens > 0 ? padded.ids : null;
        args.lengths = padded.tokens > 0 ? padded.lengths : null;
        args.max_tokens = options.maxTokens;
        args.model_rules = options.modelRules ? 1 : 0;
        args.generated = generated;
        args.counts = counts;
        args.endings = endings;
        if (options.sampling != null) {
            options.sampling.struct_size = options.sampling.size();
            args.sampling = options.sampling.written();
        }
        Caught caught = new Caught(options.onToken);
        args.on_token = options.onToken == null ? null : caught;
        Memory[] stop = Arrays.stream(options.stop).map(Native::text).toArray(Memory[]::new);
        Memory list = new Memory(8L * Math.max(stop.length, 1));
        list.write(0, stop, 0, stop.length);
        args.stop_strings = stop.length > 0 ? list : null;
        args.stop_string_count = stop.length;
        call(ctx, args, stop.length > 0 ? options.tokenizer : null);
        Reference.reachabilityFence(new Object[] {padded, stop, list, options});
        caught.rethrow();
        Generated[] all = new Generated[batch];
        for (int b = 0; b < batch; b++) {
            all[b] = new Generated(generated.getIntArray(4L * b * options.maxTokens, (int) counts.getLong(8L * b)),
                endings.getInt(4L * b));
        }
        return all;
    }

    private void call(Context ctx, Declarations.sa_generate_args args, Tokenizer tokenizer) {
        if (tokenizer != null) {
            tokenizer.handle.use(t -> {
                args.tokenizer = t;
                call(ctx, args, null);
                return 0;
            });
            return;
        }
        handle.use(session -> {
            ctx.call(c -> C.sa_generate(c, session, args.written()));
            return 0;
        });
    }

    /**
     * Goes on with a text, in a session of one sequence: onText gets pieces of whole characters as they come, and false
     * from it ends the text. The text ends before the first of the stop strings. The next call goes on behind it, with
     * a prompt that may be empty. Returns the new text.
     */
    public String stream(Context ctx, Tokenizer tokenizer, String prompt, Options options, Predicate<String> onText) {
        boolean goesOn = pending.length > 0 || length(0) > 0;
        int[] added = tokenizer.encode(ctx, prompt, goesOn ? Declarations.SA_ENCODE_NO_TEMPLATE : 0);
        int[] ids = IntStream.concat(Arrays.stream(pending), Arrays.stream(added)).toArray();
        try (TextStream text = new TextStream(ctx, tokenizer, ids, options.stop)) {
            return stream(ctx, ids, text, options, onText);
        }
    }

    private String stream(Context ctx, int[] ids, TextStream text, Options options, Predicate<String> onText) {
        StringBuilder written = new StringBuilder();
        boolean[] left = {false};
        Consumer<String> show = piece -> {
            written.append(piece);
            left[0] = !piece.isEmpty() && !onText.test(piece);
        };
        Options given = new Options();
        given.maxTokens = options.maxTokens;
        given.sampling = options.sampling;
        given.modelRules = options.modelRules;
        given.onToken = (sequence, token, log) -> {
            show.accept(text.add(token));
            return !left[0] && !text.ended();
        };
        int[] tokens = generate(ctx, new int[][] {ids}, given)[0].tokens;
        pending = Arrays.copyOfRange(tokens, Math.max(tokens.length - 1, 0), tokens.length);
        if (!left[0]) {
            show.accept(text.rest());
        }
        return written.toString();
    }

    /** Frees it once no call uses it. */
    @Override
    public void close() {
        handle.close();
    }
}
