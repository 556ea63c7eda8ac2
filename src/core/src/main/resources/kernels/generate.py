# Decoding with a key-value cache.
#
# A slot holds one running sample. Layer i keeps its rotated keys in caches[2i], [slots, kv, d, capacity], and its
# values in caches[2i + 1], [slots, kv, capacity, d]: the layouts in which the two products of a step read along rows.
# Only the first positions of a slot are filled, and a mask hides the rest. Unfilled memory must hold finite numbers,
# because a masked weight of 0 times NaN is NaN.
#
# The weights are laid out for small batches, [in, out], eleven for each layer; an absent one is empty:
#   0 q, k and v side by side [H, (heads + 2 kv) * d]   1 their bias   2 norms of query and key heads [heads + kv, d]
#   3 o [heads * d, H]   4 its bias   5 norm of attention's output [H]
#   6 gate and up [H, 2 I], or up alone [H, I]   7 their bias   8 down [I, H]   9 its bias   10 norm of its output [H]
# and then: the vocabulary projection [H, V], its bias, and the floor of the norm [1]. The norms' weights and biases
# stand inside the matrix that follows them. turns: rotary turns of each table, [positions, d/2, 2]. The two halves of
# every query and key head are interleaved, so that one complex product rotates them; inner products do not notice.
# style, numbers, windows, tables: see decoder.py.

