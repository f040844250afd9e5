// Says how close two sentences are in meaning: java Sentences MODEL SENTENCE SENTENCE
// SPDX-License-Identifier: MIT
import java.util.Locale;
import selfattn.Context;
import selfattn.Model;
import selfattn.Tokenizer;

class Sentences {
    public static void main(String[] arguments) {
        String path = arguments[0];
        float[] embedding;
        try (Context ctx = new Context();
            Model model = new Model(ctx, path);
            Tokenizer tokenizer = new Tokenizer(ctx, path)) {
            int[][] ids = {tokenizer.encode(ctx, arguments[1]), tokenizer.encode(ctx, arguments[2])};
            embedding = model.encode(ctx, ids, Model.Output.EMBEDDING).get(Model.Output.EMBEDDING);
        }
        int width = embedding.length / 2; // the vectors lie one behind the other
        double both = 0;
        double first = 0;
        double second = 0;
        for (int i = 0; i < width; i++) {
            both += embedding[i] * embedding[width + i];
            first += embedding[i] * embedding[i];
            second += embedding[width + i] * embedding[width + i];
        }
        System.out.printf(Locale.ROOT, "\"%s\" and \"%s\": %.3f%n", arguments[1], arguments[2],
            both / Math.sqrt(first * second));
    }
}
