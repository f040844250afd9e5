/* The selfattn program: runs and looks into a trained transformer through the library's public interface.
 * SPDX-License-Identifier: MIT */
#include "command/command.h"
#include "exit.h"

#include <stdio.h>
#include <string.h>

static const struct command {
    const char *name, *title;
    int (*run)(int argc, const char **argv);
    const char *help;
} commands[] = {
    {"attend", "selfattn attend", command_attend, "Show what the words of a sentence attend to"},
    {"page", "selfattn page", command_page, "Write a page in which one types and sees where each head looks"},
    {"search", "selfattn search", command_search, "Rank sentences by how similar they are to a query"},
    {"tokens", "selfattn tokens", command_tokens, "Show the tokens of a text"},
    {"generate", "selfattn generate", command_generate, "Generate text after a prompt"},
    {"chat", "selfattn chat", command_chat, "Chat with a model, one line per question"},
    {"look", "selfattn look", command_look, "Show what a vision model attends to in a photograph"},
    {"summarize", "selfattn summarize", command_summarize, "Make a text short"},
    {"translate", "selfattn translate", command_translate, "Write a text in another language, line by line"},
    {"score", "selfattn score", command_score, "Show how well a model foresees a text, token by token"},
    {"fill", "selfattn fill", command_fill, "Show which words may stand in the gaps of a text"},
    {"classify", "selfattn classify", command_classify, "Show what texts, their words, images or sounds are"},
    {"answer", "selfattn answer", command_answer, "Show which words of a text answer a question"},
    {"transcribe", "selfattn transcribe", command_transcribe, "Write down what is said in a recording"},
    {"quantize", "selfattn quantize", command_quantize, "Write a model as a GGUF file, with smaller weights"},
    {"finetune", "selfattn finetune", command_finetune, "Let adapters of a model learn a text, or pairs of texts"},
    {"train", "selfattn train", command_train, "Let a model learn a text"},
    {"info", "selfattn info", command_info, "Show the sizes of a model"},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(void) {
    puts("Usage: selfattn COMMAND MODEL ...\n\n"
         "Runs a trained transformer and shows its attention. MODEL is a directory with config.json, *.safetensors\n"
         "and tokenizer.json, or a .gguf file, or llama2.c's .bin with tokenizer.bin beside it.\n\nCommands:");
    for (int i = 0; i < COMMANDS; i++) printf("  %-12s%s\n", commands[i].name, commands[i].help);
    puts("\nselfattn help COMMAND, or selfattn COMMAND --help, shows the options of a command.\n"
         "With --json every command prints JSON for other programs.\n"
         "selfattn --version shows the version of the library.\n\n"
         "Examples:\n"
         "  selfattn attend minilm \"The animal didn't cross the road because it was tired.\" \\\n"
         "    --layer 3 --head 1 --word it --heatmap heads.png --arcs it.png\n"
         "  selfattn generate stories15M \"Once upon a time\" --temperature 0.8 --map written.png\n"
         "  selfattn transcribe whisper talk.flac --srt      (any format; - is standard input)");
}

static void print_version(void) {
    printf("selfattn %s\n%s\n", sa_version_string(), sa_build_info());
}

static int run_command(int argc, const char **argv) {
    for (int i = 0; i < COMMANDS; i++)
        if (!strcmp(argv[0], commands[i].name)) {
            argv[0] = commands[i].title;
            return commands[i].run(argc, argv);
        }
    usage_error("there is no command \"%s\"", argv[0]);
}

/* selfattn help, or selfattn help COMMAND. */
static int help(int argc, const char **argv) {
    const char *one[] = {argv[0], "--help", NULL};
    if (argc > 0) return run_command(2, one);
    print_help();
    return 0;
}

static int is_one_of(const char *word, const char *const *words) {
    while (*words && strcmp(word, *words)) words++;
    return *words != NULL;
}

int main(int argc, char **argv) {
    int status = 0;
    if (argc < 2) usage_error("a command is missing");
    static const char *const help_words[] = {"help", "--help", "-h", "-?", NULL};
    static const char *const version_words[] = {"version", "--version", "-V", NULL};
    if (is_one_of(argv[1], help_words))
        status = help(argc - 2, (const char **)argv + 2);
    else if (is_one_of(argv[1], version_words))
        print_version();
    else
        status = run_command(argc - 1, (const char **)argv + 1);
    if (fflush(stdout) || ferror(stdout)) failure("standard output cannot be written");
    return status;
}
