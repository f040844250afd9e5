// SPDX-License-Identifier: MIT
package selfattn;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The text of tokens that come one by one. What might become a stop string is held back. */
final class Growing {
    private final Context ctx;
    private final Tokenizer tokenizer;
    private final String[] stop;
    private int[] ids;
    // Strings of bytes: a character of each.
    private String text;
    private int shown;
    private boolean ended;

    /** The last token of the prompt stands in front: a decoder may drop a space at the beginning of a text. */
    Growing(Context ctx, Tokenizer tokenizer, int[] prompt, String... stop) {
        this.ctx = ctx;
        this.tokenizer = tokenizer;
        this.stop = Arrays.stream(stop).filter(string -> !string.isEmpty())
            .map(string -> bytes(string.getBytes(StandardCharsets.UTF_8))).toArray(String[]::new);
        ids = Arrays.copyOfRange(prompt, Math.max(prompt.length - 1, 0), prompt.length);
        text = bytes(tokenizer.decodeBytes(ctx, ids));
        shown = text.length();
    }

    private static String bytes(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** A stop string came: the text ends before it. */
    boolean ended() {
        return ended;
    }

    /** What is new and whole with this token. */
    String add(int token) {
        ids = Arrays.copyOf(ids, ids.length + 1);
        ids[ids.length - 1] = token;
        text = bytes(tokenizer.decodeBytes(ctx, ids));
        int end = text.length() - Math.max(unfinished(), suspicious());
        for (String string : stop) {
            int at = text.indexOf(string, shown);
            if (at >= 0) {
                end = Math.min(end, at);
                ended = true;
            }
        }
        return show(end);
    }

    /** What was held back, when no more tokens come. */
    String rest() {
        return ended ? "" : show(text.length());
    }

    private String show(int end) {
        byte[] piece = text.substring(shown, end).getBytes(StandardCharsets.ISO_8859_1);
        shown = end;
        return new String(piece, StandardCharsets.UTF_8);
    }

    /** How many bytes at the end begin a character that is not whole. */
    private int unfinished() {
        for (int n = 1; n <= Math.min(3, text.length() - shown); n++) {
            int last = text.charAt(text.length() - n);
            if (last >= 0xc0) {
                int length = last >= 0xf0 ? 4 : last >= 0xe0 ? 3 : 2;
                return length > n ? n : 0;
            }
            if (last < 0x80) {
                return 0;
            }
        }
        return 0;
    }

    /** How long the longest end is with which a stop string begins. */
    private int suspicious() {
        int most = 0;
        for (String string : stop) {
            for (int n = Math.min(string.length() - 1, text.length() - shown); n > most; n--) {
                if (text.endsWith(string.substring(0, n))) {
                    most = n;
                }
            }
        }
        return most;
    }
}
