# Decoding with a key-value cache.
#
# A slot holds one running sample. Layer i keeps its rotated keys in caches[2i], [slots, kv, d, capacity], and its
# values in caches[2i + 1], [slots, kv, capacity, d]: the layouts in which the two products of a step read along rows.
# Only the first positions of a slot are filled, and a mask hides the rest. Unfilled memory must hold finite numbers,
# because a masked weight of 0 times NaN is NaN.
#
# The weights are laid out for small batches, [in, out], four for each layer:
#   0 q, k and v side by side [H, (heads + 2 kv) * d]   1 o [heads * d, H]   2 gate and up [H, 2 I]   3 down [I, H]
# and then: 4L the vocabulary projection [H, V], 4L + 1 the rotary turns [positions, d/2, 2], 4L + 2 the floor of the
# norm. The norms' weights stand inside the matrix that follows them. The two halves of every query and key head are
# interleaved, so that one complex product rotates them; inner products do not notice.

def _interleave_halves(w: Tensor, heads: int) -> Tensor:
  # rows of each head 0, d/2, 1, d/2 + 1, ...; w: [heads * d, H]
  half = w.size(0) // heads // 2
  return torch.reshape(torch.transpose(torch.view(w, [heads, 2, half, w.size(1)]), 1, 2), [w.size(0), w.size(1)])

def _absorb_norm(w: Tensor, norm: Tensor) -> Tensor:
  # The matrix [in, out] that takes _unit(x) instead of the normalised x; w: [out, in], norm: [in]
  return torch.contiguous(torch.t(w * (norm * (norm.size(0) ** 0.5))))

