# The plain Llama layer (RMS norms, rotary positions, gated SiLU, nothing else) with its derivative written out: what
# autograd would keep of it is half as much again, and it would go through memory several times as often. For long
# sequences, which attention takes one by one. Numbering of style, numbers and weights as in decoder.py.

def _inverse_rms(x: Tensor, epsilon: float) -> Tensor:
  # [T, H] -> [T, 1]
  norm = torch.linalg_vector_norm(x, 2, [1], True)
  return torch.rsqrt(torch.square(norm) / x.size(1) + epsilon)

def _turn_(x: Tensor, cos: Tensor, sin: Tensor, direction: float) -> Tensor:
  # Rotates the pairs in place; direction -1 turns them back. x: [T, heads, d]; cos, sin: [T, 1, d]
  half = x.size(2) // 2
  c = torch.slice(cos, 2, 0, half)
  s = torch.slice(sin, 2, 0, half)
  first = torch.slice(x, 2, 0, half)
  second = torch.slice(x, 2, half, 2 * half)
  before = torch.clone(first)
  _0 = torch.addcmul_(torch.mul_(first, c), second, s, value=0.0 - direction)
  _1 = torch.addcmul_(torch.mul_(second, c), before, s, value=direction)
  return x

def _heads_of(x: Tensor, start: int, rows: int, length: int) -> Tensor:
  # Rows start .. of x [T, heads, d], as attention wants them -> [rows, heads, length, d]
  stretch = torch.slice(x, 0, start, start + rows * length)
  return torch.transpose(torch.view(stretch, [rows, length, x.size(1), x.size(2)]), 1, 2)

def _in_line(x: Tensor) -> Tensor:
  # The inverse of _heads_of: [rows, heads, length, d] -> [rows * length, heads, d]
  return torch.reshape(torch.transpose(x, 1, 2), [x.size(0) * x.size(2), x.size(1), x.size(3)])

def llama_layer(x: Tensor, cos: Tensor, sin: Tensor, w: List[Tensor], style: List[int], numbers: List[float],
    lengths: List[int]) -> List[Tensor]:
  # x: [T, H]; lengths: of all sequences, or the one that all have.
  # -> what comes out [T, H], and for the derivative: the sum after attention [T, H], inverse RMS before attention and
  # before the feed-forward [T, 1], q, k, v and attention's output [T, heads, d], gate and up [T, I], and attention's
  # log-sum-exp of each sequence
  tokens = x.size(0)
  r = _inverse_rms(x, numbers[0])                                                        # [T, 1]
  h = torch.mul_(x * r, w[0])                                                            # [T, H]
  q = _turn_(torch.view(torch.linear(h, w[2]), [tokens, style[0], -1]), cos, sin, 1.0)   # [T, heads, d]
  k = _turn_(torch.view(torch.linear(h, w[3]), [tokens, style[1], -1]), cos, sin, 1.0)   # [T, kv, d]
  v = torch.view(torch.linear(h, w[4]), [tokens, style[1], -1])                          # [T, kv, d]
  times = style[0] // style[1]
  ks = _repeat_heads(k, times)
  vs = _repeat_heads(v, times)
  rows = 1
  if len(lengths) == 1:
    rows = tokens // lengths[0]
  outputs = annotate(List[Tensor], [])
  sums = annotate(List[Tensor], [])
  at = 0
  for length in lengths:
    o, lse = torch._scaled_dot_product_flash_attention_for_cpu(_heads_of(q, at, rows, length),
        _heads_of(ks, at, rows, length), _heads_of(vs, at, rows, length), 0.0, True, scale=numbers[1])
    _0 = torch.append(outputs, _in_line(o))
    _1 = torch.append(sums, lse)
    at = at + rows * length
  a = torch.cat(outputs)                                                                 # [T, heads, d]
  y = torch.addmm(x, torch.reshape(a, [tokens, -1]), torch.t(w[5]))                      # [T, H]
  r2 = _inverse_rms(y, numbers[0])
  h = torch.mul_(torch.mul(y, r2, out=h), w[13])
  gate = torch.linear(h, w[15])                                                          # [T, I]
  up = torch.linear(h, w[16])
  out = torch.addmm(y, torch.mul_(torch.silu(gate), up), torch.t(w[17]))                 # [T, H]
  return [out, y, r, r2, q, k, v, a, gate, up] + sums

def _norm_backward_(dh: Tensor, normed: Tensor, r: Tensor, weight: Tensor, weight_gradient: Tensor) -> Tensor:
  # Through h = normed * weight, normed = x * r: with g = dh * weight, dx = r (g - normed * mean(g * normed)).
  # Overwrites dh with dx and normed. dh, normed: [T, H]; r: [T, 1]
  product = dh * normed                                                                  # [T, H]
  _0 = torch.add_(weight_gradient, torch.sum(product, [0]))
  mean = torch.unsqueeze(torch.mv(product, weight), 1) / dh.size(1)                      # [T, 1]
  return torch.mul_(torch.sub_(torch.mul_(dh, weight), torch.mul_(normed, mean)), r)

