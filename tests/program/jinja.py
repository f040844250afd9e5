"""The language of chat templates: what selfattn chat makes of small templates, beside Jinja2 where Python has it, set
up as transformers does.

SPDX-License-Identifier: MIT"""
import json
import os
import tempfile
import unittest

import run as program
from chat import byte_tokenizer

try:
    import jinja2
    import jinja2.sandbox
except ImportError:
    jinja2 = None

CONVERSATION = [{"role": "system", "content": "Be kind."},
                {"role": "user", "content": " <b>Why</b>\t[so] \u00fcber? \n"},
                {"role": "assistant", "content": "<think>hm</think>\n\nSo."},
                {"role": "user", "content": "Oh 'no' \"\\"}]

# Template and text.
WRITTEN = [
    # White space around tags.
    ("a\n{% if true %}\n  b\n{% endif %}\nc\n", "a\n  b\nc"),
    ("a\n  {% if true %}\n  b {{ 1 }}\n\n  {%- endif +%}\nc\n\n", "a\n  b 1\nc\n"),
    (" {%+ if true -%} \n\n x {#- no -#} \n y\n  {# gone #}\nz{{- 1 -}}\n 2{% endif %}", " xy\nz12"),
    ("a\r\n{% set x = 1 %}\r\nb", "a\nb"),
    # Values and operators.
    ("{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 6 / 2 }} {{ 2 * 3 - 1 }} {{ 1.5 + 1 }}",
     "3 -4 1 2 3.5 3.0 5 2.5"),
    ("{{ 'a' ~ 1 ~ none ~ true ~ [1, 'b', \"c'd\"] ~ {'k': 1.0} }}", "a1NoneTrue[1, 'b', \"c'd\"]{'k': 1.0}"),
    ("{{ 1 < 2 }}{{ 'a' < 'b' }}{{ 1 == 1.0 }}{{ 'a' == 1 }}{{ [1, 2] == [1, 2] }}{{ {'a': 1} != {'a': 2} }}",
     "TrueTrueTrueFalseTrueTrue"),
    ("{{ 'b' in 'abc' }}{{ 1 not in [2] }}{{ 'k' in {'k': 1} }}{{ not 1 }}", "TrueTrueTrueFalse"),
    ("{{ 1 and 0 }}{{ 0 or 'x' }}{{ 'y' if 0 else 'z' }}|{{ 'y' if 0 }}|{{ nothing }}|{{ nothing or 3 }}", "0xz|||3"),
    ("{{ 'a' 'b' \"\\n\\t\\x41\\u00e4\\\\\\q\" }}", "ab\n\tA\u00e4\\\\q"),
    ("{{ [1, 2, 3][-1] }}{{ 'h\u00e4t'[1] }}{{ 'h\u00e4t'[1:] }}{{ [1, 2, 3][::-1] }}{{ 'abcd'[-3:-1] }}{{ [1][5:] }}",
     "3\u00e4\u00e4t[3, 2, 1]bc[]"),
    ("{{ (1, 2)[0] }}{{ {'a': {'b': 4}}.a.b }}{{ {'a': 1}['b'] is defined }}{{ 'ab' * 2 }}{{ [1] + [2] }}",
     "14Falseabab[1, 2]"),
    ("{{ 2 + 3 | string | length }}{{ -1 | string }}{{ not 'a' in 'b' }}", "3-1True"),
    # Statements.
    ("{% for x in [1, 2, 3] if x != 2 %}{{ loop.index }}/{{ loop.length }}:{{ x }}{{ '.' if loop.last }} {% endfor %}",
     "1/2:1 2/2:3. "),
    ("{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}{{ v }}{% else %}none{% endfor %}"
     "{% for x in nothing %}x{% else %}none{% endfor %}", "a1b2none"),
    ("{% for x in [1, 2, 3, 4] %}{% if x == 2 %}{% continue %}{% elif x == 4 %}{% break %}{% endif %}"
     "{{ x }}{% endfor %}",
     "13"),
    ("{% set x = 1 %}{% for i in [1, 2] %}{% set x = x + 1 %}{{ x }}{% endfor %}{{ x }}", "221"),
    ("{% set ns = namespace(x=1) %}{% for i in [1, 2] %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}", "4"),
    ("{% set a, b = 1, [2] %}{{ a }}{{ b }}{% set t %}<{{ a }}>{% endset %}{{ t | length }}", "1[2]3"),
    ("{% macro m(a, b='x') %}{{ a }}{{ b }}{{ c }}{% endmacro %}{% set c = 'C' %}{{ m(1) }}"
     "{{ m(1, b=2) }}{{ m('q') | upper }}",
     "1xC12CQXC"),
    ("{% for x in range(3) %}{{ loop.previtem }}{{ x }}{{ loop.nextitem }}{{ loop.revindex }};{% endfor %}",
     "013;0122;121;"),
    ("{% filter upper %}a{{ 'b' }}{% endfilter %}", "AB"),
    # Filters, tests and methods.
    ("{{ ' a ' | trim }}{{ 'xax'.strip('x') }}{{ ' a'.lstrip() }}{{ '\u3000a\u00a0'.strip() }}"
     "{{ 'a\\n'.rstrip('\\n') }}", "aaaaa"),
    ("{{ 'a-b-c'.split('-', 1) }}{{ ' a  b '.split() }}{{ 'a'.split('-') }}{{ 'aba'.replace('a', 'cc') }}",
     "['a', 'b-c']['a', 'b']['a']ccbcc"),
    ("{{ 'abc'.startswith('ab') }}{{ 'abc'.endswith(('x', 'c')) }}{{ 'abc'.find('c') }}{{ 'abc'.removeprefix('a') }}",
     "TrueTrue2bc"),
    ("{{ '\u00e4b c'.upper() }}{{ 'AB c' | title }}{{ 'aB' | capitalize }}{{ ', '.join(['a', 'b']) }}",
     "\u00c4B CAb CAba, b"),
    ("{{ [3, 1, 2] | sort }}{{ ['b', 'A', 'b'] | unique | list }}{{ [1, 2] | reverse | list }}{{ [1, 2] | join('-') }}",
     "[1, 2, 3]['b', 'A'][2, 1]1-2"),
    ("{{ {'b': 1, 'A': 2} | dictsort }}{{ [] | first is defined }}{{ [4, 5] | last }}"
     "{{ '12' | int + 1 }}{{ 'x' | int }}",
     "[['A', 2], ['b', 1]]False5130"),
    ("{{ messages | map(attribute='role') | join(',') }}"
     "{{ messages | selectattr('role', 'equalto', 'user') | list | length }}",
     "system,user,assistant,user2"),
    ("{{ messages | rejectattr('role', 'in', ['user', 'system']) | map(attribute='role') | list }}"
     "{{ [0, 1, ''] | select | list }}{{ ['a', 1] | reject('string') | list }}{{ ['a'] | map('upper') | list }}",
     "['assistant'][1][1]['A']"),
    ("{{ nothing | default('d') }}{{ '' | default('d') }}{{ '' | default('d', true) }}"
     "{{ tools | default('t', boolean=true) }}",
     "ddt"),
    ("{{ {'a': [1, 'x\u00e4\"\\n', none, true, 1.5], 'b': {}} | tojson }}",
     '{"a": [1, "x\u00e4\\"\\n", null, true, 1.5], "b": {}}'),
    ("{{ {'a': [1], 'b': []} | tojson(indent=2) }}", '{\n  "a": [\n    1\n  ],\n  "b": []\n}'),
    ("{{ 'a\\n\\nb' | indent(2) }}{{ 'a' | indent(2, true) }}", "a\n\n  b  a"),
    ("{{ 1 is number }}{{ 'a' is string }}{{ {} is mapping }}{{ [] is iterable }}{{ none is none }}"
     "{{ x is not defined }}"
     "{{ true is true }}{{ 3 is odd }}{{ 1 is eq 1 }}{{ 1 is boolean }}", "TrueTrueTrueTrueTrueTrueTrueTrueTrueFalse"),
    ("{{ raise_exception is defined }}{{ tools is none }}{{ add_generation_prompt }}{{ bos_token }}{{ pad_token }}",
     "TrueTrueTrue<s>"),
    # Texts of people, in which "<" and "[" begin no token.
    ("{{ messages[1].content }}", " <b>Why</b>\t[so] \u00fcber? \n"),
    ("{{ messages[2].content.split('</think>')[-1].lstrip('\\n') }}{{ '<think>' in messages[2].content }}", "So.True"),
    ("{{ messages[1].content | trim | length }}{{ messages[1].content.find('[') }}{{ messages[3] | tojson }}",
     '2112{"role": "user", "content": "Oh \'no\' \\"\\\\"}'),
    ("{{ messages[1].content | upper }}{{ messages[1].content == ' <b>Why</b>\\t[so] \u00fcber? \\n' }}",
     " <B>WHY</B>\t[SO] \u00dcBER? \nTrue"),
]

