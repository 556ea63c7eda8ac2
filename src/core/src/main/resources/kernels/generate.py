# Decoding with a key-value cache.
#
# A slot holds one running sample. A cache is [layers, slots, 2 kv, capacity, d]: the rotated keys of all key heads and
# then their values, so that one write takes in what is new and attention reads along rows. Only the first cells of
# a slot are filled, and a mask hides the rest. Unfilled memory must hold finite numbers, because a masked weight of 0
# times NaN is NaN. There are two caches: one of the layers that see everything, in which position p has cell p, and one
# of those that see a window of W positions, where p has cell p mod W, so that each position takes the place of the one
# that has just left the window. Attention does not mind the order of the cells. Where no sample can outgrow the window,
# all layers are in the first.
#
# places: rows of the tables of positions and rotary turns, see PositionStyle.
#
# The weights are laid out for small batches, [in, out], eleven for each layer; an absent one is empty:
#   0 q, k and v side by side [H, (heads + 2 kv) * d]   1 their bias   2 norms of query and key heads [heads + kv, d]
#   3 o [heads * d, H]   4 its bias   5 norm of attention's output [H]
#   6 gate and up [H, 2 I], or up alone [H, I]   7 their bias   8 down [I, H]   9 its bias   10 norm of its output [H]
# and then: the vocabulary projection [H, V], its bias, and the floor of the norm [1]. The norms' weights and biases
# stand inside the matrix that follows them. turns: rotary turns of each table, [positions, d/2, 2]. The two halves of
# every query and key head are interleaved, so that one complex product rotates them; inner products do not notice.
# style, numbers, windows, tables: see decoder.py.
#
# packed: empty, or the matrices as fbgemm takes them in INT8: of each layer 0, 3, 6, 8 of the above and then the
# projection. Places 0 and 6 and that of the projection then hold what a unit vector is multiplied with before the
# product: moved into the matrix it would leave larger outliers in what is quantised. 3 and 8 are empty.
# prepared: empty, or the fp32 matrices in the same order as products_mkl.py makes them for the rows at hand.

def _unit(x: Tensor, floor: Tensor, layer_norm: bool, epsilon: float) -> Tensor:
  # The norm without its weight. RMS: also without sqrt(H), in three operations: x / sqrt(|x|^2 + H epsilon). x: [N, H]
  if layer_norm:
    return torch.layer_norm(x, [x.size(1)], None, None, epsilon)
  return x / torch.hypot(torch.linalg_vector_norm(x, 2, [1], True), floor)

def _times(x: Tensor, matrix: Tensor, bias: Tensor, prepared: List[Tensor], place: int, biased: bool) -> Tensor:
  # biased: whether the model has biases anywhere
  if len(prepared) > 0:
    y = _prepared_times(x, prepared[place], matrix)
    if bias.size(0) > 0:
      _0 = torch.add_(y, bias)
    return y
  if biased:
    if bias.size(0) > 0:
      return torch.addmm(bias, x, matrix)
  return torch.mm(x, matrix)

def _int8_times(x: Tensor, matrix: __torch__.torch.classes.quantized.LinearPackedParamsBase, bias: Tensor) -> Tensor:
  # Each row is quantised by its own largest element and by nothing else in the batch, and sums of whole numbers are
  # exact: a row's product does not depend on the rows around it. x: [N, in] -> [N, out]
  largest = torch.clamp_min_(torch.linalg_vector_norm(x, inf, [1], True), 1e-30)                      # [N, 1]
  z = ops.quantized.linear_with_input_q_dq_qweight_dq_output_fp32(x / largest, 0.007874015748031496, 128, matrix)
  if bias.size(0) > 0:
    return torch.addcmul(bias, z, largest)
  return torch.mul_(z, largest)

def _after_norm(unit: Tensor, weights: List[Tensor], at: int,
    packed: List[__torch__.torch.classes.quantized.LinearPackedParamsBase], prepared: List[Tensor], place: int,
    biased: bool) -> Tensor:
  # The product with the matrix at weights[at] or packed[place], which follows a norm
  if len(packed) > 0:
    return _int8_times(unit * weights[at], packed[place], weights[at + 1])
  return _times(unit, weights[at], weights[at + 1], prepared, place, biased)

