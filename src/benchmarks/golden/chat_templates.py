"""Golden renderings of chat templates, made with the Jinja2 environment of Hugging Face transformers.

    python src/benchmarks/golden/chat_templates.py                     # remakes chat/golden.json from chat/*.jinja
    python src/benchmarks/golden/chat_templates.py TEMPLATES OUTPUT    # the same for any folder of templates

The date that strftime_now sees is fixed to 2024-07-26 09:05:03. A conversation that a template refuses is stored with
"text": null.
"""

import datetime as real_datetime
import json
import sys
from pathlib import Path

from transformers.utils import chat_template_utils

HOME = Path(__file__).resolve().parents[3] / "src/core/src/test/resources/io/rlhf4j/text/chat"
VARIABLES = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}


class FixedDatetime(real_datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2024, 7, 26, 9, 5, 3)


def turns(*contents: str, system: str | None = None) -> list[dict]:
    messages = [] if system is None else [{"role": "system", "content": system}]
    for i, content in enumerate(contents):
        messages.append({"role": ("user", "assistant")[i % 2], "content": content})
    return messages


CONVERSATIONS = {
    "one question": turns("Where is my parcel?"),
    "question and answer": turns("Where is my parcel?", "It arrives on Thursday."),
    "system prompt": turns("Hi", system="You are a polite agent."),
    "system prompt and answers": turns("Hi", "Hello! How can I help?", "Refund?", "Sure.", system="Be brief."),
    "several turns": turns("One?", "1", "Two?", "2", "Three?"),
    "white space": turns("  spaces \n\n around\t", "\n\n leading and trailing \n", " again ", system="\n system \n"),
    "unicode": turns("Grüße 日本語 👩‍👩‍👧‍👦 \u00a0nbsp \u2028 ﷽", "Привет 🎉 é e\u0301"),
    "quotes": turns("She said \"it's\" `fine` \\n \\ 'ok' <b>&amp;</b>", "'\"'\"\\\\"),
    "template syntax": turns("{{ messages }} {% for x in y %} {# no #} {{ '<s>' }}", "{% raw %}{{ 7 * 7 }}{% endraw %} }} %}"),
    "thoughts": turns("Why?", "<think>\nBecause.\n</think>\n\nJust so.", "And?", "<think>\nHm.\n</think>\n\nYes."),
    "special tokens": turns("</s><|im_end|>[/INST]<eos>", "<|eot_id|><end_of_turn>"),
    "empty contents": turns("", ""),
    "two questions in a row": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}],
    "unknown role": [{"role": "user", "content": "a"}, {"role": "critic", "content": "b"}],
    "no messages": [],
}


def golden(folder: Path) -> list[dict]:
    chat_template_utils.datetime = FixedDatetime
    rows = []
    for file in sorted(folder.glob("*.jinja")):
        template = chat_template_utils._compile_jinja_template(file.read_text(encoding="utf-8"))
        for name, messages in CONVERSATIONS.items():
            for add_generation_prompt in (False, True):
                try:
                    text = template.render(
                        messages=messages,
                        tools=None,
                        documents=None,
                        add_generation_prompt=add_generation_prompt,
                        **VARIABLES,
                    )
                except Exception:  # the template's own raise_exception, or an undefined value
                    text = None
                rows.append({
                    "template": file.stem,
                    "conversation": name,
                    "add_generation_prompt": add_generation_prompt,
                    "text": text,
                })
    return rows


if __name__ == "__main__":
    folder, output = (Path(a) for a in sys.argv[1:3]) if len(sys.argv) > 2 else (HOME, HOME / "golden.json")
    document = {"variables": VARIABLES, "conversations": CONVERSATIONS, "renderings": golden(folder)}
    output.write_text(json.dumps(document, ensure_ascii=True, indent=0) + "\n", encoding="utf-8")
    print(len(document["renderings"]), "renderings,", output.stat().st_size, "bytes")
