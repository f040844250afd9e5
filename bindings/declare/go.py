"""What Go took from the headers, by name: Go reads the headers themselves, so this only serves the test.
SPDX-License-Identifier: MIT
"""

KEYWORDS = {"type", "range", "map", "func", "go"}


def write(header):
    lines = ["", "//go:build !selfattn_core", "", "package selfattn", "", "// #include <selfattn_models.h>",
             "import \"C\"", "", "import \"unsafe\"", "",
             "// declared has what this build took from the headers, by the names that sa_constant knows.",
             "func declared() map[string]int64 {", "\tlist := map[string]int64{}"]
    lines += [f"\tlist[\"{name}\"] = C.{name}" for name in header.constants]
    lines += ["\tfield := func(name string, place, size uintptr) {", "\t\tlist[name] = int64(place)",
              "\t\tlist[\"sizeof(\"+name+\")\"] = int64(size)", "\t}"]
    for struct, fields in header.structs.items():
        lines += ["\t{", f"\t\tvar x C.{struct}", f"\t\tlist[\"sizeof({struct})\"] = int64(unsafe.Sizeof(x))"]
        for field in fields:
            member = "x." + ("_" if field.name in KEYWORDS else "") + field.name
            lines += [f"\t\tfield(\"{struct}.{field.name}\",",
                      f"\t\t\tunsafe.Offsetof({member}), unsafe.Sizeof({member}))"]
        lines += ["\t}"]
    return lines + ["\treturn list", "}"]
