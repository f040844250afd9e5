"""Declarations for Rust. SPDX-License-Identifier: MIT"""

import textwrap

PLAIN = {"char": "c_char", "void": "c_void", "float": "f32", "double": "f64", "int32_t": "i32", "int64_t": "i64",
         "uint8_t": "u8",
         "uint64_t": "u64", "size_t": "usize"}
KEYWORDS = {"type", "box", "loop", "match", "move", "ref", "in", "as", "fn"}

MACROS = """
macro_rules! constants {
    ($($name:ident)*) => {
        vec![$((stringify!($name), $name as i64)),*]
    };
}

macro_rules! layout {
    ($list:ident, $type:ident: $($field:ident)*) => {
        let value = MaybeUninit::<$type>::uninit();
        $list.push((concat!("sizeof(", stringify!($type), ")"), size_of::<$type>() as i64));
        // SAFETY: only addresses of fields are computed; nothing is read.
        $(unsafe {
            let field = addr_of!((*value.as_ptr()).$field);
            let name = concat!(stringify!($type), ".", stringify!($field));
            $list.push((name, field as i64 - value.as_ptr() as i64));
            $list.push((concat!("sizeof(", stringify!($type), ".", stringify!($field), ")"), size_at(field)));
        })*
    };
}

fn size_at<T>(_: *const T) -> i64 {
    size_of::<T>() as i64
}

/// Constants, sizes and places of this file, by the names that `sa_constant` knows.
pub fn declared() -> Vec<(&'static str, i64)> {"""


def named(call, names):
    """A call of a macro with these names."""
    return textwrap.wrap(f"{call}{' '.join(names)});", 118, initial_indent="    ", subsequent_indent=" " * 8)


def name(field):
    return ("r#" if field.name in KEYWORDS else "") + field.name


def type_of(field):
    made = ("*const " if field.constant else "*mut ") * field.pointers + PLAIN.get(field.type, field.type)
    return f"[{made}; {field.elements}]" if field.elements else made


def signature(function):
    inner = ", ".join(f"{name(p)}: {type_of(p)}" for p in function.parameters)
    result = "" if (function.type, function.pointers) == ("void", 0) else f" -> {type_of(function)}"
    return inner, result


def declare(begin, function, end, indent):
    """begin(parameters) -> result end, on a line or on several."""
    inner, result = signature(function)
    line = f"{indent}{begin}({inner}){result}{end}"
    if len(line) <= 120:
        return [line]
    return [f"{indent}{begin}("] + [f"{indent}    {p}," for p in inner.split(", ")] + [f"{indent}){result}{end}"]


def write(header):
    lines = ["#![allow(non_camel_case_types, clippy::too_many_arguments)]", "",
             "use std::mem::{size_of, MaybeUninit};", "use std::os::raw::{c_char, c_void};", "use std::ptr::addr_of;",
             "", "pub type sa_status = i32;", ""]
    lines += [f"pub const {constant}: i32 = {value};" for constant, value in header.constants.items()]
    for handle in header.handles:
        lines += ["", "#[repr(C)]", f"pub struct {handle} {{", "    _opaque: [u8; 0],", "}"]
    for callback in header.callbacks.values():
        begin = f"pub type {callback.name} = Option<unsafe extern \"C\" fn"
        lines += [""] + declare(begin, callback, ">;", "")
    for struct, fields in header.structs.items():
        lines += ["", "#[repr(C)]", "#[derive(Clone, Copy)]", f"pub struct {struct} {{"]
        lines += [f"    pub {name(f)}: {type_of(f)}," for f in fields] + ["}"]
    lines += ["", "extern \"C\" {"]
    lines += [line for f in header.functions for line in declare(f"pub fn {f.name}", f, ";", "    ")]
    lines += ["}"]
    lines += MACROS.split("\n") + named("let mut list = constants!(", header.constants)
    for struct, fields in header.structs.items():
        lines += named("layout!(list, ", [struct + ":"] + [name(f) for f in fields])
    return lines + ["    list", "}"]
