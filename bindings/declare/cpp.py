"""What C++ took from the headers, by name: it reads the headers themselves, so this only serves the test.
SPDX-License-Identifier: MIT
"""

import pathlib

import header

CORE = header.read([pathlib.Path(__file__).resolve().parents[2] / "include" / "selfattn.h"])


def part(constants, structs):
    lines = [f"    CONSTANT({name})," for name in constants]
    for struct, fields in structs.items():
        lines += [f"    STRUCT({struct}),"] + [f"    FIELD({struct}, {field.name})," for field in fields]
    return lines


def write(read):
    models = {"constants": [name for name in read.constants if name not in CORE.constants],
              "structs": {name: fields for name, fields in read.structs.items() if name not in CORE.structs}}
    return ["", "// clang-format off", "#include <selfattn.hpp>", "", "#include <cstddef>", "#include <cstdint>", "",
            "struct declaration {", "    const char *name;", "    std::int64_t value;", "};",
            "#define CONSTANT(name) {#name, name}", "#define STRUCT(type) {\"sizeof(\" #type \")\", sizeof(type)}",
            "#define FIELD(type, name) {#type \".\" #name, offsetof(type, name)}, \\",
            "                          {\"sizeof(\" #type \".\" #name \")\", sizeof(type::name)}",
            "static const declaration declared[] = {", *part(CORE.constants, CORE.structs),
            "#ifdef SELFATTN_HPP_MODELS", *part(**models), "#endif", "};"]
