# Building blocks shared by the model families.
#
# Sequences are packed: the T tokens of a batch stand in one row, sequence after sequence, and no padding reaches a matrix
# product. Only attention regroups them: sequences of similar length are gathered into a [G, L] block that is padded at
# its end. Under the causal mask a real token never sees the padding behind it, so no other mask is needed.

def _rms_norm(x: Tensor, weight: Tensor, epsilon: float) -> Tensor:
  # Zhang and Sennrich 2019, equation 4. x: [T, H]
  return torch.rms_norm(x, [weight.size(0)], weight, epsilon)

def rotary_tables(positions: int, dim: int, theta: float) -> Tensor:
  # Su et al. 2021: cosines and sines of position / theta^(2i/d), each repeated for both halves -> [2, positions, dim]
  inverse = 1.0 / torch.pow(theta, torch.to(torch.arange(0, dim, 2), 6) / dim)   # [dim/2]
  angles = torch.outer(torch.to(torch.arange(positions), 6), inverse)            # [positions, dim/2]
  angles = torch.cat([angles, angles], -1)                                       # [positions, dim]
  return torch.stack([torch.cos(angles), torch.sin(angles)])

def _rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
  # x: [T, heads, d]; cos, sin: [T, 1, d]; the halves form the pairs, as in the Hugging Face layout
  half = x.size(2) // 2
  turned = torch.cat([torch.neg(x[:, :, half:]), x[:, :, :half]], -1)
  return x * cos + turned * sin

def _repeat_heads(x: Tensor, times: int) -> Tensor:
  # grouped-query attention: [T, kv_heads, d] -> [T, kv_heads * times, d]
  if times == 1:
    return x
  return torch.reshape(torch.expand(torch.unsqueeze(x, 2), [x.size(0), x.size(1), times, x.size(2)]),
      [x.size(0), x.size(1) * times, x.size(2)])

def _attend_block(q: Tensor, k: Tensor, v: Tensor, rows: int, length: int) -> Tensor:
  # q, k, v: [rows * length, heads, d] -> [rows * length, heads * d]
  heads = q.size(1)
  dim = q.size(2)
  qb = torch.transpose(torch.view(q, [rows, length, heads, dim]), 1, 2)   # [rows, heads, length, d]
  kb = torch.transpose(torch.view(k, [rows, length, heads, dim]), 1, 2)
  vb = torch.transpose(torch.view(v, [rows, length, heads, dim]), 1, 2)
  o = torch.scaled_dot_product_attention(qb, kb, vb, None, 0.0, True)
  return torch.reshape(torch.transpose(o, 1, 2), [rows * length, heads * dim])

def _packed_attention(q: Tensor, k: Tensor, v: Tensor, blocks: List[Tensor], lengths: List[int],
    order: Tensor) -> Tensor:
  # Causal attention within each sequence. q, k, v: [T, heads, d] -> [T, heads * d]
  # blocks[i]: rows of the packed batch that fill block i, [G * L]; order: where each packed row went, [T], empty if the
  # batch is one block of equal sequences already in place.
  if order.size(0) == 0:
    return _attend_block(q, k, v, q.size(0) // lengths[0], lengths[0])
  outputs = annotate(List[Tensor], [])
  for i in range(len(blocks)):
    rows = blocks[i]
    o = _attend_block(torch.index_select(q, 0, rows), torch.index_select(k, 0, rows), torch.index_select(v, 0, rows),
        rows.size(0) // lengths[i], lengths[i])
    _0 = torch.append(outputs, o)
  return torch.index_select(torch.cat(outputs), 0, order)
