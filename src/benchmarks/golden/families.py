"""Tiny random checkpoints of every model family with logits, scores and gradients, computed in float32.

Run: python src/benchmarks/golden/families.py            writes the golden files that are missing
     python src/benchmarks/golden/families.py DIRECTORY  compares what the project saved with the golden files; the
                                                         directory is the one that FamilyParityTest is given by
                                                         -Drlhf4j.families.saved=DIRECTORY

Writes src/core/src/test/resources/golden/families/NAME/ with config.json, model.safetensors (bfloat16, so that the
files stay small; the values are exact) and golden.safetensors:
  tokens.i         input sequences
  logits.i         their logits [time, vocabulary] (causal)
  score.i          their score at the last token (NAME ends with -reward)
  prompt, greedy   for rotary positions that change with the length: a prompt and what transformers' generate, greedy,
                   adds to it, across the change
  loss             causal: cross-entropy of every next token, summed over all sequences; reward: sum of scores
  grad.NAME        gradient of loss with respect to parameter NAME

transformers computes everything in eager mode, except InternLM2, which it does not have: internlm2 below is the
reference, written from the architecture that the model's authors published (Cai et al. 2024, and their modelling code).
"""

import json
import math
import pathlib
import sys

import torch
import transformers
from safetensors.torch import load_file, save_file

OUT = pathlib.Path(__file__).parents[2] / "core/src/test/resources/golden/families"
VOCABULARY = 40
LENGTHS = (9, 1, 21, 14)

LLAMA = dict(vocab_size=VOCABULARY, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=64, pad_token_id=0, bos_token_id=1, eos_token_id=2)


def rope(kind, theta=10000.0, **more):
    return {"rope_parameters": {"rope_type": kind, "rope_theta": theta, **more}}


FAMILIES = {
    "llama-linear": ("Llama", {**LLAMA, **rope("linear", factor=3.0)}),
    "llama-dynamic": ("Llama", {**LLAMA, **rope("dynamic", factor=2.0), "attention_bias": True, "mlp_bias": True}),
    "llama-llama3": ("Llama", {**LLAMA, "head_dim": 8, **rope("llama3", theta=50.0, factor=8.0, low_freq_factor=1.0,
                                                              high_freq_factor=4.0,
                                                              original_max_position_embeddings=32)}),
    "llama-yarn": ("Llama", {**LLAMA, "head_dim": 8, **rope("yarn", theta=100.0, factor=4.0,
                                                            original_max_position_embeddings=16)}),
    "mistral": ("Mistral", {**LLAMA, "sliding_window": 5}),
    "qwen2": ("Qwen2", {**LLAMA, "num_hidden_layers": 3, "use_sliding_window": True, "sliding_window": 6,
                        "max_window_layers": 1, "tie_word_embeddings": True, **rope("default", theta=1e6)}),
    "qwen3": ("Qwen3", {**LLAMA, "head_dim": 6, **rope("default", theta=1e6)}),
    "gemma2": ("Gemma2", {**LLAMA, "num_hidden_layers": 2, "head_dim": 6, "sliding_window": 5,
                          "query_pre_attn_scalar": 10, "attn_logit_softcapping": 3.0,
                          "final_logit_softcapping": 4.0}),
    "gemma3": ("Gemma3", {**LLAMA, "num_hidden_layers": 3, "head_dim": 6, "sliding_window": 5,
                          "query_pre_attn_scalar": 10, "layer_types": ["sliding_attention", "full_attention",
                                                                       "sliding_attention"],
                          "rope_parameters": {"full_attention": {"rope_type": "linear", "factor": 2.0,
                                                                 "rope_theta": 1e6},
                                              "sliding_attention": {"rope_type": "default", "rope_theta": 1e4}}}),
    "phi3": ("Phi3", {**LLAMA, "head_dim": 4, "sliding_window": 7}),
    "gpt2": ("GPT2", dict(vocab_size=VOCABULARY, n_positions=64, n_embd=16, n_layer=2, n_head=4, bos_token_id=1,
                          eos_token_id=2, pad_token_id=0)),
    "neox": ("GPTNeoX", dict(vocab_size=VOCABULARY, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
                             num_attention_heads=4, max_position_embeddings=64, bos_token_id=1, eos_token_id=2,
                             pad_token_id=0)),
    "neox-serial": ("GPTNeoX", dict(vocab_size=VOCABULARY, hidden_size=32, intermediate_size=48, num_hidden_layers=1,
                                    num_attention_heads=4, max_position_embeddings=64, use_parallel_residual=False,
                                    bos_token_id=1, eos_token_id=2, pad_token_id=0,
                                    **rope("default", partial_rotary_factor=0.5))),
    "internlm2": ("InternLM2", {**LLAMA, "bias": False, "hidden_act": "silu", "rms_norm_eps": 1e-5,
                                "rope_theta": 1000000, "rope_scaling": {"type": "dynamic", "factor": 2.0},
                                "model_type": "internlm2", "tie_word_embeddings": False}),
    # The sequences of 14 and 21 tokens take the long factors. Of each head of 8, 6 elements are rotated.
    "phi3-longrope": ("Phi3", {**LLAMA, "num_attention_heads": 2, "num_key_value_heads": 1,
                               "original_max_position_embeddings": 12,
                               **rope("longrope", theta=100.0, partial_rotary_factor=0.75,
                                      short_factor=[1.0, 1.1, 1.4], long_factor=[1.5, 2.5, 6.0])}),
}
REWARDS = ("qwen2", "mistral", "qwen3", "gemma2", "gemma3", "phi3", "gpt2", "neox", "internlm2")


