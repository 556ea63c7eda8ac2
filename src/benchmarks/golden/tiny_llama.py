"""Tiny random Llamas in Hugging Face layout with logits, scores and gradients, computed by transformers in float32.

Run: python src/benchmarks/golden/tiny_llama.py
Writes src/core/src/test/resources/golden/llama-{untied,tied,reward}/ with config.json, model.safetensors, a byte-level
BPE tokenizer and golden.safetensors:
  tokens.i, logits.i        input sequences and their logits [time, vocabulary] (causal models)
  tokens.i, score.i         input sequences and their score at the last token (reward model)
  loss                      causal: cross-entropy of every next token, summed over all sequences; reward: sum of scores
  grad.NAME                 gradient of loss with respect to parameter NAME
"""

import pathlib

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification, PreTrainedTokenizerFast

OUT = pathlib.Path(__file__).parents[2] / "core/src/test/resources/golden"
VOCABULARY = 96
LENGTHS = (5, 1, 12, 8)


def tokenizer():
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    specials = ["<pad>", "<bos>", "<eos>"]
    bpe.train_from_iterator(["the cat sat on the mat", "a dog and a cat"],
                            trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=specials, show_progress=False))
    assert bpe.get_vocab_size() <= VOCABULARY
    return PreTrainedTokenizerFast(tokenizer_object=bpe, pad_token="<pad>", bos_token="<bos>", eos_token="<eos>")


def config(**more):
    return LlamaConfig(vocab_size=VOCABULARY, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
                       num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=64, rope_theta=10000.0,
                       rms_norm_eps=1e-6, pad_token_id=0, bos_token_id=1, eos_token_id=2,
                       attn_implementation="eager", **more)


def build(cls, seed, **more):
    torch.manual_seed(seed)
    model = cls(config(**more)).float().eval()
    # Larger than the usual 0.02, and norms away from 1, so that a wrong term shows in the first digits.
    with torch.no_grad():
        for name, p in model.named_parameters():
            p.copy_(1 + 0.1 * torch.randn_like(p) if "norm" in name else 0.2 * torch.randn_like(p))
    return model


def sequences(seed):
    g = torch.Generator().manual_seed(seed)
    return [torch.randint(3, VOCABULARY, (n,), generator=g) for n in LENGTHS]


def write(name, model, golden):
    directory = OUT / name
    model.save_pretrained(directory, safe_serialization=True)
    tokenizer().save_pretrained(directory)
    for key, p in model.named_parameters():
        golden["grad." + key] = p.grad
    save_file({k: v.detach().clone().contiguous() for k, v in golden.items()}, directory / "golden.safetensors")
    for extra in ("generation_config.json",):
        (directory / extra).unlink(missing_ok=True)


def causal(name, seed, tied):
    model = build(LlamaForCausalLM, seed, tie_word_embeddings=tied)
    golden, loss = {}, 0.0
    for i, tokens in enumerate(sequences(seed + 1)):
        logits = model(tokens[None]).logits[0]
        golden[f"tokens.{i}"], golden[f"logits.{i}"] = tokens, logits
        loss = loss + torch.nn.functional.cross_entropy(logits[:-1], tokens[1:], reduction="sum")
    loss.backward()
    golden["loss"] = loss.reshape(1)
    write(name, model, golden)


def reward(name, seed):
    model = build(LlamaForSequenceClassification, seed, num_labels=1)
    golden, total = {}, 0.0
    for i, tokens in enumerate(sequences(seed + 1)):
        score = model(tokens[None]).logits[0]
        golden[f"tokens.{i}"], golden[f"score.{i}"] = tokens, score
        total = total + score.sum()
    total.backward()
    golden["loss"] = total.reshape(1)
    write(name, model, golden)


causal("llama-untied", 100, tied=False)
causal("llama-tied", 200, tied=True)
reward("llama-reward", 300)
