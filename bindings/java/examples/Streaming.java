// Goes on with a text, and shows it as it is written: java Streaming MODEL PROMPT
// SPDX-License-Identifier: MIT
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import selfattn.Context;
import selfattn.Model;
import selfattn.Session;
import selfattn.Tokenizer;

class Streaming {
    public static void main(String[] arguments) {
        String path = arguments[0];
        String prompt = arguments[1];
        PrintStream screen = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        try (Context ctx = new Context();
            Model model = new Model(ctx, path);
            Tokenizer tokenizer = new Tokenizer(ctx, path);
            Session session = new Session(ctx, model)) {
            screen.print(prompt);
            session.stream(ctx, tokenizer, prompt, new Session.Options().maxTokens(40), piece -> {
                screen.print(piece);
                return true;
            });
            screen.println();
        }
    }
}
