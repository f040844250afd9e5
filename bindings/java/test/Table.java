// SPDX-License-Identifier: MIT
package selfattn;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** vectors.json as lines "path kind count values". */
final class Table {
    private final Map<String, String[]> entries = new HashMap<>();

    Table(Path file) throws IOException {
        for (String line : Files.readAllLines(file)) {
            String[] parts = line.split(" ", 4);
            entries.put(parts[0], parts);
        }
    }

    boolean has(String path) {
        return entries.containsKey(path);
    }

    int count(String path) {
        return Integer.parseInt(entries.get(path)[2]);
    }

    String text(String path) {
        return has(path) ? entries.get(path)[3] : null;
    }

    double[] numbers(String path) {
        if (!has(path)) {
            return null;
        }
        if (count(path) == 0) {
            return new double[0];
        }
        return Arrays.stream(entries.get(path)[3].split(" "))
            .mapToDouble(word -> word.equals("-inf") ? Double.NEGATIVE_INFINITY : Double.parseDouble(word)).toArray();
    }

    double number(String path) {
        return has(path) ? numbers(path)[0] : 0;
    }

    float[] floats(String path) {
        double[] numbers = numbers(path);
        if (numbers == null) {
            return null;
        }
        float[] list = new float[numbers.length];
        for (int i = 0; i < list.length; i++) {
            list[i] = (float) numbers[i];
        }
        return list;
    }

    int[] ints(String path) {
        return Arrays.stream(numbers(path)).mapToInt(x -> (int) x).toArray();
    }

    long[] longs(String path) {
        return Arrays.stream(numbers(path)).mapToLong(x -> (long) x).toArray();
    }

    /** Four axes; a tensor of three has one head. */
    Tensor tensor(String path) {
        long[] shape = longs(path + ".shape");
        if (shape.length == 3) {
            shape = new long[] {shape[0], 1, shape[1], shape[2]};
        }
        float[] data = floats(path + ".data");
        if (!"SA_BOOL".equals(text(path + ".dtype"))) {
            return Tensor.of(data, shape);
        }
        boolean[] seen = new boolean[data.length];
        for (int i = 0; i < data.length; i++) {
            seen[i] = data[i] != 0;
        }
        return Tensor.of(seen, shape);
    }

    void near(String path, float[] got) {
        float[] expected = floats(path);
        Binding.expect(got.length == expected.length, path + ": " + got.length + " numbers");
        for (int i = 0; i < got.length; i++) {
            Binding.expect(got[i] == expected[i] || Math.abs(got[i] - expected[i]) <= number("tolerance"),
                path + "[" + i + "]: " + got[i] + " instead of " + expected[i]);
        }
    }
}
