// SPDX-License-Identifier: MIT
package selfattn;

import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds and loads libselfattn. */
final class Native {
    static final Declarations C = loaded();

    private Native() {
    }

    /** The library; or, as a class has to load, something whose every call says why there is none. */
    private static Declarations loaded() {
        try {
            return load();
        } catch (SelfAttnException failure) {
            return (Declarations) Proxy.newProxyInstance(Native.class.getClassLoader(),
                new Class<?>[] {Declarations.class}, (proxy, method, arguments) -> {
                    throw new SelfAttnException(failure.status, failure.getMessage());
                });
        }
    }

    private static String version(int number) {
        return number / 1000000 + "." + number / 1000 % 1000 + "." + number % 1000;
    }

    private static SelfAttnException refuse(String why) {
        return new SelfAttnException(Declarations.SA_ERR_FILE, why + "\nInstall libselfattn "
            + version(Declarations.SA_VERSION) + " or newer (cmake --install build), or name its file in the "
            + "environment variable SELFATTN_LIBRARY.");
    }

    /** What the system said of a path: JNA says it in the second line. */
    private static String told(String path, String message) {
        String[] lines = message.split("\n");
        String reason = lines[Math.min(1, lines.length - 1)];
        if (reason.startsWith(path + ": ")) {
            reason = reason.substring(path.length() + 2);
        }
        Matcher missing = Pattern.compile("(lib\\S+): cannot open shared object file.*").matcher(reason);
        return "  " + path + ": "
            + (missing.matches() ? "it needs " + missing.group(1) + ", which is missing" : reason);
    }

    /** The library that SELFATTN_LIBRARY names; else one that the system's loader finds, or an installed one. */
    private static Declarations load() {
        String name = Platform.isMac() ? "libselfattn.0.dylib"
            : Platform.isWindows() ? "selfattn.dll" : "libselfattn.so.0";
        String chosen = System.getenv("SELFATTN_LIBRARY");
        StringBuilder looked = new StringBuilder();
        for (String path : chosen != null ? List.of(chosen) : List.of(name, "/usr/local/lib/" + name)) {
            try {
                return checked(path, com.sun.jna.Native.load(path, Declarations.class,
                    Map.of(Library.OPTION_STRING_ENCODING, "UTF-8")));
            } catch (UnsatisfiedLinkError error) {
                looked.append("\n").append(told(path, error.getMessage()));
            }
        }
        throw refuse("libselfattn could not be loaded. Looked at:" + looked);
    }

    private static Declarations checked(String path, Declarations library) {
        int found;
        try {
            found = library.sa_version();
        } catch (UnsatisfiedLinkError error) {
            throw refuse(path + " is not libselfattn: it has no function sa_version.");
        }
        if (found < Declarations.SA_VERSION) {
            throw refuse(path + " is libselfattn " + version(found) + ".");
        }
        return library;
    }

    /** Throws the error of a failed call. The sentence stands at the context; without one, at the thread. */
    static void check(int status, Pointer ctx) {
        if (status == Declarations.SA_OK) {
            return;
        }
        String sentence = status == Declarations.SA_ERR_BUSY ? "" : C.sa_ctx_last_error(ctx);
        throw new SelfAttnException(status, sentence.isEmpty() ? C.sa_status_string(status) : sentence);
    }

    static Memory floats(float[] data) {
        if (data == null) {
            return null;
        }
        Memory memory = new Memory(4L * Math.max(data.length, 1));
        memory.write(0, data, 0, data.length);
        return memory;
    }

    static Memory ints(int[] data) {
        Memory memory = new Memory(4L * Math.max(data.length, 1));
        memory.write(0, data, 0, data.length);
        return memory;
    }

    static Memory longs(long... data) {
        Memory memory = new Memory(8L * Math.max(data.length, 1));
        memory.write(0, data, 0, data.length);
        return memory;
    }

    /** The text with a NUL behind it. */
    static Memory text(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        Memory memory = new Memory(bytes.length + 1L);
        memory.write(0, bytes, 0, bytes.length);
        memory.setByte(bytes.length, (byte) 0);
        return memory;
    }
}
