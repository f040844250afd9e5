// SPDX-License-Identifier: MIT
package selfattn;

import static selfattn.Native.C;

import com.sun.jna.Memory;

/** The loaded library. */
public final class SelfAttn {
    private SelfAttn() {
    }

    public static String version() {
        return C.sa_version_string();
    }

    /** A constant by its name: "SA_F32", "sizeof(sa_tensor)", "sa_tensor.data". */
    public static long constant(String name) {
        Memory text = Native.text(name);
        Memory value = new Memory(8);
        Native.check(C.sa_constant(text, value), null);
        return value.getLong(0);
    }

    /** All functions of the headers, as they are. */
    public static Declarations functions() {
        return C;
    }
}