def decoding_weights(layers: List[Tensor], norm: Tensor, projection: Tensor, rotary: Tensor, heads: int, kv_heads: int,
    epsilon: float) -> List[Tensor]:
  weights = annotate(List[Tensor], [])
  for i in range(len(layers) // 9):
    at = i * 9
    q = _interleave_halves(layers[at + 1], heads)
    k = _interleave_halves(layers[at + 2], kv_heads)
    _0 = torch.append(weights, _absorb_norm(torch.cat([q, k, layers[at + 3]]), layers[at]))
    _1 = torch.append(weights, torch.contiguous(torch.t(layers[at + 4])))
    _2 = torch.append(weights, _absorb_norm(torch.cat([layers[at + 6], layers[at + 7]]), layers[at + 5]))
    _3 = torch.append(weights, torch.contiguous(torch.t(layers[at + 8])))
  half = rotary.size(2) // 2
  _4 = torch.append(weights, _absorb_norm(projection, norm))
  _5 = torch.append(weights, torch.stack([rotary[0, :, :half], rotary[1, :, :half]], -1))
  _6 = torch.append(weights, torch.full([1], (norm.size(0) * epsilon) ** 0.5))
  return weights

def _unit(x: Tensor, floor: Tensor) -> Tensor:
  # RMS norm without its weight and without sqrt(H), in three operations: x / sqrt(|x|^2 + H epsilon). x: [N, H]
  return x / torch.hypot(torch.linalg_vector_norm(x, 2, [1], True), floor)

def _turns(weights: List[Tensor], positions: Tensor) -> Tensor:
  # complex rotations of the positions: [N] -> [N, 1, d/2]
  table = torch.index_select(weights[len(weights) - 2], 0, positions)
  return torch.unsqueeze(torch.view_as_complex(table), 1)

def _query_key_value(x: Tensor, weights: List[Tensor], layer: int, turns: Tensor, heads: int,
    kv_heads: int) -> Tuple[Tensor, Tensor, Tensor]:
  # x: [N, H] -> rotated queries [N, heads, d] and keys [N, kv, d], values [N, kv, d]
  n = x.size(0)
  rotated = heads + kv_heads
  qkv = torch.view(torch.mm(_unit(x, weights[len(weights) - 1]), weights[layer * 4]), [n, rotated + kv_heads, -1])
  d = qkv.size(2)
  pairs = torch.view_as_complex(torch.view(torch.narrow(qkv, 1, 0, rotated), [n, rotated, d // 2, 2]))
  turned = torch.view(torch.view_as_real(pairs * turns), [n, rotated, d])
  return (torch.narrow(turned, 1, 0, heads), torch.narrow(turned, 1, heads, kv_heads),
      torch.narrow(qkv, 1, rotated, kv_heads))

def _after_attention_(x: Tensor, attended: Tensor, weights: List[Tensor], layer: int) -> Tensor:
  # Output projection and SwiGLU, both added to x in place. x: [N, H], attended: [N, heads * d]
  _0 = torch.addmm_(x, attended, weights[layer * 4 + 1])
  both = torch.mm(_unit(x, weights[len(weights) - 1]), weights[layer * 4 + 2])               # [N, 2 I]
  inner = both.size(1) // 2
  gated = torch.mul_(torch.silu(torch.narrow(both, 1, 0, inner)), torch.narrow(both, 1, inner, inner))
  return torch.addmm_(x, gated, weights[layer * 4 + 3])

def _cells(slots: Tensor, positions: Tensor, cache: Tensor) -> Tuple[Tensor, Tensor]:
  # Where keys and values of these positions stand in the memory of their caches.
  # slots, positions: [N], cache: one of keys, [slots, kv, d, capacity] -> [N, kv, d] both
  kv_heads = cache.size(1)
  d = cache.size(2)
  capacity = cache.size(3)
  heads = torch.view(slots, [-1, 1, 1]) * kv_heads + torch.view(torch.arange(kv_heads), [1, -1, 1])  # [N, kv, 1]
  parts = torch.view(torch.arange(d), [1, 1, -1])
  at = torch.view(positions, [-1, 1, 1])
  return ((heads * d + parts) * capacity + at, (heads * capacity + at) * d + parts)

def _at_quantile(cumulative: Tensor, uniforms: Tensor) -> Tensor:
  # Inverse of the distribution whose unnormalised cumulative sums are given. [N, K], [N] -> [N, 1]
  # A token of weight 0 is never hit: the first sum above u * total has a positive step, and u < 1 in fp32.
  k = cumulative.size(1)
  quantile = torch.unsqueeze(uniforms, 1) * cumulative[:, k - 1:]
  return torch.clamp_max(torch.searchsorted(cumulative, quantile, right=True), k - 1)

def _draw(p: Tensor, uniforms: Tensor, top_k: int, top_p: float) -> Tensor:
  # Truncates to the top_k most likely tokens (0: all), then to the smallest set of mass top_p of what is left.
  # p: [N, V], uniforms: [N] -> [N, 1]
  if top_k == 0 and top_p >= 1.0:
    return _at_quantile(torch.cumsum(p, 1), uniforms)
  if top_k > 0:
    kept, tokens = torch.topk(p, min(top_k, p.size(1)), 1)
  else:
    kept, tokens = torch.sort(p, stable=True, dim=1, descending=True)
  cumulative = torch.cumsum(kept, 1)
  if top_p < 1.0:
    before = cumulative - kept
    inside = before < cumulative[:, cumulative.size(1) - 1:] * top_p
    cumulative = torch.cumsum(kept * inside, 1)
  return torch.gather(tokens, 1, _at_quantile(cumulative, uniforms))

def _sample(x: Tensor, weights: List[Tensor], uniforms: Tensor, stops: Tensor, stop_bias: Tensor, temperature: float,
    top_k: int, top_p: float) -> Tensor:
  # Next tokens and their log-probs as one tensor, so that the host waits once. x: [N, H] -> [2, N]
  # The log-prob is that of softmax(logits / temperature) over all tokens (temperature 1 when greedy): what the trainer
  # recomputes. stops: [S], empty if every row may stop; stop_bias: [N], -infinity where a row must not stop yet.
  z = torch.mm(_unit(x, weights[len(weights) - 1]), weights[len(weights) - 3])               # [N, V]
  if temperature > 0.0 and temperature != 1.0:
    z = torch.div_(z, temperature)
  if stops.size(0) > 0:
    bias = torch.expand(torch.unsqueeze(stop_bias, 1), [z.size(0), stops.size(0)])
    p = torch.softmax(torch.index_add(z, 1, stops, bias), 1)
  else:
    p = torch.softmax(z, 1)
  if temperature > 0.0:
    tokens = _draw(p, uniforms, top_k, top_p)
  else:
    tokens = torch.argmax(p, 1, True)
  if stops.size(0) > 0:
    # A stop token may hold all the mass, so that the chosen token's share of it is 0 in fp32.
    log_p = torch.gather(torch.log_softmax(z, 1), 1, tokens)
  else:
    log_p = torch.log(torch.gather(p, 1, tokens))
  return torch.squeeze(torch.stack([torch.to(tokens, 6), log_p]), 2)

def decode_prompts(tokens: Tensor, positions: Tensor, embedding: Tensor, weights: List[Tensor], heads: int,
    kv_heads: int, blocks: List[Tensor], lengths: List[int], order: Tensor, last: Tensor, uniforms: Tensor,
    stops: Tensor, stop_bias: Tensor, temperature: float, top_k: int, top_p: float) -> List[Tensor]:
  # Packed forward of whole prompts; samples the first token of every response.
  # last: row of the prompt's last token for each response, [N]
  # -> [2, N] and then keys and values of each layer, [T, kv, d]
  results = annotate(List[Tensor], [torch.zeros([0])])
  x = torch.embedding(embedding, tokens)
  turns = _turns(weights, positions)
  layers = len(weights) // 4
  for i in range(layers):
    q, k, v = _query_key_value(x, weights, i, turns, heads, kv_heads)
    _0 = torch.append(results, k)
    _1 = torch.append(results, v)
    a = _packed_attention(q, _repeat_heads(k, heads // kv_heads), _repeat_heads(v, heads // kv_heads), blocks, lengths,
        order)
    x = _after_attention_(x, a, weights, i)
  results[0] = _sample(torch.index_select(x, 0, last), weights, uniforms, stops, stop_bias, temperature, top_k, top_p)
  return results

def place_prompts_(caches: List[Tensor], keys_values: List[Tensor], rows: Tensor, slots: Tensor,
    positions: Tensor) -> Tensor:
  # Copies packed rows of prompts to positions of slots; rows, slots, positions: [N]
  key_cells, value_cells = _cells(slots, positions, caches[0])
  for i in range(len(caches) // 2):
    _0 = torch.put_(caches[2 * i], key_cells, torch.index_select(keys_values[2 * i], 0, rows))
    _1 = torch.put_(caches[2 * i + 1], value_cells, torch.index_select(keys_values[2 * i + 1], 0, rows))
  return rows

def move_slots_(caches: List[Tensor], sources: Tensor, targets: Tensor, filled: int) -> Tensor:
  for i in range(len(caches)):
    part = torch.narrow(caches[i], 3 - i % 2, 0, filled)
    _0 = torch.index_copy_(part, 0, targets, torch.index_select(part, 0, sources))
  return targets

def new_caches(layers: int, slots: int, kv_heads: int, d: int, capacity: int) -> List[Tensor]:
  caches = annotate(List[Tensor], [])
  for i in range(layers):
    _0 = torch.append(caches, torch.zeros([slots, kv_heads, d, capacity]))
    _1 = torch.append(caches, torch.zeros([slots, kv_heads, capacity, d]))
  return caches

def grown_caches(caches: List[Tensor], capacity: int) -> List[Tensor]:
  first = caches[0]
  grown = new_caches(len(caches) // 2, first.size(0), first.size(1), first.size(2), capacity)
  for i in range(len(caches)):
    _0 = torch.copy_(torch.narrow(grown[i], 3 - i % 2, 0, first.size(3)), caches[i])
  return grown

def _attend(q: Tensor, keys: Tensor, values: Tensor, mask: Tensor, filled: int) -> Tensor:
  # Attention of one new position for each of the first N slots. q: [N, heads, d] -> [N, heads * d]
  # The query heads that share a key head are the rows of one product, so that keys and values are not repeated.
  # mask: [N * kv, 1, filled]
  n = q.size(0)
  kv_heads = keys.size(1)
  d = q.size(2)
  k = torch.view(torch.narrow(torch.narrow(keys, 0, 0, n), 3, 0, filled), [n * kv_heads, d, filled])
  v = torch.view(torch.narrow(torch.narrow(values, 0, 0, n), 2, 0, filled), [n * kv_heads, filled, d])
  scores = torch.baddbmm(mask, torch.reshape(q, [n * kv_heads, -1, d]), k, beta=1, alpha=d ** -0.5)
  return torch.view(torch.bmm(torch.softmax(scores, 2), v), [n, -1])

def decode_step(tokens: Tensor, positions: Tensor, embedding: Tensor, weights: List[Tensor], caches: List[Tensor],
    heads: int, filled: int, uniforms: Tensor, stops: Tensor, stop_bias: Tensor, temperature: float, top_k: int,
    top_p: float) -> Tensor:
  # One more token for the first N slots. tokens: their newest tokens, positions: where those stand, [N] -> [2, N]
  # filled: positions that any of the slots has after this step
  n = tokens.size(0)
  kv_heads = caches[0].size(1)
  x = torch.embedding(embedding, tokens)
  turns = _turns(weights, positions)
  key_cells, value_cells = _cells(torch.arange(n), positions, caches[0])
  unfilled = torch.arange(filled) > torch.unsqueeze(positions, 1)                            # [N, filled]
  mask = torch.masked_fill(torch.zeros([n, filled]), unfilled, -inf)
  mask = torch.view(torch.repeat_interleave(mask, kv_heads, 0), [n * kv_heads, 1, filled])
  for i in range(len(caches) // 2):
    q, k, v = _query_key_value(x, weights, i, turns, heads, kv_heads)
    _0 = torch.put_(caches[2 * i], key_cells, k)
    _1 = torch.put_(caches[2 * i + 1], value_cells, v)
    x = _after_attention_(x, _attend(q, caches[2 * i], caches[2 * i + 1], mask, filled), weights, i)
  return _sample(x, weights, uniforms, stops, stop_bias, temperature, top_k, top_p)
