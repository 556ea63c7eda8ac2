# The decoder of every family: what differs between them is data, and an absent part costs no tensor operation.
#
# style:    0 query heads   1 key heads   2 norm: 0 RMS, 1 RMS with weight 1 + w, 2 layer norm
#           3 activation: 0 SiLU, 1 GELU, 2 GELU by tanh   4 feed-forward beside attention instead of after it: 0, 1
#           and, also 0 or 1, for decoding: 5 gated feed-forward   6 biases anywhere   7 norms of heads   8 of outputs
# numbers:  0 norm epsilon   1 attention scale   2 soft cap of attention scores, 0 none   3 soft cap of logits, 0 none
#           4 factor on the embedding   5 factor of adapters   6 dropout before adapters   7 products in bf16: 0, 1
# windows:  for each layer how many positions a token sees, itself included, 0 all
# tables:   for each layer which rotary table it uses
#
# A layer's weights come as one list in this order; a part that the model lacks is an empty tensor:
#    0 norm [H]   1 its bias   2 q [heads * d, H]   3 k [kv * d, H]   4 v [kv * d, H]   5 o [H, heads * d]
#    6 q bias   7 k bias   8 v bias   9 o bias   10 norm of each query head [d]   11 of each key head [d]
#   12 norm of attention's output [H]   13 norm before the feed-forward [H]   14 its bias
#   15 gate [I, H]   16 up [I, H]   17 down [H, I]   18 gate bias   19 up bias   20 down bias
#   21 norm of the feed-forward's output [H]
#   22 .. 35 adapters, A [r, in] and B [out, r] in turn, of q, k, v, o, gate, up, down
# The matrix of part 0 .. 6, in the order q, k, v, o, gate, up, down, stands at 2 + part or, from gate on, at 11 + part,
# its bias at 6 + part or 14 + part, and its adapter at 22 + 2 * part.
#   36 .. 56 of each part: bytes, codes and scales of its matrix in 4 bits, which then is empty at its place; see nf4.py
#   57, 58 the tables of the 4-bit type

def _norm(x: Tensor, weight: Tensor, bias: Tensor, kind: int, epsilon: float) -> Tensor:
  # over the last dimension of x
  if kind == 2:
    return torch.layer_norm(x, [weight.size(0)], weight, bias, epsilon)
  if kind == 1:
    return torch.rms_norm(x, [weight.size(0)], weight + 1.0, epsilon)
  return torch.rms_norm(x, [weight.size(0)], weight, epsilon)

def _bits(x: Tensor, seed: int) -> Tensor:
  # 24 random bits for each element of x [T, in], an integer hash (splitmix64) of the seed and the element's number
  z = _numbers(seed * 1000000007, seed * 1000000007 + x.size(0) * x.size(1), x)
  z = torch.mul_(z, -7046029254386353131)
  z = torch.bitwise_xor(z, torch.bitwise_right_shift(z, 30)) * -4658895280553007687
  z = torch.bitwise_xor(z, torch.bitwise_right_shift(z, 27)) * -7723592293110705685
  z = torch.bitwise_and(torch.bitwise_xor(z, torch.bitwise_right_shift(z, 31)), 16777215)
  return torch.reshape(z, [x.size(0), x.size(1)])

def dropped(x: Tensor, share: float, seed: int) -> Tensor:
  # Dropout whose mask depends on the seed and the place alone, so that a layer that is computed again for backward
  # drops the same elements. x: [T, in]
  kept = _bits(x, seed) >= share * 16777216.0
  return x * kept / (1.0 - share)

def noisy(x: Tensor, widths: Tensor, seed: int) -> Tensor:
  # NEFTune (Jain et al. 2023, algorithm 1): x + width * u with u uniform in [-1, 1), width = alpha / sqrt(L * H).
  # x: [T, H], widths: [T]; the noise depends on the seed and the place alone
  u = torch.to(_bits(x, seed), 6) / 8388608.0 - 1.0
  return x + u * torch.unsqueeze(widths, 1)

def _linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
  # x: [T, in], weight: [out, in] -> [T, out]
  if bias.size(0) == 0:
    return torch.linear(x, weight)
  return torch.linear(x, weight, bias)

