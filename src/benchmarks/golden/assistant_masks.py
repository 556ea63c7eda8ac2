"""Conversations with several answers as transformers' apply_chat_template masks them for TRL's assistant_only_loss.

A byte-level BPE is trained on the conversations; the template marks the assistant's turns with {% generation %}.
Run: python src/benchmarks/golden/assistant_masks.py   (writes src/launcher/src/test/resources/golden/assistant_masks)
"""

import json
import pathlib
import shutil

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

OUT = pathlib.Path(__file__).parents[3] / "src/launcher/src/test/resources/golden/assistant_masks"
TEMPLATE = ("{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' }}"
            "{% if message['role'] == 'assistant' %}"
            "{% generation %}{{ message['content'] + '<|im_end|>' }}{% endgeneration %}{{ '\\n' }}"
            "{% else %}{{ message['content'] + '<|im_end|>\\n' }}{% endif %}{% endfor %}"
            "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}")


def turns(*contents, system=None):
    messages = [{"role": "system", "content": system}] if system else []
    return messages + [{"role": ("user", "assistant")[i % 2], "content": text} for i, text in enumerate(contents)]


CONVERSATIONS = [
    turns("Where is my parcel?", "It arrives on Thursday."),
    turns("Hi", "Hello! How can I help?", "My lamp is broken.", "We are sorry, we will send a new one."),
    turns("One?", "1", "Two?", "2", "Three?", "3 and no more.", system="Count."),
    turns("Grüße", "Schöne Grüße zurück 🎉", "日本語?", "はい"),
    turns("a\n\nb", "\nc\n", "  d ", " e"),
]

tokenizer = Tokenizer(models.BPE())
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tokenizer.decoder = decoders.ByteLevel()
trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
                              initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
tokenizer.train_from_iterator([m["content"] for c in CONVERSATIONS for m in c] * 3, trainer)
fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>",
                               chat_template=TEMPLATE)
shutil.rmtree(OUT, ignore_errors=True)
OUT.mkdir(parents=True)
fast.save_pretrained(OUT)
rows = []
for messages in CONVERSATIONS:
    coded = fast.apply_chat_template(messages, return_dict=True, return_assistant_tokens_mask=True)
    rows.append({"messages": messages, "input_ids": coded["input_ids"], "mask": coded["assistant_masks"]})
(OUT / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