# Template and what its refusal says.
REFUSED = [
    ("{{ raise_exception('No: ' ~ messages[2].content) }}", "it refuses this conversation: No: <think>hm"),
    ("a\n{{ nothing.x }}", 'line 2: "nothing" is undefined'),
    ("{{ 'a' + nothing }}", '"nothing" is undefined'),
    ("{{ 'a' + 1 }}", "a text + a number is not supported"),
    ("{{ 'ab'[1::9223372036854775807] }}", "a number of 19 digits"),
    ("{{ 'ab'[1::('9223372036854775807' | int)] }}", "numbers beyond 10^15 are not supported"),
    ("{{ range(1, 9, '9223372036854775807' | int) }}", "numbers beyond 10^15 are not supported"),
    ("{{ (999999999.5 * 999999999.5) | int }}", "numbers beyond 10^15 are not supported"),
    ("{% if 1 %}", "{% endif %} is missing"),
    ("{% for x in 3 %}{% endfor %}", "a number has no items"),
    ("{% include 'x' %}", "{% include %} is not supported"),
    ("{{ 'x' | ponder }}", 'the filter "ponder" is not supported'),
    ("{{ 'x' is strange }}", 'the test "strange" of a text is not supported'),
    ("{{ 'x'.ponder() }}", "the method ponder() of a text is not supported"),
    ("{{ ponder() }}", "the function ponder() is not known"),
    ("{{ [1].append(2) }}", "the method append() of a list is not supported"),
    ("{% set messages[0].role = 1 %}", '"[" stands where'),
    ("{% set m = messages[0] %}{% set m.role = 1 %}", '"m" is no namespace'),
    ("{{ 1 / 0 }}", "a division by 0"),
    ("{{ 'x", "a text has no end"),
    ("{{ 1 ", "a tag has no end"),
    ("{# x", "a comment has no end"),
    ("{{ 1 2 }}", '"2" stands where "}}" is expected'),
    ("{{ " + "(" * 500 + "1" + ")" * 500 + " }}", "nested more than 400 deep"),
    ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "nested more than 400 deep"),
    ("{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}", "needs more than"),
    ("{% for a in range(4000) %}{% for b in range(4000) %}{% endfor %}{% endfor %}", "more than"),
    ("{% set ns = namespace(x='abc') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
     "needs more than"),
    ("{{ 'x' * 99999 }}", "a text 99999 times"),
    ("{{ 1 < 2 < 3 }}", "two comparisons in a row"),
    ("{{ none | length }}", "none has no length"),
    ("{{ [1] | tojson(sort_keys=true) }}", "tojson(sort_keys) is not supported"),
]