def _feed_forward_backward(dout: Tensor, saved: List[Tensor], w: List[Tensor], gradients: List[Tensor]) -> Tensor:
  # [T, H] -> gradient of the sum after attention, [T, H]
  y = saved[1]
  r2 = saved[3]
  gate = saved[8]
  up = saved[9]
  act = torch.silu(gate)                                                                 # [T, I]
  inner = act * up
  _0 = torch.addmm_(gradients[8], torch.t(dout), inner)
  dinner = torch.mm(dout, w[17])                                                         # [T, I]
  dup = torch.mul(dinner, act, out=inner)
  dgate = torch.silu_backward(torch.mul_(dinner, up), gate)
  normed = y * r2                                                                        # [T, H]
  h = normed * w[13]
  _1 = torch.addmm_(gradients[6], torch.t(dgate), h)
  _2 = torch.addmm_(gradients[7], torch.t(dup), h)
  dh = torch.addmm_(torch.mm(dgate, w[15]), dup, w[16])
  return torch.add_(_norm_backward_(dh, normed, r2, w[13], gradients[5]), dout)

def _attention_backward(da: Tensor, saved: List[Tensor], style: List[int], scale: float,
    lengths: List[int]) -> List[Tensor]:
  # da: [T, heads, d] -> gradients of q [T, heads, d], k and v [T, kv, d]
  tokens = da.size(0)
  times = style[0] // style[1]
  ks = _repeat_heads(saved[5], times)
  vs = _repeat_heads(saved[6], times)
  rows = 1
  if len(lengths) == 1:
    rows = tokens // lengths[0]
  qs = annotate(List[Tensor], [])
  dks = annotate(List[Tensor], [])
  dvs = annotate(List[Tensor], [])
  at = 0
  for i in range(len(lengths)):
    n = lengths[i]
    dq, dk, dv = torch._scaled_dot_product_flash_attention_for_cpu_backward(_heads_of(da, at, rows, n),
        _heads_of(saved[4], at, rows, n), _heads_of(ks, at, rows, n), _heads_of(vs, at, rows, n),
        _heads_of(saved[7], at, rows, n), saved[10 + i], 0.0, True, scale=scale)
    _0 = torch.append(qs, _in_line(dq))
    _1 = torch.append(dks, _in_line(dk))
    _2 = torch.append(dvs, _in_line(dv))
    at = at + rows * n
  k = torch.cat(dks)
  v = torch.cat(dvs)
  if times > 1:
    k = torch.sum(torch.view(k, [tokens, style[1], times, -1]), [2])
    v = torch.sum(torch.view(v, [tokens, style[1], times, -1]), [2])
  return [torch.cat(qs), k, v]

def llama_layer_backward(dout: Tensor, x: Tensor, saved: List[Tensor], cos: Tensor, sin: Tensor, w: List[Tensor],
    gradients: List[Tensor], style: List[int], numbers: List[float], lengths: List[int]) -> Tensor:
  # saved: what llama_layer returned. Adds to gradients, in place, those of the norm before attention, q, k, v, o, the norm
  # before the feed-forward, gate, up and down; returns that of x, [T, H].
  tokens = x.size(0)
  dy = _feed_forward_backward(dout, saved, w, gradients)                                 # [T, H]
  _0 = torch.addmm_(gradients[4], torch.t(dy), torch.reshape(saved[7], [tokens, -1]))
  da = torch.view(torch.mm(dy, w[5]), [tokens, style[0], -1])                            # [T, heads, d]
  parts = _attention_backward(da, saved, style, numbers[1], lengths)
  dq = torch.reshape(_turn_(parts[0], cos, sin, -1.0), [tokens, -1])
  dk = torch.reshape(_turn_(parts[1], cos, sin, -1.0), [tokens, -1])
  dv = torch.reshape(parts[2], [tokens, -1])
  normed = x * saved[2]                                                                  # [T, H]
  h = normed * w[0]
  _1 = torch.addmm_(gradients[1], torch.t(dq), h)
  _2 = torch.addmm_(gradients[2], torch.t(dk), h)
  _3 = torch.addmm_(gradients[3], torch.t(dv), h)
  dh = torch.addmm_(torch.addmm_(torch.mm(dq, w[2]), dk, w[3]), dv, w[4])                # [T, H]
  return torch.add_(_norm_backward_(dh, normed, saved[2], w[0], gradients[0]), dy)
