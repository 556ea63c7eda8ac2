# Building blocks shared by the model families.
#
# Sequences are packed: the T tokens of a batch stand in one row, sequence after sequence, and no padding reaches a
# matrix product. Attention takes long sequences one by one. Short ones of similar length are gathered into a [G, L] block
# that is padded at its end: under the causal mask a real token never sees the padding behind it, so no other mask is
# needed.

def rotary_frequencies(dim: int, theta: float) -> Tensor:
  # Su et al. 2021: theta^(-2i/d) -> [dim/2]
  return 1.0 / torch.pow(theta, torch.to(torch.arange(0, dim, 2), 6) / dim)

def rotary_table(positions: int, frequencies: Tensor, factor: float) -> Tensor:
  # Cosines and sines of position times frequency, each repeated for both halves, times a factor -> [2, positions, dim]
  angles = torch.outer(torch.to(_numbers(0, positions, frequencies), 6), frequencies)   # [positions, dim/2]
  angles = torch.cat([angles, angles], -1)                                  # [positions, dim]
  return torch.stack([torch.cos(angles), torch.sin(angles)]) * factor

def joined_tables(first: Tensor, second: Tensor) -> Tensor:
  # [2, P, dim], [2, Q, dim] -> [2, P + Q, dim]
  return torch.cat([first, second], 1)

def _rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
  # x: [T, heads, d]; cos, sin: [T, 1, r]; the halves of the first r form the pairs, as in the Hugging Face layout
  dim = cos.size(2)
  half = dim // 2
  c = torch.slice(cos, 2, 0, half)                                          # [T, 1, r/2], both halves are the same
  s = torch.slice(sin, 2, 0, half)
  sizes = [half, half]
  if dim < x.size(2):
    sizes = [half, half, x.size(2) - dim]
  parts = torch.split_with_sizes(x, sizes, 2)                               # [T, heads, r/2] twice, and the rest
  turned = [parts[0] * c - parts[1] * s, parts[1] * c + parts[0] * s]
  if dim < x.size(2):
    _0 = torch.append(turned, parts[2])
  return torch.cat(turned, 2)

def _repeat_heads(x: Tensor, times: int) -> Tensor:
  # grouped-query attention: [T, kv_heads, d] -> [T, kv_heads * times, d]
  if times == 1:
    return x
  return torch.reshape(torch.expand(torch.unsqueeze(x, 2), [x.size(0), x.size(1), times, x.size(2)]),
      [x.size(0), x.size(1) * times, x.size(2)])

def _attend_visible(q: Tensor, k: Tensor, v: Tensor, scale: float, soft_cap: float, window: int) -> Tensor:
  # Causal attention of which each query sees its last `window` positions (0: all), with scores cap * tanh(score / cap).
  # q, k, v: [rows, heads, length, d]. Works through stretches of queries, so that no [length, length] scores are held
  # where a window hides most of them.
  length = q.size(2)
  stretch = 256
  if window > 0:
    stretch = max(window, 64)
  outputs = annotate(List[Tensor], [])
  for start in range(0, length, stretch):
    end = min(start + stretch, length)
    first = 0
    if window > 0:
      first = max(0, start - window + 1)
    query = torch.unsqueeze(_numbers(start, end, q), 1)
    key = _numbers(first, end, q)
    hidden = key > query                                                                   # [queries, keys]
    if window > 0:
      hidden = torch.logical_or(hidden, key <= query - window)
    qs = torch.slice(q, 2, start, end)
    ks = torch.slice(k, 2, first, end)
    vs = torch.slice(v, 2, first, end)
    if soft_cap == 0.0:
      mask = torch.masked_fill(_zeros([end - start, end - first], q), hidden, -inf)
      o = torch.scaled_dot_product_attention(qs, ks, vs, mask, 0.0, False, scale=scale)
    else:
      scores = torch.tanh(torch.matmul(qs, torch.transpose(ks, 2, 3)) * (scale / soft_cap)) * soft_cap
      o = torch.matmul(torch.softmax(torch.masked_fill(scores, hidden, -inf), -1), vs)
    _0 = torch.append(outputs, o)
  return torch.cat(outputs, 2)

def _attend_block(q: Tensor, k: Tensor, v: Tensor, rows: int, length: int, scale: float, soft_cap: float,
    window: int) -> Tensor:
  # q, k, v: [rows * length, heads, d] -> [rows * length, heads * d]
  heads = q.size(1)
  dim = q.size(2)
  qb = torch.transpose(torch.view(q, [rows, length, heads, dim]), 1, 2)   # [rows, heads, length, d]
  kb = torch.transpose(torch.view(k, [rows, length, heads, dim]), 1, 2)
  vb = torch.transpose(torch.view(v, [rows, length, heads, dim]), 1, 2)
  if soft_cap > 0.0 or (window > 0 and window < length):
    o = _attend_visible(qb, kb, vb, scale, soft_cap, window)
  else:
    o = torch.scaled_dot_product_attention(qb, kb, vb, None, 0.0, True, scale=scale)
  return torch.reshape(torch.transpose(o, 1, 2), [rows * length, heads * dim])

def _attend_in_place(q: Tensor, k: Tensor, v: Tensor, scale: float, soft_cap: float, window: int,
    lengths: List[int]) -> Tensor:
  # Sequence by sequence, nothing padded or moved. q, k, v: [T, heads, d] -> [T, heads * d]
  qs = torch.split_with_sizes(q, lengths)
  ks = torch.split_with_sizes(k, lengths)
  vs = torch.split_with_sizes(v, lengths)
  outputs = annotate(List[Tensor], [])
  for i in range(len(lengths)):
    o = _attend_block(qs[i], ks[i], vs[i], 1, lengths[i], scale, soft_cap, window)
    _0 = torch.append(outputs, o)
  return torch.cat(outputs)

def _packed_attention(q: Tensor, k: Tensor, v: Tensor, scale: float, soft_cap: float, window: int,
    blocks: List[Tensor], lengths: List[int], order: Tensor) -> Tensor:
  # Causal attention within each sequence. q, k, v: [T, heads, d] -> [T, heads * d]
  # blocks[i]: rows of the packed batch that fill block i, [G * L]; order: where each packed row went, [T]. Both are empty
  # if attention works on the rows where they are: lengths are then those of all sequences, or the one that all have.
  if order.size(0) == 0:
    if len(lengths) > 1:
      return _attend_in_place(q, k, v, scale, soft_cap, window, lengths)
    return _attend_block(q, k, v, q.size(0) // lengths[0], lengths[0], scale, soft_cap, window)
  outputs = annotate(List[Tensor], [])
  for i in range(len(blocks)):
    rows = blocks[i]
    o = _attend_block(torch.index_select(q, 0, rows), torch.index_select(k, 0, rows), torch.index_select(v, 0, rows),
        rows.size(0) // lengths[i], lengths[i], scale, soft_cap, window)
    _0 = torch.append(outputs, o)
  return torch.index_select(torch.cat(outputs), 0, order)