def _interleave_halves(w: Tensor, heads: int, turned: int) -> Tensor:
  # of the first `turned` rows of each head: 0, turned/2, 1, turned/2 + 1, ...; w: [heads * d, H] or [heads * d]
  if w.size(0) == 0 or turned == 0:
    return w
  rows = torch.view(w, [heads, w.size(0) // heads, -1])
  half = torch.arange(turned // 2)
  pairs = torch.reshape(torch.stack([half, half + turned // 2], 1), [-1])
  order = torch.cat([pairs, torch.arange(turned, rows.size(1))])
  return torch.reshape(torch.index_select(rows, 1, order), w.size())

def _norm_factor(norm: Tensor, kind: int) -> Tensor:
  # What a unit vector is multiplied with, see _unit
  if kind == 2:
    return norm
  if kind == 1:
    return (norm + 1.0) * (norm.size(0) ** 0.5)
  return norm * (norm.size(0) ** 0.5)

def _output_norm(norm: Tensor, kind: int) -> Tensor:
  if norm.size(0) > 0 and kind == 1:
    return norm + 1.0
  return norm

def _absorb_norm(w: Tensor, norm: Tensor, kind: int) -> Tensor:
  # The matrix [in, out] that takes _unit(x) instead of the normalised x; w: [out, in], norm: [in]
  return torch.contiguous(torch.t(w * _norm_factor(norm, kind)))

def _absorb_bias(w: Tensor, norm_bias: Tensor, bias: Tensor) -> Tensor:
  # norm_bias: [in] or empty, bias: [out] or empty
  if norm_bias.size(0) == 0:
    return bias
  moved = torch.mv(w, norm_bias)
  if bias.size(0) == 0:
    return moved
  return moved + bias

def _head_norms(q_norm: Tensor, k_norm: Tensor, heads: int, kv_heads: int, turned: int, kind: int) -> Tensor:
  # [d], [d] -> [heads + kv, d]
  if q_norm.size(0) == 0:
    return q_norm
  q = torch.expand(torch.unsqueeze(_interleave_halves(_output_norm(q_norm, kind), 1, turned), 0), [heads, -1])
  k = torch.expand(torch.unsqueeze(_interleave_halves(_output_norm(k_norm, kind), 1, turned), 0), [kv_heads, -1])
  return torch.cat([q, k])

def decoding_weights(layers: List[Tensor], norm: List[Tensor], projection: Tensor, turned: int, style: List[int],
    numbers: List[float]) -> List[Tensor]:
  # turned: rotated elements of each head
  heads = style[0]
  kv_heads = style[1]
  kind = style[2]
  weights = annotate(List[Tensor], [])
  for i in range(len(layers) // 22):
    w = layers[i * 22:i * 22 + 22]
    qkv = torch.cat([_interleave_halves(w[2], heads, turned), _interleave_halves(w[3], kv_heads, turned), w[4]])
    qkv_bias = torch.cat([_interleave_halves(w[6], heads, turned), _interleave_halves(w[7], kv_heads, turned), w[8]])
    up = torch.cat([w[15], w[16]])
    if w[15].size(0) == 0:
      up = w[16]
    _0 = torch.append(weights, _absorb_norm(qkv, w[0], kind))
    _1 = torch.append(weights, _absorb_bias(qkv, w[1], qkv_bias))
    _2 = torch.append(weights, _head_norms(w[10], w[11], heads, kv_heads, turned, kind))
    _3 = torch.append(weights, torch.contiguous(torch.t(w[5])))
    _4 = torch.append(weights, w[9])
    _5 = torch.append(weights, _output_norm(w[12], kind))
    _6 = torch.append(weights, _absorb_norm(up, w[13], kind))
    _7 = torch.append(weights, _absorb_bias(up, w[14], torch.cat([w[18], w[19]])))
    _8 = torch.append(weights, torch.contiguous(torch.t(w[17])))
    _9 = torch.append(weights, w[20])
    _10 = torch.append(weights, _output_norm(w[21], kind))
  _11 = torch.append(weights, _absorb_norm(projection, norm[0], kind))
  _12 = torch.append(weights, _absorb_bias(projection, norm[1], torch.zeros([0])))
  _13 = torch.append(weights, torch.full([1], (norm[0].size(0) * numbers[0]) ** 0.5))
  return weights

def decoding_turns(rotary: List[Tensor], d: int) -> List[Tensor]:
  # Tables of cosines and sines [2, positions, r], r <= d -> turns [positions, d/2, 2]; what is behind r does not turn.
  turns = annotate(List[Tensor], [])
  for table in rotary:
    half = table.size(2) // 2
    turn = torch.stack([table[0, :, :half], table[1, :, :half]], -1)
    still = torch.stack([torch.ones([table.size(1), d // 2 - half]), torch.zeros([table.size(1), d // 2 - half])], -1)
    _0 = torch.append(turns, torch.cat([turn, still], 1))
  return turns

def _unit(x: Tensor, floor: Tensor, layer_norm: bool, epsilon: float) -> Tensor:
  # The norm without its weight. RMS: also without sqrt(H), in three operations: x / sqrt(|x|^2 + H epsilon). x: [N, H]
  if layer_norm:
    return torch.layer_norm(x, [x.size(1)], None, None, epsilon)
  return x / torch.hypot(torch.linalg_vector_norm(x, 2, [1], True), floor)

def _times(x: Tensor, matrix: Tensor, bias: Tensor, biased: bool) -> Tensor:
  # biased: whether the model has biases anywhere
  if biased:
    if bias.size(0) > 0:
      return torch.addmm(bias, x, matrix)
  return torch.mm(x, matrix)

def _turns_at(turns: List[Tensor], positions: Tensor) -> List[Tensor]:
  # complex rotations of the positions, by table: [N] -> [N, 1, d/2]; one empty tensor if there is no table
  at = annotate(List[Tensor], [])
  for table in turns:
    _0 = torch.append(at, torch.unsqueeze(torch.view_as_complex(torch.index_select(table, 0, positions)), 1))
  if len(turns) == 0:
    _1 = torch.append(at, torch.zeros([0]))
  return at

def _embedded(tokens: Tensor, positions: Tensor, embeddings: List[Tensor], numbers: List[float]) -> Tensor:
  x = torch.embedding(embeddings[0], tokens)
  if numbers[4] != 1.0:
    x = torch.mul_(x, numbers[4])
  if len(embeddings) > 1:
    x = torch.add_(x, torch.embedding(embeddings[1], positions))
  return x

def _query_key_value(unit: Tensor, weights: List[Tensor], at: int, turns: Tensor, heads: int, kv_heads: int,
    rotary: bool, biased: bool, head_norms: bool, epsilon: float) -> Tuple[Tensor, Tensor, Tensor]:
  # unit: [N, H] -> rotated queries [N, heads, d] and keys [N, kv, d], values [N, kv, d]; the layer is at weights[at]
  n = unit.size(0)
  rotated = heads + kv_heads
  qkv = torch.view(_times(unit, weights[at], weights[at + 1], biased), [n, rotated + kv_heads, -1])
  d = qkv.size(2)
  turned = torch.narrow(qkv, 1, 0, rotated)
  if head_norms:
    turned = torch.rms_norm(turned, [d], None, epsilon) * weights[at + 2]
  if rotary:
    pairs = torch.view_as_complex(torch.view(turned, [n, rotated, d // 2, 2]))
    turned = torch.view(torch.view_as_real(pairs * turns), [n, rotated, d])
  return (torch.narrow(turned, 1, 0, heads), torch.narrow(turned, 1, heads, kv_heads),
      torch.narrow(qkv, 1, rotated, kv_heads))

def _inner(unit: Tensor, weights: List[Tensor], at: int, activation: int, gated: bool, biased: bool) -> Tensor:
  # What the feed-forward's down projection takes. unit: [N, H] -> [N, I]
  up = _times(unit, weights[at + 6], weights[at + 7], biased)
  if gated:
    inner = up.size(1) // 2
    return torch.mul_(_activate(torch.narrow(up, 1, 0, inner), activation), torch.narrow(up, 1, inner, inner))
  return _activate(up, activation)

def _add_product_(x: Tensor, y: Tensor, weights: List[Tensor], at: int, biased: bool, output_norms: bool,
    epsilon: float) -> Tensor:
  # x += y times matrix + bias, normalised where outputs are; the three stand at weights[at : at + 3]
  if output_norms:
    z = _times(y, weights[at], weights[at + 1], biased)
    return torch.add_(x, torch.rms_norm(z, [z.size(1)], weights[at + 2], epsilon))
  if biased:
    if weights[at + 1].size(0) > 0:
      _0 = torch.add_(x, weights[at + 1])
  return torch.addmm_(x, y, weights[at])

def _after_attention_(x: Tensor, unit: Tensor, attended: Tensor, weights: List[Tensor], at: int, floor: Tensor,
    activation: int, layer_norm: bool, parallel: bool, gated: bool, biased: bool, output_norms: bool,
    epsilon: float) -> Tensor:
  # Output projection and feed-forward, both added to x in place. x, unit: [N, H], attended: [N, heads * d]
  _0 = _add_product_(x, attended, weights, at + 3, biased, output_norms, epsilon)
  read = unit
  if not parallel:
    read = _unit(x, floor, layer_norm, epsilon)
  return _add_product_(x, _inner(read, weights, at, activation, gated, biased), weights, at + 8, biased, output_norms,
      epsilon)

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

def _draw(p: Tensor, uniforms: Tensor, top_k: int, top_p: float, min_p: float) -> Tensor:
  # Truncates to the tokens at least min_p times as likely as the likeliest (0: all), of them to the top_k most likely
  # (0: all), then to the smallest set of mass top_p of what is left. p: [N, V], uniforms: [N] -> [N, 1]
  if min_p > 0.0:
    p = torch.masked_fill(p, p < torch.amax(p, [1], True) * min_p, 0.0)
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

def _restrained(z: Tensor, forbidden: Tensor, repeated: Tensor, penalty: float) -> Tensor:
  # Logits by which tokens are chosen: those of repeated tokens moved down by the penalty, those of forbidden ones
  # -infinity. z: [N, V]; forbidden, repeated: cells of it -> [N, V]
  cells = torch.reshape(torch.clone(z), [-1])
  if repeated.size(0) > 0:
    known = torch.index_select(cells, 0, repeated)
    _0 = torch.put_(cells, repeated, torch.where(known > 0.0, known / penalty, known * penalty))
  return torch.view(torch.index_fill(cells, 0, forbidden, -inf), z.size())

def _logits(x: Tensor, weights: List[Tensor], style: List[int], numbers: List[float]) -> Tensor:
  # [N, H] -> [N, V]
  unit = _unit(x, weights[len(weights) - 1], style[2] == 2, numbers[0])
  z = _times(unit, weights[len(weights) - 3], weights[len(weights) - 2], True)
  return _soft_cap(z, numbers[3])

def _sample(z: Tensor, uniforms: Tensor, forbidden: Tensor, repeated: Tensor, top_k: int,
    sampling: List[float]) -> Tensor:
  # Next tokens and their log-probs as one tensor, so that the host waits once. z: logits [N, V] -> [2, N]
  # The log-prob is that of softmax(logits / temperature) over all tokens (temperature 1 when greedy): what the trainer
  # recomputes. forbidden, repeated: cells of z, usually none; sampling: temperature, top-p, min-p, repetition penalty.
  temperature = sampling[0]
  if temperature > 0.0 and temperature != 1.0:
    z = torch.div_(z, temperature)
  restrained = forbidden.size(0) + repeated.size(0) > 0
  if restrained:
    p = torch.softmax(_restrained(z, forbidden, repeated, sampling[3]), 1)
  else:
    p = torch.softmax(z, 1)
  if temperature > 0.0:
    tokens = _draw(p, uniforms, top_k, sampling[1], sampling[2])
  else:
    tokens = torch.argmax(p, 1, True)
  if restrained:
    # A forbidden token may hold all the mass, so that the chosen token's share of it is 0 in fp32.
    log_p = torch.gather(torch.log_softmax(z, 1), 1, tokens)
  else:
    log_p = torch.log(torch.gather(p, 1, tokens))
  return torch.squeeze(torch.stack([torch.to(tokens, 6), log_p]), 2)

def decode_prompts(tokens: Tensor, positions: Tensor, embeddings: List[Tensor], weights: List[Tensor],
    turns: List[Tensor], style: List[int], numbers: List[float], windows: List[int], tables: List[int],
    blocks: List[Tensor], lengths: List[int], order: Tensor, last: Tensor, uniforms: Tensor,
    forbidden: Tensor, repeated: Tensor, top_k: int, sampling: List[float]) -> List[Tensor]:
  # Packed forward of whole prompts; samples the first token of every response.
  # last: row of the prompt's last token for each response, [N]
  # -> [2, N] and then keys and values of each layer, [T, kv, d]
  results = annotate(List[Tensor], [torch.zeros([0])])
  x = _embedded(tokens, positions, embeddings, numbers)
  turns_at = _turns_at(turns, positions)
  # Read once, not in every layer: scalar work of the interpreter shows in the steps of small models.
  heads = style[0]
  kv_heads = style[1]
  activation = style[3]
  layer_norm = style[2] == 2
  parallel = style[4] == 1
  gated = style[5] == 1
  biased = style[6] == 1
  head_norms = style[7] == 1
  output_norms = style[8] == 1
  epsilon = numbers[0]
  scale = numbers[1]
  soft_cap = numbers[2]
  floor = weights[len(weights) - 1]
  rotary = len(turns) > 0
  two_tables = len(turns) > 1
  times = heads // kv_heads
  for i in range(len(windows)):
    turn = turns_at[0]
    if two_tables:
      turn = turns_at[tables[i]]
    unit = _unit(x, floor, layer_norm, epsilon)
    q, k, v = _query_key_value(unit, weights, i * 11, turn, heads, kv_heads, rotary, biased, head_norms, epsilon)
    _0 = torch.append(results, k)
    _1 = torch.append(results, v)
    a = _packed_attention(q, _repeat_heads(k, times), _repeat_heads(v, times), scale, soft_cap, windows[i], blocks,
        lengths, order)
    x = _after_attention_(x, unit, a, weights, i * 11, floor, activation, layer_norm, parallel, gated, biased,
        output_norms, epsilon)
  z = _logits(torch.index_select(x, 0, last), weights, style, numbers)
  results[0] = _sample(z, uniforms, forbidden, repeated, top_k, sampling)
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

def _attend(q: Tensor, keys: Tensor, values: Tensor, mask: Tensor, filled: int, scale: float,
    soft_cap: float) -> Tensor:
  # Attention of one new position for each of the first N slots. q: [N, heads, d] -> [N, heads * d]
  # The query heads that share a key head are the rows of one product, so that keys and values are not repeated.
  # mask: [N * kv, 1, filled]
  n = q.size(0)
  kv_heads = keys.size(1)
  d = q.size(2)
  k = torch.view(torch.narrow(torch.narrow(keys, 0, 0, n), 3, 0, filled), [n * kv_heads, d, filled])
  v = torch.view(torch.narrow(torch.narrow(values, 0, 0, n), 2, 0, filled), [n * kv_heads, filled, d])
  rows = torch.reshape(q, [n * kv_heads, -1, d])
  if soft_cap == 0.0:
    scores = torch.baddbmm(mask, rows, k, beta=1, alpha=scale)
  else:
    scores = _soft_cap(torch.bmm(rows, k) * scale, soft_cap) + mask
  return torch.view(torch.bmm(torch.softmax(scores, 2), v), [n, -1])

def _mask(positions: Tensor, filled: int, window: int, kv_heads: int) -> Tensor:
  # -infinity at the cells that the slots have not filled, or that lie before the window (0: no window).
  # positions: [N] -> [N * kv, 1, filled]
  n = positions.size(0)
  at = torch.unsqueeze(positions, 1)
  hidden = torch.arange(filled) > at                                                       # [N, filled]
  if window > 0:
    hidden = torch.logical_or(hidden, torch.arange(filled) <= at - window)
  mask = torch.masked_fill(torch.zeros([n, filled]), hidden, -inf)
  return torch.view(torch.repeat_interleave(mask, kv_heads, 0), [n * kv_heads, 1, filled])

def decode_step(tokens: Tensor, positions: Tensor, embeddings: List[Tensor], weights: List[Tensor],
    turns: List[Tensor], caches: List[Tensor], style: List[int], numbers: List[float], windows: List[int],
    tables: List[int], filled: int, uniforms: Tensor, forbidden: Tensor, repeated: Tensor, top_k: int,
    sampling: List[float]) -> Tensor:
  # One more token for the first N slots. tokens: their newest tokens, positions: where those stand, [N] -> [2, N]
  # filled: positions that any of the slots has after this step
  x = _embedded(tokens, positions, embeddings, numbers)
  turns_at = _turns_at(turns, positions)
  # Read once, not in every layer: scalar work of the interpreter shows in the steps of small models.
  heads = style[0]
  kv_heads = style[1]
  activation = style[3]
  layer_norm = style[2] == 2
  parallel = style[4] == 1
  gated = style[5] == 1
  biased = style[6] == 1
  head_norms = style[7] == 1
  output_norms = style[8] == 1
  epsilon = numbers[0]
  scale = numbers[1]
  soft_cap = numbers[2]
  floor = weights[len(weights) - 1]
  rotary = len(turns) > 0
  two_tables = len(turns) > 1
  key_cells, value_cells = _cells(torch.arange(tokens.size(0)), positions, caches[0])
  mask = _mask(positions, filled, 0, kv_heads)
  # All windowed layers of a model have the same window; until it is full it hides nothing.
  window = max(windows)
  hiding = window > 0 and window < filled
  windowed = mask
  if hiding:
    windowed = _mask(positions, filled, window, kv_heads)
  for i in range(len(windows)):
    turn = turns_at[0]
    if two_tables:
      turn = turns_at[tables[i]]
    visible = mask
    if hiding:
      if windows[i] > 0:
        visible = windowed
    unit = _unit(x, floor, layer_norm, epsilon)
    q, k, v = _query_key_value(unit, weights, i * 11, turn, heads, kv_heads, rotary, biased, head_norms, epsilon)
    _0 = torch.put_(caches[2 * i], key_cells, k)
    _1 = torch.put_(caches[2 * i + 1], value_cells, v)
    a = _attend(q, caches[2 * i], caches[2 * i + 1], visible, filled, scale, soft_cap)
    x = _after_attention_(x, unit, a, weights, i * 11, floor, activation, layer_norm, parallel, gated, biased,
        output_norms, epsilon)
  z = _logits(x, weights, style, numbers)
  return _sample(z, uniforms, forbidden, repeated, top_k, sampling)