def _turns_at(turns: List[Tensor], places: Tensor) -> List[Tensor]:
  # complex rotations by table: [N] -> [N, 1, d/2]; one empty tensor if there is no table
  at = annotate(List[Tensor], [])
  for table in turns:
    _0 = torch.append(at, torch.unsqueeze(torch.view_as_complex(torch.index_select(table, 0, places)), 1))
  if len(turns) == 0:
    _1 = torch.append(at, torch.zeros([0]))
  return at

def _embedded(tokens: Tensor, places: Tensor, embeddings: List[Tensor], numbers: List[float]) -> Tensor:
  x = torch.embedding(embeddings[0], tokens)
  if numbers[4] != 1.0:
    x = torch.mul_(x, numbers[4])
  if len(embeddings) > 1:
    x = torch.add_(x, torch.embedding(embeddings[1], places))
  return x

def _query_key_value(unit: Tensor, weights: List[Tensor], layer: int,
    packed: List[__torch__.torch.classes.quantized.LinearPackedParamsBase], prepared: List[Tensor], turns: Tensor,
    heads: int, kv_heads: int, rotary: bool, biased: bool, head_norms: bool, epsilon: float) -> Tensor:
  # unit: [N, H] -> rotated queries, rotated keys and values, side by side: [N, heads + 2 kv, d]
  at = layer * 11
  n = unit.size(0)
  rotated = heads + kv_heads
  qkv = torch.view(_after_norm(unit, weights, at, packed, prepared, layer * 4, biased),
      [n, rotated + kv_heads, -1])
  if head_norms or rotary:
    d = qkv.size(2)
    turned = torch.narrow(qkv, 1, 0, rotated)
    if head_norms:
      _0 = torch.copy_(turned, torch.rms_norm(turned, [d], None, epsilon) * weights[at + 2])
    if rotary:
      _1 = torch.mul_(torch.view_as_complex(torch.view(turned, [n, rotated, d // 2, 2])), turns)
  return qkv

def _activated(up: Tensor, activation: int, gated: bool) -> Tensor:
  # What the feed-forward's down projection takes. up: [N, 2 I] or [N, I] -> [N, I]
  if gated:
    inner = up.size(1) // 2
    return torch.mul_(_activate(torch.narrow(up, 1, 0, inner), activation), torch.narrow(up, 1, inner, inner))
  return _activate(up, activation)

def _add_product_(x: Tensor, y: Tensor, weights: List[Tensor], at: int,
    packed: List[__torch__.torch.classes.quantized.LinearPackedParamsBase], prepared: List[Tensor], place: int,
    biased: bool, output_norms: bool, epsilon: float) -> Tensor:
  # x += y times matrix + bias, normalised where outputs are; the three stand at weights[at : at + 3]
  if output_norms or len(packed) + len(prepared) > 0:
    if len(packed) > 0:
      z = _int8_times(y, packed[place], weights[at + 1])
    else:
      z = _times(y, weights[at], weights[at + 1], prepared, place, biased)
    if output_norms:
      z = torch.rms_norm(z, [z.size(1)], weights[at + 2], epsilon)
    return torch.add_(x, z)
  if biased:
    if weights[at + 1].size(0) > 0:
      _0 = torch.add_(x, weights[at + 1])
  return torch.addmm_(x, y, weights[at])

def _after_attention_(x: Tensor, unit: Tensor, attended: Tensor, weights: List[Tensor], layer: int,
    packed: List[__torch__.torch.classes.quantized.LinearPackedParamsBase], prepared: List[Tensor], floor: Tensor,
    activation: int, layer_norm: bool, parallel: bool, gated: bool, biased: bool, output_norms: bool,
    epsilon: float) -> Tensor:
  # Output projection and feed-forward, both added to x in place. x, unit: [N, H], attended: [N, heads * d]
  at = layer * 11
  _0 = _add_product_(x, attended, weights, at + 3, packed, prepared, layer * 4 + 1, biased, output_norms, epsilon)
  read = unit
  if not parallel:
    read = _unit(x, floor, layer_norm, epsilon)
  up = _after_norm(read, weights, at + 6, packed, prepared, layer * 4 + 2, biased)
  return _add_product_(x, _activated(up, activation, gated), weights, at + 8, packed, prepared, layer * 4 + 3, biased,
      output_norms, epsilon)

def _cells(slots: Tensor, positions: Tensor, cache: Tensor) -> Tensor:
  # Rows of one layer of the cache, [slots * 2 kv * capacity, d], that belong to positions of slots.
  # slots, positions: [N] -> [N, 2 kv]
  parts = cache.size(2)
  capacity = cache.size(3)
  first = torch.add_(torch.mul(slots, parts * capacity), positions)                        # [N]
  return torch.add(torch.unsqueeze(first, 1), torch.arange(0, parts * capacity, capacity))

def _rows_of_layers(cache: Tensor) -> List[Tensor]:
  # [slots * 2 kv * capacity, d] of each layer
  if cache.size(0) == 0:
    return annotate(List[Tensor], [])
  return torch.unbind(torch.view(cache, [cache.size(0), -1, cache.size(4)]))

def _filled_of_layers(cache: Tensor, slots: int, first: int, count: int, filled: int) -> List[Tensor]:
  # Heads first .. first + count of the first slots, [slots, count, filled, d] of each layer
  return torch.unbind(torch.narrow(torch.narrow(torch.narrow(cache, 1, 0, slots), 2, first, count), 3, 0, filled))

def _all_layers(full: List[Tensor], windowed: List[Tensor], windows: List[int]) -> List[Tensor]:
  # What stands for each layer, of those without and those with a window in turn
  if len(windowed) == 0:
    return full
  layers = annotate(List[Tensor], [])
  next = 0
  for i in range(len(windows)):
    if windows[i] > 0:
      _0 = torch.append(layers, windowed[next])
      next = next + 1
    else:
      _1 = torch.append(layers, full[i - next])
  return layers

def _logits(x: Tensor, weights: List[Tensor],
    packed: List[__torch__.torch.classes.quantized.LinearPackedParamsBase], prepared: List[Tensor], style: List[int],
    numbers: List[float]) -> Tensor:
  # [N, H] -> [N, V]
  unit = _unit(x, weights[len(weights) - 1], style[2] == 2, numbers[0])
  last = len(packed) + len(prepared) - 1
  return _soft_cap(_after_norm(unit, weights, len(weights) - 3, packed, prepared, last, True), numbers[3])

def _through_layers(tokens: Tensor, places: Tensor, embeddings: List[Tensor], weights: List[Tensor],
    packed: List[__torch__.torch.classes.quantized.LinearPackedParamsBase], turns: List[Tensor], style: List[int],
    numbers: List[float], windows: List[int], tables: List[int], blocks: List[Tensor], lengths: List[int],
    order: Tensor, kept: List[Tensor], keep: bool, recent: Tensor) -> Tensor:
  # Packed forward without cache, before the last norm: [T, H]. Appends keys and values of each layer, [T, 2 kv, d], to
  # `kept` if wanted. recent: the rows of which layers with a window keep them, [R]; empty for all
  x = _embedded(tokens, places, embeddings, numbers)
  turns_at = _turns_at(turns, places)
  heads = style[0]
  kv_heads = style[1]
  layer_norm = style[2] == 2
  biased = style[6] == 1
  epsilon = numbers[0]
  floor = weights[len(weights) - 1]
  times = heads // kv_heads
  prepared = annotate(List[Tensor], [])
  for i in range(len(windows)):
    unit = _unit(x, floor, layer_norm, epsilon)
    qkv = _query_key_value(unit, weights, i, packed, prepared, turns_at[tables[i]], heads, kv_heads, len(turns) > 0,
        biased, style[7] == 1, epsilon)
    k = torch.narrow(qkv, 1, heads, kv_heads)
    v = torch.narrow(qkv, 1, heads + kv_heads, kv_heads)
    if keep:
      new = torch.narrow(qkv, 1, heads, 2 * kv_heads)
      if windows[i] > 0 and recent.size(0) > 0:
        _0 = torch.append(kept, torch.index_select(new, 0, recent))
      else:
        _1 = torch.append(kept, torch.clone(new, memory_format=0))
    a = _packed_attention(torch.narrow(qkv, 1, 0, heads), _repeat_heads(k, times), _repeat_heads(v, times), numbers[1],
        numbers[2], windows[i], blocks, lengths, order)
    x = _after_attention_(x, unit, a, weights, i, packed, prepared, floor, style[3], layer_norm, style[4] == 1,
        style[5] == 1, biased, style[8] == 1, epsilon)
  return x

def decode_prompts(tokens: Tensor, places: Tensor, embeddings: List[Tensor], weights: List[Tensor],
    packed: List[__torch__.torch.classes.quantized.LinearPackedParamsBase], turns: List[Tensor], style: List[int],
    numbers: List[float], windows: List[int], tables: List[int], blocks: List[Tensor], lengths: List[int],
    order: Tensor, recent: Tensor, last: Tensor, uniforms: Tensor, forbidden: Tensor, repeated: Tensor, top_k: int,
    sampling: List[float]) -> List[Tensor]:
  # Packed forward of whole prompts; samples the first token of every response.
  # last: row of the prompt's last token for each response, [N]
  # -> [2, N] and then keys and values of each layer, [T, 2 kv, d] or, with a window, [R, 2 kv, d]
  results = annotate(List[Tensor], [torch.zeros([0])])
  x = _through_layers(tokens, places, embeddings, weights, packed, turns, style, numbers, windows, tables, blocks,
      lengths, order, results, True, recent)
  z = _logits(torch.index_select(x, 0, last), weights, packed, annotate(List[Tensor], []), style, numbers)
  results[0] = _sample(z, uniforms, forbidden, repeated, top_k, sampling)
  return results

def keys_values(tokens: Tensor, places: Tensor, embeddings: List[Tensor], weights: List[Tensor],
    packed: List[__torch__.torch.classes.quantized.LinearPackedParamsBase], turns: List[Tensor], style: List[int],
    numbers: List[float], windows: List[int], tables: List[int], blocks: List[Tensor], lengths: List[int],
    order: Tensor, recent: Tensor) -> List[Tensor]:
  # Keys and values of a packed batch as decode_prompts returns them
  kept = annotate(List[Tensor], [])
  x = _through_layers(tokens, places, embeddings, weights, packed, turns, style, numbers, windows, tables, blocks,
      lengths, order, kept, True, recent)
  return kept

def last_hidden(tokens: Tensor, places: Tensor, embeddings: List[Tensor], weights: List[Tensor],
    packed: List[__torch__.torch.classes.quantized.LinearPackedParamsBase], turns: List[Tensor], style: List[int],
    numbers: List[float], windows: List[int], tables: List[int], blocks: List[Tensor], lengths: List[int],
    order: Tensor, rows: Tensor, norm: List[Tensor]) -> Tensor:
  # What a head reads at some rows of a packed batch: hidden states after the last norm. rows: [N] -> [N, H]
  kept = annotate(List[Tensor], [])
  x = _through_layers(tokens, places, embeddings, weights, packed, turns, style, numbers, windows, tables, blocks,
      lengths, order, kept, False, torch.zeros([0]))
  return _norm(torch.index_select(x, 0, rows), norm[0], norm[1], style[2], numbers[0])

def place_prompts_(cache: Tensor, keys_values: List[Tensor], rows: Tensor, slots: Tensor, positions: Tensor) -> Tensor:
  # Copies packed rows of prompts to cells of slots. keys_values: of this cache's layers; rows, slots, positions: [N]
  cells = _cells(slots, positions, cache)
  layers = _rows_of_layers(cache)
  for i in range(len(layers)):
    _0 = torch.index_put_(layers[i], [cells], torch.index_select(keys_values[i], 0, rows))
  return rows

def move_slots_(cache: Tensor, sources: Tensor, targets: Tensor, filled: int) -> Tensor:
  for layer in torch.unbind(torch.narrow(cache, 3, 0, filled)):
    _0 = torch.index_copy_(layer, 0, targets, torch.index_select(layer, 0, sources))
  return targets

def new_cache(layers: int, slots: int, kv_heads: int, d: int, capacity: int) -> Tensor:
  return torch.zeros([layers, slots, 2 * kv_heads, capacity, d])

def grown_cache(cache: Tensor, capacity: int) -> Tensor:
  grown = torch.zeros([cache.size(0), cache.size(1), cache.size(2), capacity, cache.size(4)])
  _0 = torch.copy_(torch.narrow(grown, 3, 0, cache.size(3)), cache)
  return grown

def _attend(q: Tensor, keys: Tensor, values: Tensor, mask: Optional[Tensor], scale: float, soft_cap: float) -> Tensor:
  # Attention of one new position for each of N slots. q: [N, heads, d], keys, values: [N, kv, filled, d] -> [N, heads * d]
  # The query heads that share a key head are the rows of one product, so that keys and values are not repeated.
  # mask: [N, 1, 1, filled], none if all is visible
  n = q.size(0)
  rows = torch.reshape(q, [n, keys.size(1), -1, q.size(2)])
  if soft_cap == 0.0:
    o = torch.scaled_dot_product_attention(rows, keys, values, mask, 0.0, False, scale=scale)
  else:
    scores = _soft_cap(torch.matmul(rows, torch.transpose(keys, 2, 3)) * scale, soft_cap)
    if mask is not None:
      scores = scores + mask
    o = torch.matmul(torch.softmax(scores, 3), values)
  return torch.reshape(o, [n, -1])

def _mask(positions: Tensor, filled: int) -> Tensor:
  # -infinity at the cells that the slots have not filled. positions: [N] -> [N, 1, 1, filled]
  hidden = torch.arange(filled) > torch.view(positions, [-1, 1, 1, 1])                     # [N, 1, 1, filled]
  return torch.masked_fill(torch.zeros([positions.size(0), 1, 1, filled]), hidden, -inf)

def decode_step(tokens: Tensor, positions: Tensor, places: Tensor, embeddings: List[Tensor], weights: List[Tensor],
    packed: List[__torch__.torch.classes.quantized.LinearPackedParamsBase], prepared: List[Tensor], turns: List[Tensor],
    caches: List[Tensor], style: List[int], numbers: List[float], windows: List[int], tables: List[int],
    filled: int, uniforms: Tensor, forbidden: Tensor, repeated: Tensor, top_k: int, sampling: List[float]) -> Tensor:
  # One more token for the first N slots. tokens: their newest tokens, positions: where those stand, [N] -> [2, N]
  # caches: of all layers, or of those without and those with a window; windows: 0 for the layers of the first
  # filled: positions that any of the slots has after this step
  x = _embedded(tokens, places, embeddings, numbers)
  turns_at = _turns_at(turns, places)
  # Read once, not in every layer: scalar work of the interpreter shows in the steps of small models.
  n = tokens.size(0)
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
  slots = torch.arange(n)
  cells = _cells(slots, positions, caches[0])
  rows = _rows_of_layers(caches[0])
  keys = _filled_of_layers(caches[0], n, 0, kv_heads, filled)
  values = _filled_of_layers(caches[0], n, kv_heads, kv_heads, filled)
  # A single sample has filled all that there is.
  mask = annotate(Optional[Tensor], None)
  if n > 1:
    mask = _mask(positions, filled)
  two_caches = len(caches) > 1
  window_cells = cells
  window_mask = mask
  if two_caches:
    # All windowed layers of a model have the same window.
    window = max(windows)
    seen = min(filled, window)
    window_cells = _cells(slots, torch.remainder(positions, window), caches[1])
    if n > 1 and seen < filled:
      window_mask = _mask(positions, seen)
    rows = _all_layers(rows, _rows_of_layers(caches[1]), windows)
    keys = _all_layers(keys, _filled_of_layers(caches[1], n, 0, kv_heads, seen), windows)
    values = _all_layers(values, _filled_of_layers(caches[1], n, kv_heads, kv_heads, seen), windows)
  for i in range(len(windows)):
    turn = turns_at[0]
    if two_tables:
      turn = turns_at[tables[i]]
    visible = mask
    written = cells
    if two_caches:
      if windows[i] > 0:
        visible = window_mask
        written = window_cells
    unit = _unit(x, floor, layer_norm, epsilon)
    qkv = _query_key_value(unit, weights, i, packed, prepared, turn, heads, kv_heads, rotary, biased, head_norms,
        epsilon)
    _0 = torch.index_put_(rows[i], [written], torch.narrow(qkv, 1, heads, 2 * kv_heads))
    a = _attend(torch.narrow(qkv, 1, 0, heads), keys[i], values[i], visible, scale, soft_cap)
    x = _after_attention_(x, unit, a, weights, i, packed, prepared, floor, activation, layer_norm, parallel, gated,
        biased, output_norms, epsilon)
  z = _logits(x, weights, packed, prepared, style, numbers)
  return _sample(z, uniforms, forbidden, repeated, top_k, sampling)
