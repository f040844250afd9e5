"""Manual pages and completion say what the programs say of themselves: every command, every option, and no other. What
stands in the documentation exists.

SPDX-License-Identifier: MIT"""
import functools
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "tools"))
import check_docs  # noqa: E402

FOLDER = pathlib.Path(os.environ["SELFATTN_MANUAL"])
PROGRAMS = [os.environ[name] for name in ("SELFATTN_PROGRAM", "SA_BENCH") if os.environ.get(name)]
OPTION = re.compile(r"^ +(?:-\S, +)?--([\w-]+)", re.MULTILINE)


def output(*command, **more):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, **more).stdout


@functools.lru_cache
def commands(program):
    """Each command's options, as its own help lists them."""
    listed = output(program, "help").split("\nCommands:\n")[1].split("\n\n")[0]
    names = [line.split()[0] for line in listed.splitlines()]
    return {name: OPTION.findall(output(program, name, "--help")) for name in names}


def each(kind):
    """Every program: its name, its file of this kind, its commands."""
    for program in PROGRAMS:
        name = os.path.basename(program)
        file = {"man": name + ".1", "bash": name, "zsh": "_" + name, "fish": name + ".fish"}[kind]
        yield name, FOLDER / file, commands(program)


class Manual(unittest.TestCase):
    def test_the_page_has_every_option(self):
        for name, file, known in each("man"):
            sections = re.split(r"^\.S[SH] ", file.read_text(encoding="utf-8").replace("\\-", "-"), flags=re.MULTILINE)
            sections = {section.splitlines()[0]: section for section in sections}
            for command, options in known.items():
                section = sections[f"{name} {command}"]
                found = re.findall(r"^\.B (?:-\S, )?--([\w-]+)", section, re.MULTILINE)
                self.assertEqual(found, options, command)
                self.assertGreaterEqual(len(options), 2)
                self.assertNotIn("\n\\&\n", section, f"an option of {command} has no meaning")
            self.assertEqual(sum(title.startswith(name + " ") for title in sections), len(known))

    def test_the_page_is_well_formed(self):
        if not shutil.which("mandoc"):
            self.skipTest("needs mandoc")
        for _, file, _ in each("man"):
            self.assertEqual(output("mandoc", "-T", "lint", "-W", "error", str(file)), "")

    def test_bash(self):
        if not shutil.which("bash"):
            self.skipTest("needs bash")
        for name, file, known in each("bash"):
            def complete(*words, file=file, name=name):
                script = f"""source {file}; COMP_WORDS=({name} {' '.join(words)}); COMP_CWORD={len(words)}
                    [ "${{COMP_WORDS[COMP_CWORD]-}}" ] || COMP_WORDS+=(''); _{name.replace('-', '_')}
                    echo "${{COMPREPLY[@]}}" """
                return output("bash", "-euc", script).split()
            first = next(iter(known))
            self.assertIn(first, complete(first[:2]))
            for command, options in known.items():
                self.assertEqual(complete(command, "--"), ["--" + option for option in options])

    def test_zsh(self):
        if not shutil.which("zsh"):
            self.skipTest("needs zsh")
        for _, file, known in each("zsh"):
            output("zsh", "-n", str(file))
            text = file.read_text(encoding="utf-8")
            for command, options in known.items():
                line = re.search(rf"^    {command}\) _arguments .*;;$", text, re.MULTILINE)[0]
                for option in options:
                    self.assertRegex(line, rf"--{option}\b")

    def test_fish(self):
        if not shutil.which("fish"):
            self.skipTest("needs fish")
        for name, file, known in each("fish"):
            def complete(line, file=file):
                got = output("fish", "--no-config", "-c", f"source {file}; complete -C '{line}'")
                return [word.split("\t")[0] for word in got.splitlines()]
            first = next(iter(known))
            self.assertIn(first, complete(f"{name} {first[:2]}"))
            for command, options in known.items():
                self.assertEqual(sorted(set(complete(f"{name} {command} --"))),
                                 sorted("--" + option for option in options))

    def test_what_the_documentation_calls_exists(self):
        seen = 0
        for program in PROGRAMS:
            name, known = os.path.basename(program), commands(program)
            known = {**known, "": re.findall(r"--([\w-]+)", output(program, "--help"))}
            call = re.compile(rf"(?<![\w.-])(?<!install ){name} ((?=--)|[a-z]+\b)([^\n`|]*)[\n`|]")
            for page in check_docs.pages(ROOT):
                pieces, lines = check_docs.read(ROOT, page)
                shell = "".join(piece.code for piece in pieces if piece.kind == "sh").replace("\\\n", " ")
                for text in ("\n".join(lines) + "\n", shell):
                    for command, rest in call.findall(text):
                        options = re.findall(r"(?<!\S)--([a-z][\w-]*)", rest)
                        if command not in known and not options and text is not shell:
                            continue  # a sentence
                        self.assertIn(command, known, page)
                        self.assertLessEqual(set(options), set(known[command]) | {"help"}, f"{page}: {command}")
                        seen += 1
        self.assertGreater(seen, 100)


if __name__ == "__main__":
    unittest.main()
