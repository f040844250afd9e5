// The cases that all bindings share, and whether the declarations are those of the library.
// SPDX-License-Identifier: MIT
package selfattn;

import com.sun.jna.Structure;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.IntStream;

final class Binding {
    private final String folder = System.getenv("SELFATTN_VECTORS");
    private final boolean models = !"OFF".equals(System.getenv("SELFATTN_MODELS"));
    private final Table table = new Table(Path.of(System.getenv("SELFATTN_VECTOR_LINES")));
    private final Context ctx = new Context();

    private Binding() throws IOException {
    }

    static void expect(boolean that, String message) {
        if (!that) {
            throw new AssertionError(message);
        }
    }

    private static SelfAttnException fails(Runnable call) {
        try {
            call.run();
        } catch (SelfAttnException failure) {
            return failure;
        }
        throw new AssertionError("worked, but should have failed");
    }

    private static Map<String, Long> declared() throws IllegalAccessException {
        Map<String, Long> names = new LinkedHashMap<>();
        Declarations.constants().forEach((name, value) -> names.put(name, (long) value));
        for (Declarations.Struct struct : Declarations.structs()) {
            String kind = struct.getClass().getSimpleName();
            names.put("sizeof(" + kind + ")", (long) struct.size());
            for (Field field : struct.getClass().getFields()) {
                if (field.getDeclaringClass() != struct.getClass()) {
                    continue;
                }
                Object value = field.get(struct);
                int size = value instanceof Structure ? ((Structure) value).size()
                    : value instanceof long[] ? 8 * ((long[]) value).length
                    : field.getType().isPrimitive() ? com.sun.jna.Native.getNativeSize(field.getType())
                    : com.sun.jna.Native.POINTER_SIZE;
                names.put(kind + "." + field.getName(), (long) struct.offset(field.getName()));
                names.put("sizeof(" + kind + "." + field.getName() + ")", (long) size);
            }
        }
        return names;
    }

    private void declarations() throws IllegalAccessException {
        Map<String, Long> names = declared();
        names.forEach((name, value) -> {
            long found;
            try {
                found = SelfAttn.constant(name);
            } catch (SelfAttnException unknown) {
                expect(!models, unknown.getMessage());
                return;
            }
            // A newer library has a newer version, and longer structs.
            boolean grows = name.matches("SA_VERSION.*|sizeof\\(\\w+\\)");
            expect(found == value || grows && found > value, name + ": " + value + " here, " + found + " there");
        });
        System.out.println(names.size() + " names are declared as the library has them");
    }

    private Masking masking(String path) {
        Masking masking = table.number(path + ".causal") == 1 ? Masking.causal() : new Masking();
        if (table.has(path + ".window")) {
            long[] window = table.longs(path + ".window");
            masking.window(window[0], window[1]);
        }
        if (table.has(path + ".key_lengths")) {
            masking.keyLengths(table.longs(path + ".key_lengths"));
        }
        if (table.has(path + ".align")) {
            masking.align(Declarations.constants().get(table.text(path + ".align")), 0);
        }
        return table.has(path + ".mask.shape") ? masking.mask(table.tensor(path + ".mask")) : masking;
    }

    private void attentions() {
        for (int i = 0; i < table.count("attention"); i++) {
            String path = "attention." + i;
            Tensor query = table.tensor(path + ".query");
            Tensor key = table.tensor(path + ".key");
            Tensor lse = Tensor.zeros(query.size(0), query.size(1), query.size(2), 1);
            Tensor weights = Tensor.zeros(query.size(0), query.size(1), query.size(2), key.size(2));
            Attention attention = new Attention(query, key, table.tensor(path + ".value")).lse(lse).weights(weights)
                .masking(masking(path + ".options")).scale((float) table.number(path + ".options.scale"))
                .softcap((float) table.number(path + ".options.softcap"));
            if (table.has(path + ".options.alibi_slopes")) {
                attention.alibiSlopes(table.floats(path + ".options.alibi_slopes"));
            }
            table.near(path + ".output.data", attention.run(ctx).toArray());
            table.near(path + ".lse.data", lse.toArray());
            table.near(path + ".weights.data", weights.toArray());
        }
    }

