"""The same work in PyTorch and transformers: answers commands on standard input with the seconds each took.

    train eager|sdpa|packed     one AdamW step on sequences of the given lengths
    generate BATCH fp32         transformers' generate, sampling, all answers of the same length

eager, sdpa: one padded batch, as a data collator makes it. packed: all sequences in one row, by hand: positions that
start again, and attention that loops over the sequences, the fastest way on a CPU that we know.
"""

import argparse
import sys
import time

import torch
from transformers import AttentionInterface, LlamaConfig, LlamaForCausalLM

SIZES = {
    "5m": dict(vocab_size=4096, hidden_size=256, intermediate_size=688, num_hidden_layers=4, num_attention_heads=4,
               num_key_value_heads=4, tie_word_embeddings=False),
    "100m": dict(vocab_size=32000, hidden_size=768, intermediate_size=2048, num_hidden_layers=12,
                 num_attention_heads=12, num_key_value_heads=12, tie_word_embeddings=True),
}
PROMPT_TOKENS = 16
segments = []


def attend_segments(module, query, key, value, attention_mask, scaling=None, **kwargs):
    """query, key, value: [1, heads, T, d]; each sequence attends to itself alone."""
    parts = [torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True, scale=scaling)
             for q, k, v in zip(query.split(segments, 2), key.split(segments, 2), value.split(segments, 2))]
    return torch.cat(parts, 2).transpose(1, 2), None


class Peer:
    def __init__(self, size, lengths, new_tokens):
        torch.manual_seed(17)
        config = LlamaConfig(max_position_embeddings=2048, rms_norm_eps=1e-5, **SIZES[size])
        AttentionInterface.register("segments", attend_segments)
        self.model = LlamaForCausalLM(config).float()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-5, betas=(0.9, 0.95), weight_decay=0.0,
                                           fused=True)
        self.lengths = lengths
        self.new_tokens = new_tokens
        self.sequences = [torch.randint(0, config.vocab_size, (n,)) for n in lengths]

    def train(self, kind):
        start = time.perf_counter()
        self.model.train()
        self.model.set_attn_implementation({"packed": "segments"}.get(kind, kind))
        if kind == "packed":
            segments[:] = self.lengths
            tokens = torch.cat(self.sequences)[None]
            positions = torch.cat([torch.arange(n) for n in self.lengths])[None]
            labels = torch.cat([torch.cat([torch.tensor([-100]), s[1:]]) for s in self.sequences])[None]
            loss = self.model(input_ids=tokens, position_ids=positions, labels=labels, use_cache=False).loss
        else:
            tokens = torch.nn.utils.rnn.pad_sequence(self.sequences, batch_first=True)
            mask = torch.nn.utils.rnn.pad_sequence([torch.ones_like(s) for s in self.sequences], batch_first=True)
            labels = tokens.masked_fill(mask == 0, -100)
            loss = self.model(input_ids=tokens, attention_mask=mask, labels=labels, use_cache=False).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return time.perf_counter() - start

    @torch.inference_mode()
    def generate(self, batch):
        self.model.eval()
        self.model.set_attn_implementation("sdpa")
        prompts = torch.randint(0, self.model.config.vocab_size, (batch, PROMPT_TOKENS))
        start = time.perf_counter()
        self.model.generate(prompts, attention_mask=torch.ones_like(prompts), do_sample=True, top_k=0, pad_token_id=0,
                            min_new_tokens=self.new_tokens, max_new_tokens=self.new_tokens)
        return time.perf_counter() - start


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--model", choices=SIZES, default="5m")
    arguments.add_argument("--lengths", default="65,300,730")
    arguments.add_argument("--new-tokens", type=int, default=64)
    arguments.add_argument("--threads", type=int, default=0)
    given = arguments.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    peer = Peer(given.model, [int(n) for n in given.lengths.split(",")], given.new_tokens)
    print("0.0", flush=True)
    for line in sys.stdin:
        command, what = line.split()[:2]
        seconds = peer.train(what) if command == "train" else peer.generate(int(what))
        print(f"{seconds:.6f}", flush=True)


if __name__ == "__main__":
    main()