class InternLM2(torch.nn.Module):
    """InternLM2 with the parameter names of its published checkpoints, one sequence at a time."""

    def __init__(self, config, outputs):
        super().__init__()
        c = self.config = config
        hidden, inner, self.d = c["hidden_size"], c["intermediate_size"], c["hidden_size"] // c["num_attention_heads"]
        linear = lambda i, o: torch.nn.Linear(i, o, bias=False)
        layers = []
        for _ in range(c["num_hidden_layers"]):
            layers.append(torch.nn.ModuleDict({
                "attention": torch.nn.ModuleDict({
                    "wqkv": linear(hidden, (c["num_attention_heads"] + 2 * c["num_key_value_heads"]) * self.d),
                    "wo": linear(c["num_attention_heads"] * self.d, hidden)}),
                "feed_forward": torch.nn.ModuleDict({"w1": linear(hidden, inner), "w3": linear(hidden, inner),
                                                     "w2": linear(inner, hidden)}),
                "attention_norm": torch.nn.RMSNorm(hidden, c["rms_norm_eps"]),
                "ffn_norm": torch.nn.RMSNorm(hidden, c["rms_norm_eps"])}))
        self.model = torch.nn.ModuleDict({
            "tok_embeddings": torch.nn.Embedding(c["vocab_size"], hidden), "layers": torch.nn.ModuleList(layers),
            "norm": torch.nn.RMSNorm(hidden, c["rms_norm_eps"])})
        self.add_module("score" if outputs == 1 else "output", linear(hidden, outputs))

    def hidden(self, tokens):
        x = self.model["tok_embeddings"](tokens)
        for layer in self.model["layers"]:
            x = x + self.attention(layer["attention"], layer["attention_norm"](x))
            h, f = layer["ffn_norm"](x), layer["feed_forward"]
            x = x + f["w2"](torch.nn.functional.silu(f["w1"](h)) * f["w3"](h))
        return self.model["norm"](x)

    def attention(self, block, x):
        t, kv = x.shape[0], self.config["num_key_value_heads"]
        shared = self.config["num_attention_heads"] // kv
        qkv = block["wqkv"](x).view(t, kv, shared + 2, self.d)
        q = self.rotate(qkv[:, :, :shared].reshape(t, -1, self.d))
        k = self.rotate(qkv[:, :, shared]).repeat_interleave(shared, 1)
        v = qkv[:, :, shared + 1].repeat_interleave(shared, 1)
        scores = torch.einsum("qhd,khd->hqk", q, k) / math.sqrt(self.d)
        scores = scores + torch.full((t, t), float("-inf")).triu(1)
        return block["wo"](torch.einsum("hqk,khd->qhd", scores.softmax(-1), v).reshape(t, -1))

    def rotate(self, x):
        # Dynamic scaling changes nothing for sequences up to max_position_embeddings.
        frequencies = self.config["rope_theta"] ** (-torch.arange(0, self.d, 2).float() / self.d)
        angles = torch.outer(torch.arange(x.shape[0]).float(), frequencies)
        cos, sin = (torch.cat([f(angles)] * 2, -1)[:, None] for f in (torch.cos, torch.sin))
        a, b = x.chunk(2, -1)
        return x * cos + torch.cat([-b, a], -1) * sin

    def forward(self, tokens):
        h = self.hidden(tokens[0])
        return self.output(h) if hasattr(self, "output") else self.score(h[-1])


def logits(model, tokens):
    return model(tokens[None]) if isinstance(model, InternLM2) else model(tokens[None]).logits[0]


def build(family, fields, reward):
    if family == "InternLM2":
        return InternLM2(fields, 1 if reward else VOCABULARY)
    text = "Gemma3Text" if family == "Gemma3" else family
    config = getattr(transformers, text + "Config")(attn_implementation="eager",
                                                    **({"num_labels": 1} if reward else {}), **fields)
    causal = "GPT2LMHeadModel" if family == "GPT2" else family + "ForCausalLM"
    cls = getattr(transformers, text + "ForSequenceClassification" if reward else causal)
    return cls(config).float().eval()