    private void layers() {
        for (int i = 0; i < table.count("layer"); i++) {
            String path = "layer." + i;
            Layer.Config config = new Layer.Config();
            config.modelWidth = (int) table.number(path + ".config.model_width");
            config.contextWidth = (int) table.number(path + ".config.context_width");
            config.outputWidth = (int) table.number(path + ".config.output_width");
            config.queryHeads = (int) table.number(path + ".config.query_heads");
            config.kvHeads = (int) table.number(path + ".config.kv_heads");
            config.headSize = (int) table.number(path + ".config.head_size");
            config.weightQ = table.floats(path + ".weights.weight_q.data");
            config.weightK = table.floats(path + ".weights.weight_k.data");
            config.weightV = table.floats(path + ".weights.weight_v.data");
            config.weightO = table.floats(path + ".weights.weight_o.data");
            config.biasQ = table.floats(path + ".weights.bias_q.data");
            config.biasK = table.floats(path + ".weights.bias_k.data");
            config.biasV = table.floats(path + ".weights.bias_v.data");
            config.biasO = table.floats(path + ".weights.bias_o.data");
            config.ropeTheta = table.has(path + ".config.rope") ? 0.0 : null;
            Tensor x = table.tensor(path + ".x");
            Tensor context = table.has(path + ".context.shape") ? table.tensor(path + ".context") : null;
            int keys = (context == null ? x : context).size(2);
            Tensor weights = Tensor.zeros(x.size(0), config.queryHeads, x.size(2), keys);
            Layer layer = new Layer(ctx, config);
            table.near(path + ".y.data", layer.forward(ctx, x, context, masking(path + ".options"), weights).toArray());
            table.near(path + ".attention.data", weights.toArray());
            layer.close();
            expect(fails(() -> layer.forward(ctx, x, null)).getMessage().contains("closed"), "a closed layer works");
        }
    }

