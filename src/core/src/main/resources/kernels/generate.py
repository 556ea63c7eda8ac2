# Decoding with a key-value cache.
#
# A slot holds one running sample. A cache is [layers, slots, 2 kv, capacity, d]: the rotated keys of a head and then
# its values, head after head, so that one write takes in what is new, and the keys of all slots and heads, as well as
# their values, are the matrices of one batched product. Only the first cells of a slot are filled, and a mask hides the
# rest. Unfilled memory must hold finite numbers, because a masked weight of 0 times NaN is NaN.
#
# There are two caches: one of the layers that see everything, in which position p has cell p, and one of those that see
# a window of W positions, where p has cell p mod W, so that each position takes the place of the one that has just left
# the window. Attention does not mind the order of the cells. Where no sample can outgrow the window, all layers are in
# the first.
#
# places: rows of the tables of positions and rotary turns, see PositionStyle.
#
# The weights are laid out for small batches, [in, out], eleven for each layer; an absent one is empty:
#   0 q, k and v side by side [H, (heads + 2 kv) * d]   1 their bias   2 norms of query and key heads [heads + kv, d]
#   3 o [heads * d, H]   4 its bias   5 norm of attention's output [H]
#   6 gate and up [H, 2 I], or up alone [H, I]   7 their bias   8 down [I, H]   9 its bias   10 norm of its output [H]
# and then: the vocabulary projection [H, V], its bias, and the floor of the norm [16]. The norms' weights and biases
# stand inside the matrix that follows them. turns: rotary turns of each table, [positions, d/2, 2]. The two halves of
# every query and key head are interleaved, so that one complex product rotates them; inner products do not notice.
# style, numbers, windows, tables: see decoder.py.
#
# packed: empty, or the matrices as fbgemm takes them in INT8: of each layer 0, 3, 6, 8 of the above and then the
# projection. Places 0 and 6 and that of the projection then hold what a unit vector is multiplied with before the
# product: moved into the matrix it would leave larger outliers in what is quantised. 3 and 8 are [.., 0].
# prepared: empty, or the fp32 matrices in the same order as products_mkl.py makes them for the rows at hand.
#
# A step of a small model takes as long as its tensor operations are many, at one or two microseconds each. So what is
# the same in all layers is made once: room for q, k and v and for gate and up, and the views of it.

def _with_floor(x: Tensor, floor: Tensor, layer_norm: bool) -> Tensor:
  # Under RMS norms the floor stands beside x, where it does what epsilon does. [N, H] -> [N, H + 16], or x
  if layer_norm:
    return x
  return torch.cat([x, torch.expand(floor, [x.size(0), -1])], 1)

def _unit(wide: Tensor, ones: Tensor, width: int, layer_norm: bool, epsilon: float) -> Tensor:
  # The norm without its weight. RMS: also without sqrt(H), and in one operation: x / sqrt(|x|^2 + H epsilon) is x over
  # the length of x and floor together. wide: [N, H + 16], of layer norms [N, H]; ones: [N, 1] -> [N, H]
  if layer_norm:
    return torch.layer_norm(wide, [width], None, None, epsilon)
  unit, lengths = torch._weight_norm_interface(wide, ones, 0)
  return torch.narrow(unit, 1, 0, width)

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
  # (The infinity norm gives the same number, eight times as slowly.)
  largest = torch.clamp_min_(torch.amax(torch.abs(x), [1], True), 1e-30)                              # [N, 1]
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
    _1 = torch.append(at, _zeros([0], places))
  return at

def _embedded(tokens: Tensor, places: Tensor, embeddings: List[Tensor], numbers: List[float]) -> Tensor:
  x = torch.embedding(embeddings[0], tokens)
  if numbers[4] != 1.0:
    x = torch.mul_(x, numbers[4])
  if len(embeddings) > 1:
    x = torch.add_(x, torch.embedding(embeddings[1], places))
  return x

