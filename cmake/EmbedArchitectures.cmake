# Writes pages of JSON as C source:
#   cmake -DSOURCES=a.json;b.json -DARRAY=built_in_architectures -DOUTPUT=file.c -P EmbedArchitectures.cmake
# Each line of JSON becomes a string literal, so that the C source can be read; without its end, indentation, spaces
# behind colons and commas, and papers, which are for readers of the pages: they would be a fifth of all.
set(code "/* Made by cmake/EmbedArchitectures.cmake. */\n#include \"file/json.h\"\n\n")
string(APPEND code "#include <stddef.h>\n\n")
string(APPEND code "extern const struct built_in ${ARRAY}[];\n")
string(APPEND code "const struct built_in ${ARRAY}[] = {\n")
foreach(source ${SOURCES})
  get_filename_component(name ${source} NAME_WE)
  file(READ ${source} text)
  string(REGEX REPLACE "\n +" "\n" text "${text}")
  string(REGEX REPLACE ",\n\"paper\": [^\n]*\"\n" "\n" text "${text}")
  string(REGEX REPLACE "\n\"paper\": [^\n]*" "" text "${text}")
  string(REPLACE "\": " "\":" text "${text}")
  string(REPLACE ", " "," text "${text}")
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\"\n     \"" text "${text}")
  string(APPEND code "    {\"${name}\",\n     \"${text}\"},\n")
endforeach()
file(WRITE ${OUTPUT} "${code}    {NULL, NULL},\n};\n")
