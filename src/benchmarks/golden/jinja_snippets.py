"""Golden results of small templates that pin down one rule of Jinja each, made by the environment of transformers.

    python src/benchmarks/golden/jinja_snippets.py

Where Jinja raises an error, "text" is null.
"""

import json
from pathlib import Path

from transformers.utils import chat_template_utils

OUTPUT = Path(__file__).resolve().parents[3] / "src/core/src/test/resources/io/rlhf4j/text/jinja/snippets.json"

VARIABLES = {
    "name": "World",
    "numbers": [3, 1, 2],
    "words": ["b", "A", "c", "a"],
    "empty": [],
    "nothing": None,
    "yes": True,
    "pi": 3.5,
    "text": "  Some Text\n",
    "unicode": "naïve 日本 🎉 \u2028",
    "map": {"b": 1, "a": [1, None, True], "C": {"x": "it's", "y": 'say "hi"'}, "items": "own"},
    "people": [{"name": "Ann", "age": 30}, {"name": "bob", "age": 25}, {"name": "Cid"}],
    "message": {"role": "user", "content": "{{ name }}"},
}

SNIPPETS = [
    # white space
    "a\n{% if yes %}\nb\n{% endif %}\nc\n", "a\n  {% if yes %}\n  b\n  {% endif %}\nc\n\n", "a {% if yes %} b {% endif %} c",
    "a\n  {%- if yes -%}\n  b\n  {%- endif -%}\nc", "a\n  {%+ if yes +%}\n  b\n  {%+ endif +%}\nc", "  {{ name }}  \n  {{- name -}}  \n x",
    "a {# no #} b\n  {# line #}\nc {#- d -#} e", "{% raw %}\n{{ x }} {% if %}\n{% endraw %}\nz", "x {%- raw -%}  {{ y }}  {%- endraw -%}  z",
    "{{ 'a\r\nb' }}\r\nc\rd", "\n\n{% if yes %}{% endif %}\n\nx", "{{ name }}{% if yes %}\n{% endif %}\ny", "\t {% set x = 1 %}\n\t {{ x }}",
    "a{# x\ny #}\nb\n", "{%if yes%}tight{%endif%}", "x\u00a0{%- if yes %}y{% endif %}", "{{\n name\n}}\n", "{ { } } {% raw %}{%{% endraw %} %} }}",
    # literals and output
    "{{ 1 }} {{ 1.0 }} {{ 1e3 }} {{ 1_000 }} {{ -3 }} {{ +3 }}", "{{ true }} {{ True }} {{ none }} {{ None }} {{ false }}",
    "{{ 'a' 'b' \"c\" }}", r"{{ 'tab\t nl\n q\' b\\ x\x41 u\u00e9 U\U0001F389 z\z' }}", "{{ [1, 'a', none, 2.5, [true]] }}", "{{ (1, 2) }} {{ (1,) }} {{ () }} {{ 1, 2 }}",
    "{{ {'a': 1, 'b': 'it\\'s'} }} {{ {} }}", "{{ map }}", "{{ unicode }} {{ [unicode] }}", "{{ missing }}|{{ map.missing }}|{{ map['missing'] }}",
    "{{ 1e16 }} {{ 123456789012345.0 }} {{ 0.0001 }} {{ 0.00001 }} {{ 1e22 }} {{ 1.5e-7 }} {{ 100.0 }} {{ 0.1 + 0.2 }}", "{{ '\\x00\\x7f\\xad' }}{{ ['\\x00\\x7f\\xad', '\"', \"'\", '\\'\"'] }}",
    # operators
    "{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ 7.5 // 2 }} {{ -7.5 % 2 }}", "{{ 1 + 2 * 3 - 4 }} {{ (1 + 2) * 3 }} {{ 2 ** 3 ** 2 }} {{ -2 ** 2 }}",
    "{{ 'a' ~ 1 ~ none ~ true }} {{ 1 ~ 2 + 3 }}", "{{ 'ab' * 3 }} {{ 3 * 'ab' }} {{ 'a' + 'b' }} {{ [1] + [2] }}", "{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 1 == 1.0 }} {{ true == 1 }} {{ 'a' == 1 }}",
    "{{ 'a' < 'b' }} {{ 'Z' < 'a' }} {{ [1, 2] < [1, 3] }} {{ 1 != 2 }} {{ 2 >= 2 }}", "{{ 'or' in 'World' }} {{ 1 in numbers }} {{ 9 not in numbers }} {{ 'a' in map }} {{ 'z' in missing }}",
    "{{ not yes }} {{ not 1 == 2 }} {{ yes and 'x' }} {{ '' or 'y' }} {{ 0 or none }} {{ not empty and yes }} {{ 1 and 0 or 3 }}", "{{ 'a' if yes else 'b' }} {{ 'a' if not yes }}| {{ 1 if nothing else 2 if empty else 3 }}",
    "{{ 1 + 'a' }}", "{{ missing + 'a' }}", "{{ missing.inner }}", "{{ none + 1 }}", "{{ missing == missing2 }} {{ missing == none }} {{ missing == '' }}", "{{ 1 < 'a' }}", "{{ 1 / 0 }}", "{{ 'a' in none }}",
    "{{ [1] == (1,) }} {{ {'a': 1} == {'a': 1.0} }}", "{{ true + true }} {{ -true }}",
    # access
    "{{ map.b }} {{ map['b'] }} {{ map.C.x }} {{ map.a[0] }} {{ map.a[-1] }} {{ map.a.2 }}", "{{ map['items'] }} {{ map.items() | list | length }}", "{{ numbers[5] }}|{{ numbers[-4] }}|{{ name[0] }}{{ name[-1] }}|{{ name[9] }}",
    "{{ numbers[::-1] }} {{ name[::-1] }} {{ name[1:3] }} {{ name[:-1] }} {{ numbers[1:] }} {{ numbers[-2:] }} {{ numbers[:100] }} {{ name[::2] }} {{ name[3:0:-1] }} {{ unicode[9:7:-1] }}", "{{ (1, 2, 3)[1:] }} {{ numbers[none:2] }}",
    "{{ message.content }}", "{{ nothing.foo }}|{{ nothing['foo'] }}|{{ pi.foo }}", "{{ name.missing }}|{{ name.missing is defined }}", "{{ {'a': {'b': [1, {'c': 'deep'}]}}.a.b[1].c }}",
    # statements
    "{% for n in numbers %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }} {% endfor %}", "{% for n in empty %}x{% else %}none{% endfor %} {% for n in missing %}x{% else %}none{% endfor %}",
    "{% for n in numbers if n > 1 %}{{ n }}{{ loop.length }}{% if not loop.last %}, {% endif %}{% endfor %}", "{% for k, v in map.items() %}{{ k }}={{ v }};{% endfor %}", "{% for k in map %}{{ k }}{% endfor %} {% for c in unicode %}[{{ c }}]{% endfor %}",
    "{% for n in numbers %}{{ loop.previtem }}<{{ n }}<{{ loop.nextitem }} {% endfor %}", "{% for n in numbers %}{{ loop.previtem is defined }}{{ loop.nextitem is undefined }} {% endfor %}",
    "{% for a in [1, 2] %}{% for b in [1, 2] %}{{ loop.depth }}{{ loop.depth0 }}{{ a }}{{ b }} {% endfor %}{{ loop.index }}{% endfor %}", "{% for n in range(5) %}{% if n == 1 %}{% continue %}{% endif %}{% if n == 3 %}{% break %}{% endif %}{{ n }}{% endfor %}",
    "{% for a in [1, 2] %}{{ loop.cycle('odd', 'even') }}{% endfor %}", "{{ range(3) | list }} {{ range(1, 4) | list }} {{ range(5, 0, -2) | list }}", "{% for n in none %}{% endfor %}", "{% for a, b in [(1, 2), [3, 4]] %}{{ a }}{{ b }}{% endfor %}",
    "{% set x = 1 %}{% for n in numbers %}{% set x = x + n %}{{ x }} {% endfor %}{{ x }}", "{% set ns = namespace(x=1, y='a') %}{% for n in numbers %}{% set ns.x = ns.x + n %}{% endfor %}{{ ns.x }}{{ ns.y }}|{{ ns.z }}",
    "{% set x = 1 %}{% if yes %}{% set x = 2 %}{% endif %}{{ x }}", "{% set a, b = 1, 2 %}{{ a }}{{ b }} {% set t = 1, 2 %}{{ t }}", "{% set x %}  block {{ name }}\n{% endset %}[{{ x }}]", "{% set name.x = 1 %}",
    "{% if empty %}a{% elif nothing %}b{% elif pi %}c{% else %}d{% endif %}", "{% for x in [1] %}{% set inner = 5 %}{% endfor %}{{ inner }}", "{% for message in [1] %}{{ message }}{% endfor %}{{ message.role }}",
    "{% macro m(a, b='d', c=none) %}{{ a }}-{{ b }}-{{ c }};{% endmacro %}{{ m(1) }}{{ m(1, 2) }}{{ m(1, c=3) }}{{ m(b=4, a=5) }}{{ m() }}", "{% macro m(x) %}{% if x > 0 %}{{ x }}{{ m(x - 1) }}{% endif %}{% endmacro %}{{ m(3) }}{{ m(2) | length }}",
    "{% macro m() %}{{ later }}{% endmacro %}{% set later = 'ok' %}{{ m() }}", "{% macro m() %}{{ n }}{% endmacro %}{% for n in numbers %}[{{ m() }}]{% endfor %}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}",
    "{% generation %}\nx{{ name }}\n{% endgeneration %}\ny", "{{ raise_exception('no') }}", "{{ undefined_function() }}", "{{ name() }}", "{{ dict(a=1, b=2) }} {{ dict(a=1).a }}",
    "{% set x = namespace(a=1) %}{% set x.a = x.a + 1 %}{% macro m() %}{% set x.a = 10 %}{% endmacro %}{{ m() }}{{ x.a }}", "{% for i in range(2) %}{{ seen }}{% set seen = i %}{% endfor %}",
    # filters
    "{{ text | trim }}|{{ ' x ' | trim }}|{{ 'xxaxx' | trim('x') }}|{{ 5 | trim }}", "{{ 'hello WORLD' | capitalize }} {{ 'a b' | upper }} {{ 'A B' | lower }} {{ \"it's a dog-house\" | title }}", "{{ missing | default('d') }} {{ '' | default('d') }}|{{ '' | default('d', true) }} {{ none | default('d') }} {{ none | d('x', boolean=true) }}",
    "{{ numbers | join(', ') }} {{ people | join('; ', attribute='name') }} {{ 'abc' | join('-') }} {{ [1, none, 'x'] | join }}", "{{ numbers | first }} {{ numbers | last }} {{ empty | first }}| {{ name | first }} {{ numbers | length }} {{ name | count }} {{ map | length }} {{ missing | length }} {{ unicode | length }}",
    "{{ numbers | sort }} {{ words | sort }} {{ words | sort(reverse=true) }} {{ words | sort(case_sensitive=true) }} {{ people[:2] | sort(attribute='age') | map(attribute='name') | list }}",
    "{{ map | dictsort }}", "{{ {'b': 1, 'A': 2, 'c': 0} | dictsort(false, 'value') }} {{ {'b': 1, 'A': 2} | dictsort(true) }} {{ {'b': 1, 'A': 2} | dictsort(reverse=true) }}", "{{ words | map('upper') | list }} {{ people | map(attribute='age', default='?') | list }} {{ ['x,y'] | map('replace', ',', ';') | list }}",
    "{{ numbers | select('gt', 1) | list }} {{ numbers | reject('odd') | list }} {{ [0, 1, '', 'a'] | select | list }} {{ people | selectattr('age') | map(attribute='name') | list }} {{ people | selectattr('name', 'equalto', 'bob') | list }} {{ people | rejectattr('age', 'defined') | list }} {{ numbers | select('==', 2) | list }}",
    "{{ 'a-b-c' | replace('-', '+') }} {{ 'a-b-c' | replace('-', '+', 1) }} {{ 121 | replace(1, 'x') }}", "{{ numbers | reverse | list }} {{ 'abc' | reverse }}", "{{ [1, 2, 1, 'a', 'A'] | unique | list }} {{ numbers | sum }} {{ people[:2] | sum(attribute='age') }} {{ numbers | max }} {{ numbers | min }} {{ words | max }} {{ words | min }}",
    "{{ '42' | int }} {{ 'x' | int }} {{ 'x' | int(7) }} {{ 3.9 | int }} {{ '3.9' | int }} {{ '2.5' | float }} {{ 'x' | float }} {{ -3 | abs }} {{ 2.567 | round(2) }} {{ 2.5 | round }} {{ 2.1 | round(0, 'ceil') }} {{ 7 | round }}",
    "{{ 'a\nb\n\nc' | indent }} | {{ 'a\nb' | indent(2, true) }} | {{ 'a\n\nb' | indent(1, blank=true) }} | {{ 'a\nb' | indent('> ') }}", "{{ 5 | string }}{{ none | string }} {{ 'abc' | list }} {{ map | list }} {{ map.C | items | list }} {{ missing | items | list }}", "{{ '<b>' | safe }} {{ name | upper | lower | capitalize }}",
    # tojson
    "{{ map | tojson }}", "{{ unicode | tojson }} {{ unicode | tojson(ensure_ascii=true) }}", "{{ map | tojson(indent=2) }}", "{{ map | tojson(indent=1, sort_keys=true) }} {{ map.C | tojson(sort_keys=true) }}", "{{ [1, 2.0, 1e22, true, none, [], {}] | tojson }} {{ [[], {}] | tojson(indent=4) }}",
    "{{ map.C | tojson(separators=(',', ':')) }} {{ 'quote\" back\\\\ slash/ nl\n tab\t \\x01 \\x7f <>&' | tojson }}", "{{ missing | tojson }}", "{{ {1: 2, none: 3, 1.5: 5} | tojson }}", "{{ (1, 2) | tojson }} {{ -0.0 | tojson }}",
    # tests
    "{{ missing is defined }} {{ name is defined }} {{ missing is undefined }} {{ name is not defined }} {{ map.zzz is defined }}", "{{ name is string }} {{ 1 is string }} {{ 1 is number }} {{ true is number }} {{ true is integer }} {{ 1 is integer }} {{ 1.0 is float }} {{ true is boolean }} {{ 1 is boolean }}",
    "{{ map is mapping }} {{ numbers is mapping }} {{ numbers is iterable }} {{ name is iterable }} {{ 1 is iterable }} {{ missing is iterable }} {{ none is iterable }}", "{{ numbers is sequence }} {{ name is sequence }} {{ map is sequence }} {{ 1 is sequence }} {{ missing is sequence }}", "{{ none is none }} {{ missing is none }} {{ nothing is not none }} {{ yes is true }} {{ 1 is true }} {{ false is false }}",
    "{{ 3 is odd }} {{ 3 is even }} {{ 6 is divisibleby 3 }} {{ 6 is divisibleby(4) }} {{ 1 is eq 1 }} {{ 1 is equalto(2) }} {{ 2 is gt 1 }} {{ 2 is lt(1) }} {{ 1 is in [1, 2] }} {{ 'abc' is lower }} {{ 'ABc' is upper }} {{ 2 is ne 1 }}", "{{ name is string and numbers is iterable or false }} {{ 'x' if name is string else 'y' }} {{ not name is string }}", "{{ range is callable }} {{ name is callable }}",
    # methods
    "{{ text.strip() }}|{{ text.lstrip() }}|{{ text.rstrip() }}|{{ 'xyax'.strip('xy') }}|{{ '\n\nab\n'.lstrip('\n') }}|{{ 'ab'.rstrip('b') }}", "{{ 'a,b,,c'.split(',') }} {{ ' a  b '.split() }} {{ 'a,b,c'.split(',', 1) }} {{ 'abc'.split('x') }} {{ ''.split(',') }} {{ ''.split() }} {{ 'a b c'.split(none, 1) }} {{ 'a,b,c'.rsplit(',', 1) }} {{ 'aXXbXXc'.split('XX')[-1] }} {{ 'aaa'.rsplit('aa') }} {{ 'a,b'.split(sep=',', maxsplit=1) }}",
    "{{ name.startswith('Wo') }} {{ name.endswith('x') }} {{ name.startswith(('a', 'W')) }}", "{{ name.upper() }} {{ name.lower() }} {{ 'hELLO wORLD'.capitalize() }} {{ 'a bc'.title() }} {{ 'aXbX'.replace('X', '-') }} {{ 'aXbX'.replace('X', '-', 1) }}", "{{ 'hello'.find('l') }} {{ 'hello'.find('z') }} {{ 'hello'.rfind('l') }} {{ 'hello'.count('l') }} {{ 'hello'.index('e') }} {{ unicode.find('本') }} {{ '-'.join(words) }} {{ ''.join([]) }}",
    "{{ '12'.isdigit() }} {{ 'a1'.isalpha() }} {{ ' '.isspace() }} {{ ''.isdigit() }} {{ 'AB'.isupper() }} {{ 'ab1'.islower() }}", "{{ 'prefix-x'.removeprefix('prefix-') }} {{ 'x.txt'.removesuffix('.txt') }} {{ 'a=b=c'.partition('=') }} {{ 'a=b=c'.rpartition('=') }} {{ 'abc'.partition('=') }} {{ 'a\nb\r\nc\n'.splitlines() }}",
    "{{ map.get('b') }} {{ map.get('zz') }} {{ map.get('zz', 'd') }} {{ map.keys() | list }} {{ map.values() | list | length }} {{ numbers.index(1) }} {{ numbers.count(3) }}", "{{ 'x'.index('y') }}", "{{ words.append('x') }}", "{{ map.update({}) }}", "{{ 'Straße ǅ ŉ'.upper() }} {{ 'İ'.lower() }} {{ 'ß'.capitalize() }}",
    # malformed
    "{% if %}", "{{ }}", "{% if yes %}", "{% endif %}", "{{ 'open }}", "{{ name", "{% for x numbers %}{% endfor %}", "{{ name | no_such_filter }}", "{{ name is no_such_test }}", "{% no_such_statement %}", "{{ (1 }}", "{{ 1 2 }}", "{# open", "{% set %}", "{{ name.}}", "{{ a b }}", "{{ @ }}",
]


def text(snippet: str) -> str | None:
    try:
        return chat_template_utils._compile_jinja_template(snippet).render(**VARIABLES)
    except Exception:
        return None


if __name__ == "__main__":
    rows = [{"template": snippet, "text": text(snippet)} for snippet in SNIPPETS]
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    document = {"variables": VARIABLES, "snippets": rows}
    OUTPUT.write_text(json.dumps(document, ensure_ascii=True, indent=0) + "\n", encoding="utf-8")
    print(len(rows), "snippets,", sum(row["text"] is None for row in rows), "refused")
