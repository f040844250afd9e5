// Four threads share one layer; each has a context of its own. SPDX-License-Identifier: MIT
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;
import selfattn.Context;
import selfattn.Layer;
import selfattn.Masking;
import selfattn.Tensor;

class Threads {
    static final int T = 5;
    static final int E = 64;

    static float[] numbers(int from) {
        float[] list = new float[E * E];
        for (int i = 0; i < list.length; i++) {
            list[i] = ((from + i) * 7 % 31 - 15) / 160f;
        }
        return list;
    }

    public static void main(String[] arguments) throws InterruptedException {
        float[] x = new float[T * E];
        for (int i = 0; i < x.length; i++) {
            x[i] = i * i % 13 / 13f;
        }
        float[][] results = new float[4][];
        try (Context first = new Context();
            Layer layer = new Layer(first, Layer.Config.of(E, 4, numbers(0), numbers(E * E), numbers(2 * E * E),
                numbers(3 * E * E)))) {
            Thread[] threads = IntStream.range(0, 4).mapToObj(i -> new Thread(() -> {
                try (Context ctx = new Context(1)) {
                    results[i] = layer.forward(ctx, Tensor.of(x, 1, 1, T, E), Masking.causal()).toArray();
                }
            })).toArray(Thread[]::new);
            for (Thread thread : threads) {
                thread.start();
            }
            for (Thread thread : threads) {
                thread.join();
            }
        }
        if (!Arrays.stream(results).allMatch(y -> Arrays.equals(y, results[0]))) {
            throw new IllegalStateException("the bits differ");
        }
        System.out.printf(Locale.ROOT, "4 threads, the same bits, y[0] = %.4f%n", results[0][0]);
    }
}
