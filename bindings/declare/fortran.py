"""Declarations for Fortran: iso_c_binding. Pointers are c_ptr, callbacks c_funptr. SPDX-License-Identifier: MIT"""

import textwrap

PLAIN = {"float": "real(c_float)", "double": "real(c_double)", "int32_t": "integer(c_int32_t)",
         "int64_t": "integer(c_int64_t)", "uint64_t": "integer(c_int64_t)", "size_t": "integer(c_size_t)",
         "sa_status": "integer(c_int32_t)"}


def type_of(field):
    if field.pointers:
        return "type(c_ptr)"
    if field.type.endswith("_fn"):
        return "type(c_funptr)"
    return PLAIN.get(field.type, f"type({field.type})")


def empty(field):
    if field.pointers:
        return "c_null_ptr"
    if field.type.endswith("_fn"):
        return "c_null_funptr"
    return "0" if field.type in PLAIN else f"{field.type}()"


def wrapped(text, indent):
    lines = textwrap.wrap(text, 112, initial_indent=indent, subsequent_indent=indent + "  ")
    return [line + " &" for line in lines[:-1]] + lines[-1:]


def constant_name(name, header):
    """Fortran knows no case: a constant must not have the name of a function."""
    return name.replace("SA_", "SA_C_") if name.lower() in {f.name for f in header.functions} else name


def declare(function):
    names = ", ".join(p.name for p in function.parameters)
    nothing = (function.type, function.pointers) == ("void", 0)
    kind = "subroutine" if nothing else "function"
    result = "" if nothing else " result(answer)"
    lines = wrapped(f"{kind} {function.name}({names}) bind(c){result}", "    ") + ["      import"]
    for parameter in function.parameters:
        lines += [f"      {type_of(parameter)}, value :: {parameter.name}"]
    if not nothing:
        lines += [f"      {type_of(function)} :: answer"]
    return lines + [f"    end {kind}"]


def write(header):
    lines = ["module selfattn_declarations", "  use, intrinsic :: iso_c_binding", "  implicit none", "  public", ""]
    lines += [f"  integer(c_int32_t), parameter :: {constant_name(name, header)} = {value}"
              for name, value in header.constants.items()]
    for struct, fields in header.structs.items():
        lines += ["", f"  type, bind(c) :: {struct}"]
        for field in fields:
            shape = f"({field.elements})" if field.elements else ""
            lines += [f"    {type_of(field)} :: {field.name}{shape} = {empty(field)}"]
        lines += [f"  end type {struct}"]
    lines += ["", "  interface"] + [line for f in header.functions for line in declare(f)] + ["  end interface", ""]
    lines += ["contains", "", "  ! Calls check(name, value) with constants, sizes and places of this file.",
              "  subroutine declared(check)", "    interface", "      subroutine check(name, value)", "        import",
              "        character(*), intent(in) :: name", "        integer(c_int64_t), intent(in) :: value",
              "      end subroutine check", "    end interface"]
    lines += [f"    type({struct}), target :: x_{struct}" for struct in header.structs]
    lines += [f"    call check(\"{name}\", int({constant_name(name, header)}, c_int64_t))"
              for name in header.constants]
    for struct, fields in header.structs.items():
        lines += [f"    call check(\"sizeof({struct})\", int(c_sizeof(x_{struct}), c_int64_t))"]
        for field in fields:
            lines += [f"    call check(\"{struct}.{field.name}\", &",
                      f"      offset(c_loc(x_{struct}), c_loc(x_{struct}%{field.name})))",
                      f"    call check(\"sizeof({struct}.{field.name})\", &",
                      f"      int(c_sizeof(x_{struct}%{field.name}), c_int64_t))"]
    return lines + ["  end subroutine declared", "", "  function offset(whole, part)",
                    "    type(c_ptr), intent(in) :: whole, part", "    integer(c_int64_t) :: offset",
                    "    offset = transfer(part, 0_c_intptr_t) - transfer(whole, 0_c_intptr_t)",
                    "  end function offset", "end module selfattn_declarations"]
