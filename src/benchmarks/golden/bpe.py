"""Golden files for ByteLevelBpeTrainer and Tokenizer.

Trains the reference tokenizer on corpus.txt with Hugging Face tokenizers and stores its tokenizer.json together with
the ids and decoded texts of a few strings. With a directory as argument, checks instead that a tokenizer written by
rlhf4j gives the same ids through `tokenizers` and `transformers`.

    python src/benchmarks/golden/bpe.py [DIRECTORY_OF_A_TRAINED_TOKENIZER]
"""

import json
import re
import sys
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

HERE = Path(__file__).resolve().parents[3] / "src/core/src/test/resources/io/rlhf4j/text/bpe"
SPECIALS = ["<|pad|>", "<|im_start|>", "<|im_end|>"]
VOCABULARY_SIZE = 420

TEXTS = [
    "Hello, your parcel is on its way!",
    "<|im_start|>user\nWhere is my parcel?<|im_end|>\n<|im_start|>assistant\n",
    "naïve café — déjà vu…",
    "日本語のテキスト и русский текст",
    "emoji 👩‍👩‍👧‍👦 🎉🎉 flag 🇩🇪",
    "  leading,   inner   and trailing spaces  ",
    "tabs\tand\r\nlines\n\n\nend\u00a0nbsp\u3000wide",
    "I'm, you're, we've, they'll, he'd, don't, it's",
    "1234567890 3.14 ½ Ⅷ ١٢٣",
    "<|im_end|><|im_end|> <|pad|>x<|im_start|",
    "{{ not a template }} {% raw %} <b>&amp;</b>",
    "a\u0000b \u200b\ufeff\U0010ffff",
]


def reference() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY_SIZE,
        special_tokens=SPECIALS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    lines = (HERE / "corpus.txt").read_text(encoding="utf-8").splitlines(keepends=True)
    # The Python trainer would learn the spelling of special tokens that occur in the texts.
    specials = re.compile("|".join(map(re.escape, SPECIALS)))
    tokenizer.train_from_iterator([part for line in lines for part in specials.split(line)], trainer)
    return tokenizer


def encodings(tokenizer: Tokenizer) -> list[dict]:
    rows = []
    for text in TEXTS:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        rows.append({
            "text": text,
            "ids": ids,
            "decoded": tokenizer.decode(ids, skip_special_tokens=False),
            "decoded_without_specials": tokenizer.decode(ids, skip_special_tokens=True),
        })
    return rows


def check(directory: str) -> None:
    from transformers import AutoTokenizer

    golden = json.loads((HERE / "encodings.json").read_text(encoding="utf-8"))
    assert encodings(Tokenizer.from_file(f"{directory}/tokenizer.json")) == golden
    auto = AutoTokenizer.from_pretrained(directory)
    for row in golden:
        assert auto.encode(row["text"], add_special_tokens=False) == row["ids"], row["text"]
    assert (auto.eos_token, auto.pad_token, auto.bos_token) == ("<|im_end|>", "<|pad|>", None)
    messages = [{"role": "user", "content": "Hi"}]
    print(repr(auto.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)))
    print("tokenizers and transformers agree on", len(golden), "texts")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        check(sys.argv[1])
    else:
        tokenizer = reference()
        tokenizer.save(str(HERE / "tokenizer.json"))
        rows = json.dumps(encodings(tokenizer), ensure_ascii=True, indent=1)
        (HERE / "encodings.json").write_text(rows + "\n", encoding="utf-8")