def _project(x: Tensor, w: List[Tensor], at: int, part: int, numbers: List[float], seed: int) -> Tensor:
  # One of the seven projections of the layer at w[at], with its adapter if it has one (Hu et al. 2021, equation 3):
  # x W' + bias + factor * (x A') B'. x: [T, in] -> [T, out]
  if part < 4:
    weight = w[at + 2 + part]
    bias = w[at + 6 + part]
  else:
    weight = w[at + 11 + part]
    bias = w[at + 14 + part]
  packed = at + 36 + 3 * part
  if w[packed].size(0) > 0:
    weight = nf4_weight(w[packed], w[packed + 1], w[packed + 2], w[at + 57], w[at + 58])
  if numbers[7] > 0.0:
    y = torch.to(_linear(torch.to(x, 15), torch.to(weight, 15), torch.to(bias, 15)), 6)
  else:
    y = _linear(x, weight, bias)
  a = w[at + 22 + 2 * part]
  if a.size(0) == 0:
    return y
  if seed > 0 and numbers[6] > 0.0:
    low = torch.linear(dropped(x, numbers[6], seed * 7 + part), a)          # [T, r]
  else:
    low = torch.linear(x, a)
  return y + torch.linear(low, w[at + 23 + 2 * part]) * numbers[5]

def _activate(x: Tensor, kind: int) -> Tensor:
  if kind == 0:
    return torch.silu(x)
  if kind == 1:
    return torch.gelu(x)
  return torch.gelu(x, approximate="tanh")

def _feed_forward(x: Tensor, w: List[Tensor], at: int, activation: int, numbers: List[float], seed: int) -> Tensor:
  # Gated (Shazeer 2020, equation 5) if there is a gate, plain otherwise. x: [T, H]
  up = _project(x, w, at, 5, numbers, seed)
  if w[at + 15].size(0) == 0 and w[at + 48].size(0) == 0:
    inner = _activate(up, activation)
  else:
    inner = _activate(_project(x, w, at, 4, numbers, seed), activation) * up
  return _project(inner, w, at, 6, numbers, seed)

def _attention(h: Tensor, cos: Tensor, sin: Tensor, w: List[Tensor], at: int, style: List[int], numbers: List[float],
    window: int, blocks: List[Tensor], lengths: List[int], order: Tensor, seed: int, wanted: Tensor) -> Tensor:
  # h: [T, H] -> [T, H], or [N, H] if only N rows are wanted
  tokens = h.size(0)
  heads = style[0]
  kv_heads = style[1]
  q = torch.view(_project(h, w, at, 0, numbers, seed), [tokens, heads, -1])       # [T, heads, d]
  k = torch.view(_project(h, w, at, 1, numbers, seed), [tokens, kv_heads, -1])    # [T, kv, d]
  v = torch.view(_project(h, w, at, 2, numbers, seed), [tokens, kv_heads, -1])    # [T, kv, d]
  if w[at + 10].size(0) > 0:
    q = _norm(q, w[at + 10], w[at + 10], style[2], numbers[0])
    k = _norm(k, w[at + 11], w[at + 11], style[2], numbers[0])
  if cos.size(0) > 0:
    q = _rotate(q, cos, sin)
    k = _rotate(k, cos, sin)
  times = heads // kv_heads
  a = _packed_attention(q, _repeat_heads(k, times), _repeat_heads(v, times), numbers[1], numbers[2], window, blocks,
      lengths, order)
  if wanted.size(0) > 0:
    a = torch.index_select(a, 0, wanted)                                          # [N, heads * d]
  a = _project(a, w, at, 3, numbers, seed)
  if w[at + 12].size(0) > 0:
    a = _norm(a, w[at + 12], w[at + 12], style[2], numbers[0])
  return a

def _decoder_layer(x: Tensor, cos: Tensor, sin: Tensor, w: List[Tensor], at: int, style: List[int],
    numbers: List[float], window: int, blocks: List[Tensor], lengths: List[int], order: Tensor, seed: int,
    wanted: Tensor) -> Tensor:
  # x: [T, H]; the layer's weights stand at w[at : at + 59]
  # wanted: rows that are read afterwards, [N], so that what follows attention is computed there only; empty: all
  h = _norm(x, w[at], w[at + 1], style[2], numbers[0])
  a = _attention(h, cos, sin, w, at, style, numbers, window, blocks, lengths, order, seed, wanted)
  if wanted.size(0) > 0:
    x = torch.index_select(x, 0, wanted)                                          # [N, H]
  attended = x + a
  if style[4] == 0:
    x = attended
  m = _feed_forward(_norm(x, w[at + 13], w[at + 14], style[2], numbers[0]), w, at, style[3], numbers, seed)
  if w[at + 21].size(0) > 0:
    m = _norm(m, w[at + 21], w[at + 21], style[2], numbers[0])
  return attended + m

def merge_adapter(weight: Tensor, a: Tensor, b: Tensor, factor: float) -> Tensor:
  # weight [out, in], a [r, in], b [out, r] -> [out, in]
  return weight + torch.mm(b, a) * factor