class Language(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.write("tokenizer.json", byte_tokenizer(["<s>", "<b>", "<think>"]))
        self.conversation = self.write("conversation.json", CONVERSATION)

    def write(self, name, value):
        path = os.path.join(self.folder.name, name)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(value, file)
        return path

    def render(self, template, status=0):
        self.write("tokenizer_config.json", {"bos_token": "<s>", "chat_template": template})
        said = program.run("chat", self.folder.name, "--render", self.conversation, "--json", status=status)
        return said if status else json.loads(said)

    def test_what_is_written(self):
        for template, text in WRITTEN:
            with self.subTest(template=template):
                got = self.render(template)
                self.assertEqual(got["text"], text)
                # Of what people wrote, nothing becomes a token.
                self.assertEqual([t for t in got["tokens"] if t > 255], [256] if "bos_token" in template else [])

    def test_what_is_refused(self):
        for template, sentence in REFUSED:
            with self.subTest(template=template[:80]):
                said = self.render(template, status=1)
                self.assertIn(sentence, said)
                self.assertIn("--template chooses another form (docs/chat.md)", said)

    def test_the_date(self):
        self.assertRegex(self.render("{{ strftime_now('%Y-%m') }}")["text"], r"^\d{4}-\d{2}$")

    @unittest.skipUnless(jinja2, "needs Python's jinja2 (Debian: python3-jinja2)")
    def test_beside_jinja2(self):
        environment = jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True,
                                                                   extensions=["jinja2.ext.loopcontrols"])
        environment.globals["raise_exception"] = None
        environment.filters["tojson"] = lambda value, indent=None: json.dumps(value, ensure_ascii=False, indent=indent)
        for template, text in WRITTEN:
            with self.subTest(template=template):
                said = environment.from_string(template).render(messages=CONVERSATION, tools=None, documents=None,
                                                                add_generation_prompt=True, bos_token="<s>")
                self.assertEqual(said.replace("('A', 2), ('b', 1)", "['A', 2], ['b', 1]"), text)


if __name__ == "__main__":
    unittest.main()
