#!/usr/bin/env python3
"""Writes the manual page of a program with commands, or its completion for a shell. All of it is what the program says
of itself: `PROGRAM help` lists its commands under "Commands:", and `PROGRAM COMMAND --help` the options of each.

usage: manual.py man|bash|zsh|fish PROGRAM TITLE
SPDX-License-Identifier: MIT"""
import os
import re
import subprocess
import sys

# popt writes --stop TEXT where an option may be given several times.
OPTION = re.compile(r"^  (?:-(\S),|   ) --([\w-]+)(?:[= ](\S.*?))?(?:  +(.*))?$")
COMMAND = re.compile(r"^  (\w+)  +(.*)$")
MORE = re.compile(r"^ {12,}(\S.*)$")


class Command:
    """What `PROGRAM NAME --help` prints: prose, a usage line, options (short, long, argument, meaning)."""

    def __init__(self, program, name, title):
        self.name, self.title, self.usage, self.prose, self.options = name, title, "", [], []
        for line in says(program, *([name] if name else []), "--help"):
            option, more = OPTION.match(line), MORE.match(line)
            if option:
                self.options.append([part or "" for part in option.groups()])
            elif more and self.options:
                self.options[-1][3] = (self.options[-1][3] + " " + more[1]).strip()
            elif line.startswith("Usage:") and not self.usage:
                self.usage = line.removeprefix("Usage: ")
            elif not line.startswith("Usage:") and not line.endswith("ptions:"):
                self.prose.append(line)


def says(program, *arguments):
    """The lines that it prints; popt fills lines of terminals that are that wide."""
    environment = {**os.environ, "COLUMNS": "80", "LC_ALL": "C.UTF-8"}
    return subprocess.run([program, *arguments], env=environment, check=True, capture_output=True,
                          text=True).stdout.splitlines()


def commands_of(program):
    """The commands with their titles, and the lines of the help before and after them."""
    lines = says(program, "help")
    start = lines.index("Commands:")
    count = next(i for i, line in enumerate(lines[start + 1:] + [""]) if not COMMAND.match(line))
    listed = [COMMAND.match(line).groups() for line in lines[start + 1:start + 1 + count]]
    return [Command(program, *names) for names in listed], lines[:start], lines[start + 1 + count:]


def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in {".", "'"} else text


def paragraphs(lines):
    """Prose as it is; what is indented keeps its lines."""
    out, verbatim = [], False
    for line in lines:
        if line.startswith("  ") != verbatim:
            verbatim = not verbatim
            out.append(".nf" if verbatim else ".fi")
        out.append(roff(line) if line else ".PP")
    while out and out[-1] == ".PP":
        out.pop()
    while out and out[0] == ".PP":
        out.pop(0)
    return out + ([".fi"] if verbatim else [])


def option_lines(command):
    out = []
    for short, long, argument, meaning in command.options:
        names = ([f"-{short}"] if short else []) + [f"--{long}"]
        out += [".TP", f".B {roff(', '.join(names))}" + (f"\\fR=\\fI{roff(argument)}" if argument else ""),
                roff(meaning) or "\\&"]
    return out


def man(program, title, version):
    name = os.path.basename(program)
    commands, before, after = commands_of(program)
    before = [line for line in before if not line.startswith("Usage:")]
    out = [f'.TH {name.upper()} 1 "" "libselfattn {version}" ""', ".SH NAME", f"{roff(name)} \\- {roff(title)}",
           ".SH SYNOPSIS", f".B {roff(name)}", ".I command", "[\\fIoption\\fR...] [\\fIargument\\fR...]",
           ".SH DESCRIPTION", *paragraphs(before)]
    # A program that does something without a command has options of its own.
    own = Command(program, "", "")
    if own.options:
        out += [".SH OPTIONS WITHOUT A COMMAND", *paragraphs(own.prose), *option_lines(own)]
    out += [".SH COMMANDS"]
    for command in commands:
        out += [f".SS {roff(name)} {command.name}", roff(command.title) + "."]
        if command.usage:
            out += [".PP", roff(command.usage)]
        if any(command.prose):
            out += [".PP", *paragraphs(command.prose)]
        out += option_lines(command)
    if any(after):
        out += [".SH NOTES", *paragraphs(after)]
    return "\n".join(out + [".SH SEE ALSO", "The library's documentation: docs/ of its sources."])


def bash(name, commands):
    function = "_" + name.replace("-", "_")
    cases = "\n".join(f"    {c.name}) words='{' '.join('--' + o[1] for o in c.options)}' ;;" for c in commands)
    return f"""# Completion of {name} for bash.
{function}() {{
    local words='' current=${{COMP_WORDS[COMP_CWORD]}}
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W 'help {' '.join(c.name for c in commands)}' -- "$current"))
        return
    fi
    case ${{COMP_WORDS[1]}} in
{cases}
    esac
    case $current in
    -*) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
    esac
}}
complete -o default -F {function} {name}"""


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def zsh(name, commands):
    def specification(short, long, argument, meaning):
        meaning = re.sub(r"([\[\]:\\])", r"\\\1", meaning)
        value = f":{argument}:_files" if argument else ""
        full = quoted(f"[{meaning}]{value}")
        if not short:
            return f"--{long}{'=' if argument else ''}{full}"
        return f"'(-{short} --{long})'{{-{short}{'+' if argument else ''},--{long}{'=' if argument else ''}}}{full}"

    listed = " ".join(quoted(f"{c.name}:{c.title}") for c in commands)
    cases = "\n".join(f"    {c.name}) _arguments -s " + " ".join(specification(*o) for o in c.options) +
                      " '*:argument:_files' ;;" for c in commands)
    return f"""#compdef {name}
local -a commands
commands=({listed})
_arguments -C '1:command:->command' '*::argument:->argument'
case $state in
command) _describe command commands ;;
argument)
    case $words[1] in
{cases}
    esac
    ;;
esac"""


def fish(name, commands):
    out = [f"# Completion of {name} for fish."]
    for c in commands:
        out.append(f"complete -c {name} -n __fish_use_subcommand -f -a {c.name} -d {quoted(c.title)}")
        for short, long, argument, meaning in c.options:
            out.append(f"complete -c {name} -n '__fish_seen_subcommand_from {c.name}'" +
                       (f" -s '{short}'" if short else "") + f" -l {long}" + (" -r" if argument else "") +
                       f" -d {quoted(meaning)}")
    return "\n".join(out)


def main():
    if len(sys.argv) != 4 or sys.argv[1] not in {"man", "bash", "zsh", "fish"}:
        sys.exit(__doc__)
    kind, program, title = sys.argv[1:]
    if kind == "man":
        print(man(program, title, os.environ["VERSION"]))
    else:
        shell = {"bash": bash, "zsh": zsh, "fish": fish}[kind]
        print(shell(os.path.basename(program), commands_of(program)[0]))


main()
