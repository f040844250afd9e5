/* The subcommands. Each gets its own name as argv[0] and returns the exit status.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_COMMAND_COMMAND_H
#define TOOLS_COMMAND_COMMAND_H

int command_answer(int argc, const char **argv);
int command_attend(int argc, const char **argv);
int command_search(int argc, const char **argv);
int command_tokens(int argc, const char **argv);
int command_generate(int argc, const char **argv);
int command_chat(int argc, const char **argv);
int command_look(int argc, const char **argv);
int command_score(int argc, const char **argv);
int command_fill(int argc, const char **argv);
int command_classify(int argc, const char **argv);
int command_summarize(int argc, const char **argv);
int command_finetune(int argc, const char **argv);
int command_train(int argc, const char **argv);
int command_translate(int argc, const char **argv);
int command_transcribe(int argc, const char **argv);
int command_page(int argc, const char **argv);
int command_quantize(int argc, const char **argv);
int command_info(int argc, const char **argv);

#endif
