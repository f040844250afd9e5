// Attention of queries, keys and values: a batch of 1, 2 heads of 8, 5 tokens that see no later one.
// SPDX-License-Identifier: MIT
import java.util.Locale;
import selfattn.Attention;
import selfattn.Context;
import selfattn.Masking;
import selfattn.Tensor;

class Attend {
    static final int HEADS = 2;
    static final int TOKENS = 5;
    static final int SIZE = 8;

    static Tensor numbers(int step) {
        float[] list = new float[HEADS * TOKENS * SIZE];
        for (int i = 0; i < list.length; i++) {
            list[i] = i * step % 13 / 13f;
        }
        return Tensor.of(list, 1, HEADS, TOKENS, SIZE);
    }

    public static void main(String[] arguments) {
        Tensor q = numbers(3);
        Tensor k = numbers(5);
        Tensor v = numbers(7);
        float[] y;
        try (Context ctx = new Context()) {
            y = new Attention(q, k, v).masking(Masking.causal()).run(ctx).toArray();
        }
        int last = y.length - 4;
        System.out.printf(Locale.ROOT, "%.4f %.4f %.4f %.4f%n", y[last], y[last + 1], y[last + 2], y[last + 3]);
    }
}
