// A block of a transformer's encoder, made of a layer: attention, then a feed-forward net, each added to its input and
// normalised. SPDX-License-Identifier: MIT
import java.util.Locale;
import selfattn.Context;
import selfattn.Layer;
import selfattn.Tensor;

class Encoder {
    static final int T = 5;
    static final int E = 64;
    static final int INNER = 128;

    static float[] numbers(int count) {
        float[] list = new float[count];
        for (int i = 0; i < count; i++) {
            list[i] = (i * 7 % 31 - 15) / 160f;
        }
        return list;
    }

    /** Adds `more` to x; then each row gets mean 0 and variance 1. */
    static void addAndNorm(float[] x, float[] more) {
        for (int row = 0; row < x.length; row += E) {
            double mean = 0;
            double variance = 0;
            for (int i = row; i < row + E; i++) {
                x[i] += more[i];
                mean += x[i] / E;
            }
            for (int i = row; i < row + E; i++) {
                variance += (x[i] - mean) * (x[i] - mean) / E;
            }
            for (int i = row; i < row + E; i++) {
                x[i] = (float) ((x[i] - mean) / Math.sqrt(variance + 1e-5));
            }
        }
    }

    /** Rows times a matrix [out][in]. */
    static float[] linear(float[] x, float[] weight, int inputs) {
        int outputs = weight.length / inputs;
        float[] y = new float[x.length / inputs * outputs];
        for (int i = 0; i < y.length; i++) {
            for (int j = 0; j < inputs; j++) {
                y[i] += x[i / outputs * inputs + j] * weight[i % outputs * inputs + j];
            }
        }
        return y;
    }

    public static void main(String[] arguments) {
        float[] x = new float[T * E];
        for (int i = 0; i < x.length; i++) {
            x[i] = i * i % 13 / 13f;
        }
        float[] matrix = numbers(E * E);
        float[] y;
        try (Context ctx = new Context();
            Layer layer = new Layer(ctx, Layer.Config.of(E, 4, matrix, matrix, matrix, matrix))) {
            y = layer.forward(ctx, Tensor.of(x, 1, 1, T, E), null).toArray(); // batch, heads, tokens, width
        }
        addAndNorm(x, y);
        float[] inner = linear(x, numbers(INNER * E), E);
        for (int i = 0; i < inner.length; i++) {
            inner[i] = Math.max(inner[i], 0);
        }
        addAndNorm(x, linear(inner, numbers(E * INNER), INNER));
        System.out.printf(Locale.ROOT, "%.4f %.4f %.4f %.4f%n", x[0], x[1], x[2], x[3]);
    }
}
