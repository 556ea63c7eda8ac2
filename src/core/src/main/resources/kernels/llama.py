# Llama (Touvron et al. 2023): pre-norm decoder with rotary positions, grouped-query attention and SwiGLU.
#
# A layer's weights come as one list, in this order:
#   0 input_layernorm [H]      1 q_proj [heads * d, H]   2 k_proj [kv * d, H]   3 v_proj [kv * d, H]   4 o_proj [H, heads * d]
#   5 post_attention_layernorm [H]   6 gate_proj [I, H]   7 up_proj [I, H]   8 down_proj [H, I]

def _llama_mlp(x: Tensor, gate: Tensor, up: Tensor, down: Tensor) -> Tensor:
  # SwiGLU (Shazeer 2020, equation 5). x: [T, H]
  return torch.linear(torch.silu(torch.linear(x, gate)) * torch.linear(x, up), down)

def _llama_layer(x: Tensor, cos: Tensor, sin: Tensor, w: List[Tensor], at: int, heads: int, kv_heads: int,
    epsilon: float, blocks: List[Tensor], lengths: List[int], order: Tensor) -> Tensor:
  # x: [T, H]; the layer's weights stand at w[at : at + 9]
  tokens = x.size(0)
  h = _rms_norm(x, w[at], epsilon)
  q = _rotate(torch.view(torch.linear(h, w[at + 1]), [tokens, heads, -1]), cos, sin)       # [T, heads, d]
  k = _rotate(torch.view(torch.linear(h, w[at + 2]), [tokens, kv_heads, -1]), cos, sin)    # [T, kv, d]
  v = torch.view(torch.linear(h, w[at + 3]), [tokens, kv_heads, -1])                       # [T, kv, d]
  times = heads // kv_heads
  a = _packed_attention(q, _repeat_heads(k, times), _repeat_heads(v, times), blocks, lengths, order)
  x = x + torch.linear(a, w[at + 4])
  h = _rms_norm(x, w[at + 5], epsilon)
  return x + _llama_mlp(h, w[at + 6], w[at + 7], w[at + 8])

def llama_hidden(tokens: Tensor, positions: Tensor, embedding: Tensor, layers: List[Tensor], norm: Tensor,
    rotary: Tensor, heads: int, kv_heads: int, epsilon: float, blocks: List[Tensor], lengths: List[int],
    order: Tensor) -> Tensor:
  # Hidden states after the last norm, before any head. tokens, positions: [T] -> [T, H]
  x = torch.embedding(embedding, tokens)                                           # [T, H]
  cos = torch.unsqueeze(torch.index_select(rotary[0], 0, positions), 1)            # [T, 1, d]
  sin = torch.unsqueeze(torch.index_select(rotary[1], 0, positions), 1)
  for i in range(len(layers) // 9):
    x = _llama_layer(x, cos, sin, layers, i * 9, heads, kv_heads, epsilon, blocks, lengths, order)
  return _rms_norm(x, norm, epsilon)
