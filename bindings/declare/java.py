"""Declarations for Java's JNA. SPDX-License-Identifier: MIT"""

import textwrap

PLAIN = {"void": "void", "float": "float", "double": "double", "int32_t": "int", "int64_t": "long", "uint64_t": "long",
         "size_t": "long", "sa_status": "int"}


def type_of(field):
    if field.pointers:
        return "Pointer"
    made = PLAIN.get(field.type, field.type)
    return made + "[]" if field.elements else made


def result_of(function):
    return "String" if (function.type, function.pointers) == ("char", 1) else type_of(function)


def member(field):
    made = type_of(field)
    plain = field.type in PLAIN or field.pointers or field.type.endswith("_fn")
    value = f" = new {made[:-2]}[{field.elements}]" if field.elements else "" if plain else f" = new {made}()"
    return f"        public {made} {field.name}{value};"


def method(function, name, indent):
    inner = ", ".join(f"{type_of(p)} {p.name}" for p in function.parameters)
    return textwrap.wrap(f"{result_of(function)} {name}({inner});", 116, initial_indent=indent,
                         subsequent_indent=indent + "    ")


def write(header):
    lines = ["package selfattn;", "", "import com.sun.jna.Callback;", "import com.sun.jna.Library;",
             "import com.sun.jna.Pointer;", "import com.sun.jna.Structure;", "import java.util.LinkedHashMap;",
             "import java.util.Map;", "", "/** The calls, structs and constants of C, as the headers declare them. */",
             "public interface Declarations extends Library {"]
    lines += [f"    int {name} = {value};" for name, value in header.constants.items()]
    for callback in header.callbacks.values():
        lines += ["", f"    interface {callback.name} extends Callback {{"] + method(callback, "call", "        ")
        lines += ["    }"]
    for struct, fields in header.structs.items():
        order = ", ".join(f'"{f.name}"' for f in fields)
        lines += [""] + textwrap.wrap(f"@Structure.FieldOrder({{{order}}})", 116, initial_indent="    ",
                                      subsequent_indent="        ")
        lines += [f"    class {struct} extends Struct {{"] + [member(f) for f in fields] + ["    }"]
    lines += [""] + [line for function in header.functions for line in method(function, function.name, "    ")]
    lines += ["", "    /** A struct of C, which can be asked for places of its fields. */",
              "    abstract class Struct extends Structure {", "        int offset(String field) {",
              "            return fieldOffset(field);", "        }", "",
              "        /** Writes the fields to memory of C, and returns that. */",
              "        Pointer written() {", "            write();", "            return getPointer();", "        }",
              "    }", "",
              "    /** All constants by name. */", "    static Map<String, Integer> constants() {",
              "        Map<String, Integer> all = new LinkedHashMap<>();"]
    lines += [f"        all.put(\"{name}\", {name});" for name in header.constants]
    lines += ["        return all;", "    }", "", "    /** One of each struct. */", "    static Struct[] structs() {",
              "        return new Struct[] {"]
    return lines + [f"            new {s}()," for s in header.structs] + ["        };", "    }", "}"]
