// SPDX-License-Identifier: MIT
package selfattn;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.ShortBuffer;
import java.util.Arrays;

/** A view of memory with four axes: batch, heads, sequence, head size. */
public final class Tensor {
    private static final int[] BHSD = {3, 2, 1, 0};
    private static final int[] BSHD = {3, 1, 2, 0};

    private final Pointer data;
    private final Object keep;
    private final int type;
    private final long[] shape;
    private final long[] strides;

    private Tensor(Pointer data, Object keep, int type, long elements, long[] shape, long[] strides) {
        this.data = data;
        this.keep = keep;
        this.type = type;
        this.shape = shape.clone();
        this.strides = strides.clone();
        inside(elements);
    }

    /** A copy of a contiguous array [batch][head][sequence][head size]. */
    public static Tensor of(float[] data, long... shape) {
        Memory memory = Native.floats(data);
        return new Tensor(memory, memory, Declarations.SA_F32, data.length, shape, contiguous(shape, BHSD));
    }

    /** A direct buffer in place, contiguous as [batch][head][sequence][head size]. */
    public static Tensor of(FloatBuffer data, long... shape) {
        return strided(data, shape, contiguous(shape, BHSD));
    }

    /** A direct buffer in place, contiguous as [batch][sequence][head][head size]; shape has the usual order. */
    public static Tensor ofBshd(FloatBuffer data, long... shape) {
        return strided(data, shape, contiguous(shape, BSHD));
    }

    /** A direct buffer in place; its element 0 is the first one. Strides count elements. */
    public static Tensor strided(FloatBuffer data, long[] shape, long[] strides) {
        return new Tensor(direct(data, data.isDirect() && data.order() == ByteOrder.nativeOrder()), data,
            Declarations.SA_F32, data.capacity(), shape, strides);
    }

    /** A direct buffer of halves in place: {@code Declarations.SA_BF16} or {@code SA_F16}, as bits. */
    public static Tensor halves(ShortBuffer data, int type, long... shape) {
        return new Tensor(direct(data, data.isDirect() && data.order() == ByteOrder.nativeOrder()), data, type,
            data.capacity(), shape, contiguous(shape, BHSD));
    }

    /** A mask: true where a key may be seen. */
    public static Tensor of(boolean[] data, long... shape) {
        Memory memory = new Memory(Math.max(data.length, 1));
        for (int i = 0; i < data.length; i++) {
            memory.setByte(i, (byte) (data[i] ? 1 : 0));
        }
        return new Tensor(memory, memory, Declarations.SA_BOOL, data.length, shape, contiguous(shape, BHSD));
    }

    /** A new one. */
    public static Tensor zeros(long... shape) {
        return of(new float[Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact))], shape);
    }

    private static Pointer direct(java.nio.Buffer data, boolean usable) {
        if (!usable) {
            throw SelfAttnException.shape("the buffer is not direct, or its order is not the machine's");
        }
        return com.sun.jna.Native.getDirectBufferPointer(data);
    }

    private static long[] contiguous(long[] shape, int[] inner) {
        if (shape.length != 4) {
            throw SelfAttnException.shape("a tensor has 4 axes, and the shape %s not", Arrays.toString(shape));
        }
        long[] strides = new long[4];
        long step = 1;
        for (int axis : inner) {
            strides[axis] = step;
            step = Math.multiplyExact(step, shape[axis]);
        }
        return strides;
    }

    private void inside(long elements) {
        double first = 0;
        double last = 0;
        boolean empty = false;
        for (int axis = 0; axis < 4; axis++) {
            double reach = Math.max(shape[axis] - 1, 0) * (double) strides[axis];
            first += Math.min(reach, 0);
            last += Math.max(reach, 0);
            empty |= shape[axis] == 0;
        }
        if (!empty && (first < 0 || last >= elements)) {
            throw SelfAttnException.shape("the shape %s with strides %s reaches elements %.0f to %.0f of %d",
                Arrays.toString(shape), Arrays.toString(strides), first, last, elements);
        }
    }

    /** Elements along an axis. */
    public int size(int axis) {
        return Math.toIntExact(shape[axis]);
    }

    /** All numbers of a contiguous tensor of floats, as a copy. */
    public float[] toArray() {
        return data.getFloatArray(0, Math.toIntExact(shape[0] * shape[1] * shape[2] * shape[3]));
    }

    /** What the struct of C says about it. */
    void fill(Declarations.sa_tensor raw) {
        raw.data = data;
        raw.dtype = type;
        raw.size = shape.clone();
        raw.stride = strides.clone();
    }

    /** Memory is alive until here. */
    static void touch(Tensor... used) {
        for (Tensor tensor : used) {
            java.lang.ref.Reference.reachabilityFence(tensor == null ? null : tensor.keep);
        }
    }
}
