# Writes the descriptions of architectures as C source:
#   cmake -DSOURCES=a.json;b.json -DOUTPUT=file.c -P EmbedArchitectures.cmake
# Each line of JSON becomes a string literal, so that the C source can be read.
set(code "/* Made by cmake/EmbedArchitectures.cmake. */\n#include \"describe/architecture.h\"\n\n")
string(APPEND code "#include <stddef.h>\n\n")
string(APPEND code "const struct built_in built_in_architectures[] = {\n")
foreach(source ${SOURCES})
  get_filename_component(name ${source} NAME_WE)
  file(READ ${source} text)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n\"\n     \"" text "${text}")
  string(APPEND code "    {\"${name}\",\n     \"${text}\"},\n")
endforeach()
file(WRITE ${OUTPUT} "${code}    {NULL, NULL},\n};\n")