def _turn_heads_(heads: Tensor, pairs: Tensor, norms: Tensor, turns: Tensor, rotary: bool, head_norms: bool,
    epsilon: float) -> Tensor:
  # Query and key heads: their norms, then their rotation. heads: [N, heads + kv, d], pairs: the same memory as complex
  # numbers [N, heads + kv, d/2]; norms: [heads + kv, d], turns: [N, 1, d/2]
  if head_norms:
    _0 = torch.copy_(heads, torch.rms_norm(heads, [heads.size(2)], None, epsilon) * norms)
  if rotary:
    _1 = torch.mul_(pairs, turns)
  return heads

def _pairs_of(heads: Tensor, rotary: bool) -> Tensor:
  # [N, heads, d] as complex numbers [N, heads, d/2]; as it is if nothing rotates, when d may be odd
  if rotary:
    return torch.view_as_complex(torch.view(heads, [heads.size(0), heads.size(1), heads.size(2) // 2, 2]))
  return heads

def _activated_(gate: Tensor, up: Tensor, activation: int, gated: bool) -> Tensor:
  # What the feed-forward's down projection takes; overwrites gate. gate, up: [N, I], the same if there is no gate
  if not gated:
    return _activate(up, activation)
  if activation == 0:
    return torch.mul_(torch.silu_(gate), up)
  return torch.mul_(_activate(gate, activation), up)

def _gate_and_up(both: Tensor, gated: bool) -> Tuple[Tensor, Tensor]:
  # [N, 2 I] -> [N, I] twice; [N, I] as it is, twice, if there is no gate
  if not gated:
    return (both, both)
  inner = both.size(1) // 2
  return (torch.narrow(both, 1, 0, inner), torch.narrow(both, 1, inner, inner))

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

def _cells(slots: Tensor, positions: Tensor, cache: Tensor) -> Tensor:
  # Rows of one layer of the cache, [slots * 2 kv * capacity, d], that belong to positions of slots.
  # slots, positions: [N] -> [N, 2 kv], those of keys and then those of values
  parts = cache.size(2)
  capacity = cache.size(3)
  first = torch.add_(torch.mul(slots, parts * capacity), positions)                        # [N]
  steps = torch.arange(0, parts * capacity, capacity, dtype=4, layout=None, device=ops.prim.device(cache))
  offsets = torch.view(steps, [parts // 2, 2])
  return torch.add(torch.unsqueeze(first, 1), torch.reshape(torch.t(offsets), [-1]))

def _rows_of_layers(cache: Tensor) -> List[Tensor]:
  # [slots * 2 kv * capacity, d] of each layer
  if cache.size(0) == 0:
    return annotate(List[Tensor], [])
  return torch.unbind(torch.view(cache, [cache.size(0), -1, cache.size(4)]))

def _filled_of_layers(cache: Tensor, slots: int, filled: int) -> Tuple[List[Tensor], List[Tensor]]:
  # Keys, transposed [slots * kv, d, filled], and values [slots * kv, filled, d], of each layer
  if cache.size(0) == 0:
    return (annotate(List[Tensor], []), annotate(List[Tensor], []))
  heads = torch.view(torch.narrow(cache, 1, 0, slots), [cache.size(0), -1, 2, cache.size(3), cache.size(4)])
  some = torch.narrow(heads, 3, 0, filled)
  return (torch.unbind(torch.transpose(torch.select(some, 2, 0), 2, 3)), torch.unbind(torch.select(some, 2, 1)))

def _new_of_layers(cache: Tensor, position: int) -> List[Tensor]:
  # Where the first slot takes a position's keys and values, [2, kv, d] of each layer
  if cache.size(0) == 0:
    return annotate(List[Tensor], [])
  cells = torch.view(torch.select(torch.select(cache, 1, 0), 2, position), [cache.size(0), -1, 2, cache.size(4)])
  return torch.unbind(torch.transpose(cells, 1, 2))

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

def _logits(wide: Tensor, ones: Tensor, weights: List[Tensor],
    packed: List[__torch__.torch.classes.quantized.LinearPackedParamsBase], prepared: List[Tensor], style: List[int],
    numbers: List[float], width: int) -> Tensor:
  # wide: see _unit -> [N, V]
  unit = _unit(wide, ones, width, style[2] == 2, numbers[0])
  last = len(packed) + len(prepared) - 1
  return _soft_cap(_after_norm(unit, weights, len(weights) - 3, packed, prepared, last, True), numbers[3])

def _through_layers(tokens: Tensor, places: Tensor, embeddings: List[Tensor], weights: List[Tensor],
    packed: List[__torch__.torch.classes.quantized.LinearPackedParamsBase], turns: List[Tensor], style: List[int],
    numbers: List[float], windows: List[int], tables: List[int], blocks: List[Tensor], lengths: List[int],
    order: Tensor, kept: List[Tensor], keep: bool, recent: Tensor) -> Tensor:
  # Packed forward without cache, before the last norm: [T, H + 16], of layer norms [T, H]. Appends keys and values of
  # each layer, [T, 2 kv, d], to `kept` if wanted. recent: the rows of which layers with a window keep them, [R]; empty
  # for all
  turns_at = _turns_at(turns, places)
  heads = style[0]
  kv_heads = style[1]
  layer_norm = style[2] == 2
  gated = style[5] == 1
  biased = style[6] == 1
  output_norms = style[8] == 1
  epsilon = numbers[0]
  rotary = len(turns) > 0
  times = heads // kv_heads
  n = tokens.size(0)
  width = embeddings[0].size(1)
  wide = _with_floor(_embedded(tokens, places, embeddings, numbers), weights[len(weights) - 1], layer_norm)
  x = torch.narrow(wide, 1, 0, width)                                                      # [T, H]
  ones = torch.new_ones(x, [n, 1])
  prepared = annotate(List[Tensor], [])
  for i in range(len(windows)):
    unit = _unit(wide, ones, width, layer_norm, epsilon)
    qkv = torch.view(_after_norm(unit, weights, i * 11, packed, prepared, i * 4, biased),
        [n, heads + 2 * kv_heads, -1])
    turned = torch.narrow(qkv, 1, 0, heads + kv_heads)
    _0 = _turn_heads_(turned, _pairs_of(turned, rotary), weights[i * 11 + 2], turns_at[tables[i]], rotary,
        style[7] == 1, epsilon)
    k = torch.narrow(qkv, 1, heads, kv_heads)
    v = torch.narrow(qkv, 1, heads + kv_heads, kv_heads)
    if keep:
      new = torch.narrow(qkv, 1, heads, 2 * kv_heads)
      if windows[i] > 0 and recent.size(0) > 0:
        _1 = torch.append(kept, torch.index_select(new, 0, recent))
      else:
        _4 = torch.append(kept, torch.clone(new, memory_format=0))
    a = _packed_attention(torch.narrow(qkv, 1, 0, heads), _repeat_heads(k, times), _repeat_heads(v, times), numbers[1],
        numbers[2], windows[i], blocks, lengths, order)
    _2 = _add_product_(x, a, weights, i * 11 + 3, packed, prepared, i * 4 + 1, biased, output_norms, epsilon)
    if style[4] == 0:
      unit = _unit(wide, ones, width, layer_norm, epsilon)
    both = _after_norm(unit, weights, i * 11 + 6, packed, prepared, i * 4 + 2, biased)
    gate, up = _gate_and_up(both, gated)
    _3 = _add_product_(x, _activated_(gate, up, style[3], gated), weights, i * 11 + 8, packed, prepared, i * 4 + 3,
        biased, output_norms, epsilon)
  return wide

def decode_prompts(tokens: Tensor, places: Tensor, embeddings: List[Tensor], weights: List[Tensor],
    packed: List[__torch__.torch.classes.quantized.LinearPackedParamsBase], turns: List[Tensor], style: List[int],
    numbers: List[float], windows: List[int], tables: List[int], blocks: List[Tensor], lengths: List[int],
    order: Tensor, recent: Tensor, last: Tensor, uniforms: Tensor, forbidden: Tensor, repeated: Tensor, top_k: int,
    sampling: List[float]) -> List[Tensor]:
  # Packed forward of whole prompts; samples the first token of every response.
  # last: row of the prompt's last token for each response, [N]
  # -> [2, N] and then keys and values of each layer, [T, 2 kv, d] or, with a window, [R, 2 kv, d]
  results = annotate(List[Tensor], [last])
  wide = _through_layers(tokens, places, embeddings, weights, packed, turns, style, numbers, windows, tables, blocks,
      lengths, order, results, True, recent)
  z = _logits(torch.index_select(wide, 0, last), torch.new_ones(wide, [last.size(0), 1]), weights, packed,
      annotate(List[Tensor], []), style, numbers, embeddings[0].size(1))
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
  wide = _through_layers(tokens, places, embeddings, weights, packed, turns, style, numbers, windows, tables, blocks,
      lengths, order, kept, False, _numbers(0, 0, rows))
  x = torch.narrow(torch.index_select(wide, 0, rows), 1, 0, embeddings[0].size(1))
  return _norm(x, norm[0], norm[1], style[2], numbers[0])

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

def new_cache(layers: int, slots: int, kv_heads: int, d: int, capacity: int, beside: Tensor) -> Tensor:
  return _zeros([layers, slots, 2 * kv_heads, capacity, d], beside)

def grown_cache(cache: Tensor, capacity: int) -> Tensor:
  grown = _zeros([cache.size(0), cache.size(1), cache.size(2), capacity, cache.size(4)], cache)
  _0 = torch.copy_(torch.narrow(grown, 3, 0, cache.size(3)), cache)
  return grown

def _heads_in(qkv: Tensor, heads: int, kv_heads: int, rotary: bool) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
  # Views of a layer's q, k and v [N, (heads + 2 kv) * d]: the heads that turn [N, heads + kv, d], those as complex
  # numbers, q [N, heads, d], k and v [N, 2 kv, d]
  each = torch.view(qkv, [qkv.size(0), heads + 2 * kv_heads, -1])
  turned = torch.narrow(each, 1, 0, heads + kv_heads)
  return (turned, _pairs_of(turned, rotary), torch.narrow(each, 1, 0, heads),
      torch.narrow(each, 1, heads, 2 * kv_heads))

def _attend(q: Tensor, keys: Tensor, values: Tensor, mask: Tensor, scale: float, soft_cap: float) -> Tensor:
  # Attention of one new position for each of N slots. q: [N, heads, d], keys: [N * kv, d, filled],
  # values: [N * kv, filled, d] -> [N, heads * d]
  # The query heads that share a key head are the rows of one product, so that keys and values are not repeated.
  # mask: [N * kv, 1, filled], or [1, 1, 1] if all is visible
  rows = torch.reshape(q, [keys.size(0), -1, q.size(2)])
  if soft_cap == 0.0:
    scores = torch.baddbmm(mask, rows, keys, alpha=scale)                                  # [N * kv, times, filled]
  else:
    scores = _soft_cap(torch.bmm(rows, keys) * scale, soft_cap) + mask
  return torch.view(torch.bmm(torch.softmax(scores, 2), values), [q.size(0), -1])

def _mask(positions: Tensor, kv_heads: int, filled: int) -> Tensor:
  # -infinity at the cells that the slots have not filled. positions: [N] -> [N * kv, 1, filled]
  hidden = _numbers(0, filled, positions) > torch.view(positions, [-1, 1, 1])              # [N, 1, filled]
  mask = torch.masked_fill(_zeros([positions.size(0), 1, filled], positions), hidden, -inf)
  return torch.reshape(torch.expand(mask, [-1, kv_heads, -1]), [-1, 1, filled])

def decode_step(tokens: Tensor, positions: Tensor, places: Tensor, embeddings: List[Tensor], weights: List[Tensor],
    packed: List[__torch__.torch.classes.quantized.LinearPackedParamsBase], prepared: List[Tensor], turns: List[Tensor],
    caches: List[Tensor], style: List[int], numbers: List[float], windows: List[int], tables: List[int],
    filled: int, uniforms: Tensor, forbidden: Tensor, repeated: Tensor, top_k: int, sampling: List[float]) -> Tensor:
  # One more token for the first N slots. tokens: their newest tokens, positions: where those stand, [N] -> [2, N]
  # caches: of all layers, or of those without and those with a window; windows: 0 for the layers of the first
  # filled: positions that any of the slots has after this step
  # Numbers are read once, not in every layer: scalar work of the interpreter shows in the steps of small models.
  n = tokens.size(0)
  kv_heads = style[1]
  layer_norm = style[2] == 2
  gated = style[5] == 1
  biased = style[6] == 1
  output_norms = style[8] == 1
  epsilon = numbers[0]
  rotary = len(turns) > 0
  two_tables = len(turns) > 1
  width = embeddings[0].size(1)
  wide = _with_floor(_embedded(tokens, places, embeddings, numbers), weights[len(weights) - 1], layer_norm)
  x = torch.narrow(wide, 1, 0, width)                                                      # [N, H]
  ones = torch.new_ones(x, [n, 1])
  turns_at = _turns_at(turns, places)
  # Plain products of all layers go to the same memory, so that views of it are made once.
  fresh = biased or len(packed) + len(prepared) > 0
  qkv = torch.new_empty(x, [n, (style[0] + 2 * kv_heads) * caches[0].size(4)])
  turned, pairs, q, new = _heads_in(qkv, style[0], kv_heads, rotary)
  both = torch.new_empty(x, [n, weights[8].size(0) * (1 + style[5])])
  gate, up = _gate_and_up(both, gated)
  keys, values = _filled_of_layers(caches[0], n, filled)
  # A single sample has filled all that there is, and its new cells are a slice.
  single = n == 1
  slots = _numbers(0, n, positions)
  if single:
    targets = _new_of_layers(caches[0], filled - 1)
    cells = targets
    mask = torch.new_zeros(x, [1, 1, 1])
  else:
    targets = _rows_of_layers(caches[0])
    cells = [_cells(slots, positions, caches[0])]
    mask = _mask(positions, kv_heads, filled)
  two_caches = len(caches) > 1
  window_cells = cells
  window_mask = mask
  if two_caches:
    # All windowed layers of a model have the same window.
    window = max(windows)
    seen = min(filled, window)
    if single:
      window_targets = _new_of_layers(caches[1], (filled - 1) % window)
    else:
      window_targets = _rows_of_layers(caches[1])
      window_cells = [_cells(slots, torch.remainder(positions, window), caches[1])]
      if seen < filled:
        window_mask = _mask(positions, kv_heads, seen)
    window_keys, window_values = _filled_of_layers(caches[1], n, seen)
    targets = _all_layers(targets, window_targets, windows)
    keys = _all_layers(keys, window_keys, windows)
    values = _all_layers(values, window_values, windows)
  for i in range(len(windows)):
    at = i * 11
    turn = turns_at[0]
    if two_tables:
      turn = turns_at[tables[i]]
    visible = mask
    written = cells
    if two_caches:
      if windows[i] > 0:
        visible = window_mask
        written = window_cells
    unit = _unit(wide, ones, width, layer_norm, epsilon)
    if fresh:
      qkv = _after_norm(unit, weights, at, packed, prepared, i * 4, biased)
      turned, pairs, q, new = _heads_in(qkv, style[0], kv_heads, rotary)
    else:
      _0 = torch.mm(unit, weights[at], out=qkv)
    _1 = _turn_heads_(turned, pairs, weights[at + 2], turn, rotary, style[7] == 1, epsilon)
    if single:
      _2 = torch.copy_(targets[i], torch.view(new, [2, kv_heads, -1]))
    else:
      _2 = torch.index_put_(targets[i], written, new)
    a = _attend(q, keys[i], values[i], visible, numbers[1], numbers[2])
    _3 = _add_product_(x, a, weights, at + 3, packed, prepared, i * 4 + 1, biased, output_norms, epsilon)
    if style[4] == 0:
      unit = _unit(wide, ones, width, layer_norm, epsilon)
    if fresh:
      gate, up = _gate_and_up(_after_norm(unit, weights, at + 6, packed, prepared, i * 4 + 2, biased), gated)
    else:
      _4 = torch.mm(unit, weights[at + 6], out=both)
    _5 = _add_product_(x, _activated_(gate, up, style[3], gated), weights, at + 8, packed, prepared, i * 4 + 3, biased,
        output_norms, epsilon)
  z = _logits(wide, ones, weights, packed, prepared, style, numbers, width)
  return _sample(z, uniforms, forbidden, repeated, top_k, sampling)