def randomise(model, seed):
    # Larger than the usual 0.02, and norms and biases away from 1 and 0, so that a wrong term shows in the first
    # digits. The values are exact in bfloat16.
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            norm = "norm" in name or ".ln_" in name
            centre = 1.0 if norm and name.endswith("weight") and "Gemma" not in type(model).__name__ else 0.0
            deviation = 0.2 if norm or name.endswith("bias") else 0.3
            p.copy_((centre + deviation * torch.randn_like(p)).bfloat16())


def on_disk(model, name):
    """Published files name the vocabulary projection of GPT-NeoX as its paper's code does; transformers renames it."""
    return "embed_out.weight" if name == "lm_head.weight" and "NeoX" in type(model).__name__ else name


def write(name, family, fields, reward, seed):
    directory = OUT / name
    model = build(family, fields, reward)
    randomise(model, seed)
    golden, loss = {}, 0.0
    generator = torch.Generator().manual_seed(seed + 1)
    for i, n in enumerate(LENGTHS):
        tokens = torch.randint(3, VOCABULARY, (n,), generator=generator)
        z = logits(model, tokens)
        golden[f"tokens.{i}"] = tokens
        if reward:
            golden[f"score.{i}"] = z
            loss = loss + z.sum()
        else:
            golden[f"logits.{i}"] = z
            loss = loss + torch.nn.functional.cross_entropy(z[:-1], tokens[1:], reduction="sum")
    if fields.get("rope_parameters", {}).get("rope_type") == "longrope":
        prompt = torch.randint(3, VOCABULARY, (8,), generator=generator)
        golden["prompt"] = prompt
        golden["greedy"] = model.generate(prompt[None], attention_mask=torch.ones_like(prompt[None]), do_sample=False,
                                          max_new_tokens=20, min_new_tokens=20)[0, len(prompt):]
    loss.backward()
    golden["loss"] = loss.reshape(1)
    for key, p in model.named_parameters():
        golden["grad." + on_disk(model, key)] = p.grad
    directory.mkdir(parents=True)
    if isinstance(model, InternLM2):
        architecture = "InternLM2For" + ("SequenceClassification" if reward else "CausalLM")
        (directory / "config.json").write_text(json.dumps({**fields, "architectures": [architecture]}, indent=2))
    else:
        model.save_pretrained(directory)
        (directory / "generation_config.json").unlink(missing_ok=True)
    tensors = {on_disk(model, k): p.detach().bfloat16().contiguous() for k, p in model.named_parameters()}
    save_file(tensors, directory / "model.safetensors", {"format": "pt"})
    save_file({k: v.detach().clone().float().contiguous() if v.is_floating_point() else v.clone()
               for k, v in golden.items()}, directory / "golden.safetensors")


def compare(saved):
    """Loads what the project saved and recomputes the golden values."""
    for directory in sorted(p for p in saved.iterdir() if p.is_dir()):
        name = directory.name
        family, fields = FAMILIES[name.removesuffix("-reward")]
        reward = name.endswith("-reward")
        if family == "InternLM2":
            model = InternLM2(json.loads((directory / "config.json").read_text()), 1 if reward else VOCABULARY)
            model.load_state_dict(load_file(directory / "model.safetensors"))
        else:
            auto = transformers.AutoModelForSequenceClassification if reward else transformers.AutoModelForCausalLM
            model, info = auto.from_pretrained(directory, attn_implementation="eager", dtype=torch.float32,
                                               output_loading_info=True)
            wrong = {k: v for k, v in info.items() if v}
            assert not wrong, (name, wrong)
            model.eval()
        golden = load_file(OUT / name / "golden.safetensors")
        worst = 0.0
        for i in range(len(LENGTHS)):
            expected = golden[f"score.{i}" if reward else f"logits.{i}"]
            with torch.no_grad():
                ours = logits(model, golden[f"tokens.{i}"]).reshape(expected.shape)
            worst = max(worst, ((ours - expected).abs().max() / expected.abs().max()).item())
        print(f"{name:20s} {type(model).__name__:32s} relative error {worst:.1e}")
        assert worst < 1e-6, name


if __name__ == "__main__":
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    if len(sys.argv) > 1:
        compare(pathlib.Path(sys.argv[1]))
    else:
        for at, (name, (family, fields)) in enumerate(FAMILIES.items()):
            if not (OUT / name).exists():
                write(name, family, fields, False, 1000 + 10 * at)
            if name in REWARDS and not (OUT / (name + "-reward")).exists():
                write(name + "-reward", family, fields, True, 2000 + 10 * at)