def decoder_input(tokens: Tensor, positions: Tensor, embeddings: List[Tensor], numbers: List[float]) -> Tensor:
  # What the first layer gets. tokens, positions: [T] -> [T, H]
  # embeddings: of tokens [V, H] and, where positions are learned, of positions [P, H]
  x = torch.embedding(embeddings[0], tokens)
  if numbers[4] != 1.0:
    x = x * numbers[4]
  if len(embeddings) > 1:
    x = x + torch.embedding(embeddings[1], positions)
  return x

def decoder_turns(rotary: List[Tensor], positions: Tensor) -> List[Tensor]:
  # Cosines and sines of each token's position, [T, 1, d] each, in turn for every table [2, P, d]; empty tensors for a
  # decoder that has none, because its positions are learned
  turns = annotate(List[Tensor], [])
  for table in rotary:
    _0 = torch.append(turns, torch.unsqueeze(torch.index_select(table[0], 0, positions), 1))
    _1 = torch.append(turns, torch.unsqueeze(torch.index_select(table[1], 0, positions), 1))
  if len(rotary) == 0:
    _2 = torch.append(turns, _zeros([0], positions))
    _3 = torch.append(turns, _zeros([0], positions))
  return turns

def decoder_layers(x: Tensor, turns: List[Tensor], layers: List[Tensor], style: List[int], numbers: List[float],
    windows: List[int], tables: List[int], blocks: List[Tensor], lengths: List[int], order: Tensor,
    seed: int) -> Tensor:
  # Some successive layers. x: [T, H] -> [T, H]; windows, tables: one for each of these layers
  # seed: of the first layer's dropout before adapters, the next layer has the next one; 0 drops nothing
  everywhere = _numbers(0, 0, x)
  for i in range(len(windows)):
    own = 0
    if seed > 0:
      own = seed + i
    x = _decoder_layer(x, turns[2 * tables[i]], turns[2 * tables[i] + 1], layers, i * 59, style, numbers, windows[i],
        blocks, lengths, order, own, everywhere)
  return x

def decoder_output(x: Tensor, norm: List[Tensor], style: List[int], numbers: List[float]) -> Tensor:
  # Hidden states after the last norm, before any head. norm: its weight and bias. [T, H] -> [T, H]
  return _norm(x, norm[0], norm[1], style[2], numbers[0])

def decoder_rows(tokens: Tensor, positions: Tensor, embeddings: List[Tensor], rotary: List[Tensor],
    layers: List[Tensor], norm: List[Tensor], style: List[int], numbers: List[float], windows: List[int],
    tables: List[int], blocks: List[Tensor], lengths: List[int], order: Tensor, wanted: Tensor) -> Tensor:
  # The whole decoder for a head that reads some rows: hidden states after the last norm. Rows that nobody reads end with
  # their keys and values in the last layer. tokens, positions: [T], wanted: [N] -> [N, H]
  x = decoder_input(tokens, positions, embeddings, numbers)
  turns = decoder_turns(rotary, positions)
  everywhere = _numbers(0, 0, positions)
  for i in range(len(windows)):
    rows = everywhere
    if i == len(windows) - 1:
      rows = wanted
    x = _decoder_layer(x, turns[2 * tables[i]], turns[2 * tables[i] + 1], layers, i * 59, style, numbers, windows[i],
        blocks, lengths, order, 0, rows)
  return decoder_output(x, norm, style, numbers)

def split_fused(fused: Tensor, rows: List[int], groups: int, transposed: bool) -> List[Tensor]:
  # Takes apart a matrix (or bias) that holds several projections. It consists of `groups` equal stretches of rows, each
  # of which holds a share of every part in turn; rows: of the parts in the whole. transposed: stored as [in, out].
  x = fused
  if transposed and x.dim() == 2:
    x = torch.t(x)
  grouped = torch.reshape(x, [groups, x.size(0) // groups, -1])
  parts = annotate(List[Tensor], [])
  at = 0
  for count in rows:
    share = torch.narrow(grouped, 1, at, count // groups)
    at = at + count // groups
    if fused.dim() == 1:
      part = torch.reshape(share, [count])
    else:
      part = torch.reshape(share, [count, x.size(1)])
    _0 = torch.append(parts, torch.clone(part, memory_format=0))
  return parts

def join_fused(parts: List[Tensor], groups: int, transposed: bool) -> Tensor:
  # The inverse of split_fused.
  shares = annotate(List[Tensor], [])
  for part in parts:
    _0 = torch.append(shares, torch.reshape(torch.detach(part), [groups, part.size(0) // groups, -1]))
  joined = torch.cat(shares, 1)
  if parts[0].dim() == 1:
    return torch.reshape(joined, [-1])
  x = torch.reshape(joined, [-1, parts[0].size(1)])
  if transposed:
    x = torch.contiguous(torch.t(x))
  return x
