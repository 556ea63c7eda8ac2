# How decoding lays out the weights of a model; generate.py says why.

def _interleave_halves(w: Tensor, heads: int, turned: int) -> Tensor:
  # of the first `turned` rows of each head: 0, turned/2, 1, turned/2 + 1, ...; w: [heads * d, H] or [heads * d]
  if w.size(0) == 0 or turned == 0:
    return w
  rows = torch.view(w, [heads, w.size(0) // heads, -1])
  half = _numbers(0, turned // 2, w)
  pairs = torch.reshape(torch.stack([half, half + turned // 2], 1), [-1])
  order = torch.cat([pairs, _numbers(turned, rows.size(1), w)])
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

def _fused_matrices(w: List[Tensor], heads: int, kv_heads: int, turned: int) -> Tuple[Tensor, Tensor]:
  # q, k and v of a layer and its gate and up, [out, in]
  qkv = torch.cat([_interleave_halves(w[2], heads, turned), _interleave_halves(w[3], kv_heads, turned), w[4]])
  if w[15].size(0) == 0:
    return (qkv, w[16])
  return (qkv, torch.cat([w[15], w[16]]))

def _fused_biases(w: List[Tensor], qkv: Tensor, up: Tensor, heads: int, kv_heads: int,
    turned: int) -> Tuple[Tensor, Tensor]:
  # with what the biases of the norms before them come to
  qkv_bias = torch.cat([_interleave_halves(w[6], heads, turned), _interleave_halves(w[7], kv_heads, turned), w[8]])
  return (_absorb_bias(qkv, w[1], qkv_bias), _absorb_bias(up, w[14], torch.cat([w[18], w[19]])))

def decoding_weights(layers: List[Tensor], norm: List[Tensor], projection: Tensor, turned: int, style: List[int],
    numbers: List[float], int8: bool) -> List[Tensor]:
  # turned: rotated elements of each head; int8: whether the matrices are in `packed`
  heads = style[0]
  kv_heads = style[1]
  kind = style[2]
  absent = _zeros([0], projection)
  weights = annotate(List[Tensor], [])
  for i in range(len(layers) // 22):
    w = layers[i * 22:i * 22 + 22]
    qkv, up = _fused_matrices(w, heads, kv_heads, turned)
    qkv_bias, up_bias = _fused_biases(w, qkv, up, heads, kv_heads, turned)
    matrices = [absent, absent, absent, absent]
    if int8:
      matrices = [_norm_factor(w[0], kind), _zeros([w[5].size(1), 0], projection), _norm_factor(w[13], kind),
          _zeros([w[17].size(1), 0], projection)]
    else:
      matrices = [_absorb_norm(qkv, w[0], kind), torch.contiguous(torch.t(w[5])), _absorb_norm(up, w[13], kind),
          torch.contiguous(torch.t(w[17]))]
    parts = [matrices[0], qkv_bias, _head_norms(w[10], w[11], heads, kv_heads, turned, kind), matrices[1], w[9],
        _output_norm(w[12], kind), matrices[2], up_bias, matrices[3], w[20], _output_norm(w[21], kind)]
    for part in parts:
      _0 = torch.append(weights, part)
  if int8:
    _1 = torch.append(weights, _norm_factor(norm[0], kind))
  else:
    _2 = torch.append(weights, _absorb_norm(projection, norm[0], kind))
  _3 = torch.append(weights, _absorb_bias(projection, norm[1], absent))
  floor = _zeros([1], projection) + (norm[0].size(0) * numbers[0]) ** 0.5
  # 15 more, so that the rows it stands in stay aligned
  _4 = torch.append(weights, torch.cat([floor, _zeros([15], projection)]))
  return weights

def _packed(w: Tensor, levels: int) -> __torch__.torch.classes.quantized.LinearPackedParamsBase:
  # A matrix [out, in] as whole numbers from -levels to levels with a scale for each row
  scales = torch.clamp_min(torch.amax(torch.abs(w), [1]) / levels, 1e-12)
  zeros = torch.zeros([w.size(0)], dtype=3, layout=None, device=ops.prim.device(w))
  rows = torch.quantize_per_channel(w, scales, zeros, 0, 12)
  return ops.quantized.linear_prepack(rows, None)

def packed_matrices(layers: List[Tensor], projection: Tensor, turned: int, style: List[int],
    levels: int) -> List[__torch__.torch.classes.quantized.LinearPackedParamsBase]:
  # One matrix after the other, so that no fp32 copy of the whole model is made. projection: empty if not wanted
  packed = annotate(List[__torch__.torch.classes.quantized.LinearPackedParamsBase], [])
  for i in range(len(layers) // 22):
    w = layers[i * 22:i * 22 + 22]
    qkv, up = _fused_matrices(w, style[0], style[1], turned)
    _0 = torch.append(packed, _packed(qkv, levels))
    _1 = torch.append(packed, _packed(w[5], levels))
    _2 = torch.append(packed, _packed(up, levels))
    _3 = torch.append(packed, _packed(w[17], levels))
  if projection.size(0) > 0:
    _4 = torch.append(packed, _packed(projection, levels))
  return packed

def prepared_matrices(weights: List[Tensor], rows: int) -> List[Tensor]:
  # The matrices of fp32 decoding weights for steps of so many rows, in the order of packed_matrices, or none
  prepared = annotate(List[Tensor], [])
  for i in range((len(weights) - 3) // 11):
    for at in [0, 3, 6, 8]:
      _0 = torch.extend(prepared, _prepared(weights[i * 11 + at], rows))
  _1 = torch.extend(prepared, _prepared(weights[len(weights) - 3], rows))
  return prepared

def nothing_packed() -> List[__torch__.torch.classes.quantized.LinearPackedParamsBase]:
  return annotate(List[__torch__.torch.classes.quantized.LinearPackedParamsBase], [])

def decoding_turns(rotary: List[Tensor], d: int) -> List[Tensor]:
  # Tables of cosines and sines [2, positions, r], r <= d -> turns [positions, d/2, 2]; what is behind r does not turn.
  turns = annotate(List[Tensor], [])
  for table in rotary:
    half = table.size(2) // 2
    turn = torch.stack([table[0, :, :half], table[1, :, :half]], -1)
    sines = _zeros([table.size(1), d // 2 - half], table)
    still = torch.stack([sines + 1.0, sines], -1)
    _0 = torch.append(turns, torch.cat([turn, still], 1))
  return turns