    private void encoders() {
        String path = folder + "/" + table.text("encode.model");
        try (Model model = new Model(ctx, path); Tokenizer tokenizer = new Tokenizer(ctx, path)) {
            int[][] ids = new int[table.count("encode.texts")][];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = tokenizer.encode(ctx, table.text("encode.texts." + i));
                expect(Arrays.equals(ids[i], table.ints("encode.ids." + i)), Arrays.toString(ids[i]));
            }
            int[][] pair = tokenizer.encodePair(ctx, table.text("encode.texts.0"), table.text("encode.texts.1"), 0);
            int[] both = Arrays.copyOf(ids[0], ids[0].length + ids[1].length - 1);
            System.arraycopy(ids[1], 1, both, ids[0].length, ids[1].length - 1);
            int[] types = new int[both.length];
            Arrays.fill(types, ids[0].length, types.length, 1);
            expect(Arrays.equals(pair[0], both) && Arrays.equals(pair[1], types), Arrays.deepToString(pair));
            expect(tokenizer.encodePair(ctx, "the cat", "the cat", 4)[0].length == 4, "a pair that is cut");
            table.near("encode.embeddings.data",
                model.encode(ctx, ids, Model.Output.EMBEDDING).get(Model.Output.EMBEDDING));
            Map<Model.Output, float[]> first = model.encode(ctx, new int[][] {ids[0]}, Model.Output.HIDDEN,
                Model.Output.ATTENTION);
            table.near("encode.hidden.data", first.get(Model.Output.HIDDEN));
            table.near("encode.attention.data", first.get(Model.Output.ATTENTION));
        }
    }

    private void offsets() {
        for (int i = 0; i < table.count("offsets"); i++) {
            String path = "offsets." + i;
            try (Tokenizer tokenizer = new Tokenizer(ctx, folder + "/" + table.text(path + ".model"))) {
                int[][] got = tokenizer.encodeOffsets(ctx, table.text(path + ".text"), 0);
                int[] places = IntStream.range(0, got[0].length)
                    .flatMap(token -> IntStream.of(got[1][token], got[2][token])).toArray();
                expect(Arrays.equals(got[0], table.ints(path + ".ids")), Arrays.toString(got[0]));
                expect(Arrays.equals(places, table.ints(path + ".utf16")), Arrays.toString(places));
            }
        }
        try (Tokenizer tokenizer = new Tokenizer(ctx, folder + "/encoder")) {
            String text = "the na\u00efve \ud83d\ude42 fox";
            int[][] got = tokenizer.encodeOffsets(ctx, text, Declarations.SA_ENCODE_NO_TEMPLATE);
            String[] words = IntStream.range(0, got[0].length).mapToObj(i -> text.substring(got[1][i], got[2][i]))
                .toArray(String[]::new);
            expect(Arrays.equals(words, text.split(" ")), Arrays.toString(words));
            expect(tokenizer.encodeOffsets(ctx, "", Declarations.SA_ENCODE_NO_TEMPLATE)[2].length == 0, "no tokens");
        }
    }

    private void decoders() {
        String path = folder + "/" + table.text("generate.model");
        int most = (int) table.number("generate.max_tokens");
        Model model = new Model(ctx, path);
        try (Tokenizer tokenizer = new Tokenizer(ctx, path)) {
            int[] ids = tokenizer.encode(ctx, table.text("generate.prompt"));
            expect(Arrays.equals(ids, table.ints("generate.prompt_ids")), Arrays.toString(ids));
            int[][] prompts = {ids};
            table.near("generate.attention.data",
                model.encode(ctx, prompts, Model.Output.ATTENTION).get(Model.Output.ATTENTION));
            Session session = new Session(ctx, model);
            Declarations.sa_session_config config = new Declarations.sa_session_config();
            config.batch = 2;
            Session two = new Session(ctx, model, config);
            model.close(); // the sessions keep it
            List<Float> logs = new ArrayList<>();
            Session.Options options = new Session.Options().maxTokens(most);
            options.onToken = (sequence, token, log) -> logs.add(log);
            Session.Generated got = session.generate(ctx, prompts, options)[0];
            expect(Arrays.equals(got.tokens, table.ints("generate.tokens")) && got.end == Session.End.TOKEN,
                Arrays.toString(got.tokens) + got.end);
            // A batch with prompts of two lengths: the sentence goes on wherever it is.
            Session.Generated[] both = two.generate(ctx, new int[][] {ids, Arrays.copyOf(ids, 2)},
                new Session.Options().maxTokens(most));
            int[] sentence = IntStream.concat(Arrays.stream(ids).skip(2), Arrays.stream(got.tokens)).toArray();
            expect(Arrays.equals(both[0].tokens, got.tokens) && Arrays.equals(both[1].tokens, sentence),
                Arrays.toString(both[1].tokens));
            float[] all = new float[logs.size()];
            for (int i = 0; i < all.length; i++) {
                all[i] = logs.get(i);
            }
            table.near("generate.log_probabilities.data", all);
            streams(session, tokenizer);
            session.close();
            expect(fails(() -> session.length(0)).getMessage().contains("closed"), "a closed session works");
        }
    }

    private String again(Session session, Tokenizer tokenizer, Predicate<String> onText) {
        session.truncate(0);
        Session.Options options = new Session.Options().maxTokens((int) table.number("generate.max_tokens"));
        return session.stream(ctx, tokenizer, table.text("generate.prompt"), options, onText);
    }

    private void streams(Session session, Tokenizer tokenizer) {
        List<String> pieces = new ArrayList<>();
        String text = again(session, tokenizer, pieces::add);
        expect(text.equals(table.text("generate.text")) && String.join("", pieces).equals(text), pieces.toString());
        pieces.clear();
        again(session, tokenizer, piece -> !pieces.add(piece));
        expect(pieces.size() == 1, pieces.toString());
        try {
            again(session, tokenizer, piece -> {
                throw new IllegalStateException("through C");
            });
            throw new AssertionError("an exception was lost");
        } catch (IllegalStateException thrown) {
            expect(thrown.getMessage().equals("through C"), thrown.toString());
        }
    }

    /** Texts in several calls of one session, and stop strings. */
    private void conversations() {
        String path = folder + "/" + table.text("generate.model");
        try (Model model = new Model(ctx, path); Tokenizer tokenizer = new Tokenizer(ctx, path)) {
            for (int i = 0; i < table.count("stream"); i++) {
                try (Session session = new Session(ctx, model)) {
                    for (int n = 0; n < table.count("stream." + i + ".calls"); n++) {
                        conversation(session, tokenizer, "stream." + i + ".calls." + n);
                    }
                }
            }
        }
    }

    private void conversation(Session session, Tokenizer tokenizer, String call) {
        String[] stop = IntStream.range(0, table.count(call + ".stop"))
            .mapToObj(s -> table.text(call + ".stop." + s)).toArray(String[]::new);
        Session.Options options = new Session.Options().maxTokens((int) table.number(call + ".max_tokens")).stop(stop);
        options.modelRules = table.number(call + ".model_rules") != 0;
        StringBuilder pieces = new StringBuilder();
        String text = session.stream(ctx, tokenizer, table.text(call + ".prompt"), options, piece -> {
            pieces.append(piece);
            return true;
        });
        expect(text.equals(table.text(call + ".text")) && text.contentEquals(pieces), call + ": " + text);
        expect(session.length(0) == (int) table.number(call + ".length"), call + ": " + session.length(0) + " tokens");
    }

    private Tensor zeros(String path) {
        return Tensor.zeros(table.longs(path));
    }

    private void call(String path) {
        switch (table.text(path + ".call")) {
            case "attention":
                new Attention(zeros(path + ".query"), zeros(path + ".key"), zeros(path + ".value"))
                    .softcap((float) table.number(path + ".options.softcap")).run(ctx);
                break;
            case "layer":
                int width = (int) table.number(path + ".config.model_width");
                float[] matrix = new float[width * width];
                new Layer(ctx, Layer.Config.of(width, (int) table.number(path + ".config.query_heads"), matrix, matrix,
                    matrix, null)).close();
                break;
            case "model_open":
                new Model(ctx, table.text(path + ".path")).close();
                break;
            case "constant":
                SelfAttn.constant(table.text(path + ".constant"));
                break;
            default:
                throw new AssertionError(table.text(path + ".call"));
        }
    }

    private void errors() {
        for (int i = 0; i < table.count("errors"); i++) {
            String path = "errors." + i;
            if (!models && table.text(path + ".call").equals("model_open")) {
                continue;
            }
            SelfAttnException failure = fails(() -> call(path));
            expect(failure.status == Declarations.constants().get(table.text(path + ".status")), path + ": " + failure);
            for (int j = 0; j < table.count(path + ".says"); j++) {
                String word = table.text(path + ".says." + j);
                expect(failure.getMessage().contains(word), path + ": " + word + " is not in " + failure);
            }
        }
        fails(() -> Tensor.of(new float[5], 1, 1, 2, 3));
        fails(() -> Tensor.of(FloatBuffer.allocate(6), 1, 1, 2, 3));
    }

    /** Direct buffers are used in place. */
    private void buffers() {
        FloatBuffer data = ByteBuffer.allocateDirect(24).order(ByteOrder.nativeOrder()).asFloatBuffer();
        Tensor same = Tensor.of(data, 1, 1, 3, 2);
        data.put(new float[] {1, 2, 3, 4, 5, 6});
        Tensor back = Tensor.strided(data, new long[] {1, 1, 3, 1}, new long[] {6, 6, 2, 1});
        expect(Arrays.equals(same.toArray(), new float[] {1, 2, 3, 4, 5, 6}), "the buffer was copied");
        float[] mean = new Attention(Tensor.zeros(1, 1, 1, 2), Tensor.zeros(1, 1, 3, 2), back).run(ctx).toArray();
        expect(mean[0] == 3, Arrays.toString(mean));
        fails(() -> Tensor.strided(data, new long[] {1, 1, 3, 2}, new long[] {6, 6, -2, 1}));
    }

    /** What is dropped is freed, a session before its model, in whatever order they are collected. */
    private void dropped() throws IOException, InterruptedException {
        String name = table.text("generate.model");
        for (int i = 0; i < 30; i++) {
            new Session(ctx, new Model(ctx, folder + "/" + name));
        }
        for (int i = 0; i < 5; i++) {
            System.gc();
            Thread.sleep(20);
        }
        Path maps = Path.of("/proc/self/maps");
        int open = Files.exists(maps) ? Files.readString(maps).split(name + "/").length - 1 : 0;
        expect(open < 15, open + " models are still open");
    }

    public static void main(String[] arguments) throws Exception {
        Binding binding = new Binding();
        binding.declarations();
        binding.attentions();
        binding.layers();
        if (binding.models) {
            binding.encoders();
            binding.offsets();
            binding.decoders();
            binding.conversations();
            binding.dropped();
        }
        binding.errors();
        binding.buffers();
        System.out.println("all cases of the shared vectors agree");
    }
}
