# Makes one page of page.html, its style and its modules, and writes it as C source:
#   cmake -DFOLDER=view "-DMODULES=a.js;b.js" -DOUTPUT=file.c -P EmbedPage.cmake
# The modules become one script: each stands behind those that it imports, imports are left out, and so names have to
# differ. The page is cut where its data go. worker.js is a script of its own.
file(READ ${FOLDER}/page.css style)
set(script "")
foreach(module ${MODULES})
  file(READ ${FOLDER}/${module} text)
  string(REGEX REPLACE "\nimport [^\n]*" "" text "\n${text}")
  string(REPLACE "\nexport " "\n" text "${text}")
  string(APPEND script "${text}")
endforeach()
file(READ ${FOLDER}/page.html page)
string(REPLACE "<link rel=\"stylesheet\" href=\"page.css\">" "<style>\n${style}</style>" page "${page}")
string(REPLACE "<script type=\"module\" src=\"main.js\"></script>" "<script type=\"module\">${script}</script>" page
  "${page}")
string(FIND "${page}" "<!-- data -->" cut)
string(LENGTH "<!-- data -->" mark)
math(EXPR behind "${cut} + ${mark}")
string(SUBSTRING "${page}" 0 ${cut} head)
string(SUBSTRING "${page}" ${behind} -1 tail)
set(code "/* Made by cmake/EmbedPage.cmake. */\n#include \"page/view.h\"\n")
file(READ ${FOLDER}/worker.js worker)
foreach(part head tail worker)
  file(WRITE ${OUTPUT}.${part} "${${part}}")
  file(READ ${OUTPUT}.${part} bytes HEX)
  string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND code "\nconst unsigned char page_view_${part}[] = {\n${bytes}};\n"
    "const size_t page_view_${part}_size = sizeof page_view_${part};\n")
endforeach()
file(WRITE ${OUTPUT} "${code}")
