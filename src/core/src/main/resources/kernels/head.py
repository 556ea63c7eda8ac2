# Heads: what is read off the hidden states.

def _soft_cap(x: Tensor, cap: float) -> Tensor:
  # cap * tanh(x / cap), bounded by +-cap; 0 leaves x as it is
  if cap == 0.0:
    return x
  return torch.tanh(x / cap) * cap

def _divide_(x: Tensor, divisor: float) -> Tensor:
  # in place; without a pass over memory for nothing
  if divisor == 1.0:
    return x
  return torch.div_(x, divisor)

def _logits_of(hidden: Tensor, projection: Tensor, soft_cap: float) -> Tensor:
  return _soft_cap(torch.linear(hidden, projection), soft_cap)

def logits(hidden: Tensor, projection: Tensor, soft_cap: float) -> Tensor:
  # hidden: [N, H], projection: [V, H] -> [N, V]; for inspection, not for training
  return _logits_of(hidden, projection, soft_cap)

def select_rows(hidden: Tensor, rows: Tensor) -> Tensor:
  # [T, H], [N] -> [N, H]
  return torch.index_select(hidden, 0, rows)

def scalar_head(hidden: Tensor, weight: Tensor) -> Tensor:
  # One score a row. hidden: [N, H], weight: [1, H] -> [N]
  return torch.squeeze(torch.linear(hidden, weight), 1)

def token_log_probs(hidden: Tensor, projection: Tensor, targets: Tensor, temperature: float, soft_cap: float,
    chunk: int) -> Tuple[Tensor, Tensor]:
  # Log-probability of each target and entropy of its distribution, both [N], nats, of softmax(logits / temperature).
  # hidden: [N, H], targets: [N]. Works through chunks of rows, so that [N, V] is never held.
  log_probs = annotate(List[Tensor], [])
  entropies = annotate(List[Tensor], [])
  n = hidden.size(0)
  for start in range(0, n, chunk):
    end = min(start + chunk, n)
    z = _divide_(_logits_of(hidden[start:end], projection, soft_cap), temperature)         # [C, V]
    normaliser = torch.logsumexp(z, [1])                                                   # [C]
    chosen = torch.squeeze(torch.gather(z, 1, torch.unsqueeze(targets[start:end], 1)), 1)  # [C]
    _0 = torch.append(log_probs, chosen - normaliser)
    _1 = torch.append(entropies, normaliser - torch.sum(torch.mul_(torch.softmax(z, 1), z), [1]))
  return (torch.cat(log_probs), torch.cat(entropies))

def _through_soft_cap(gradient: Tensor, z: Tensor, temperature: float, soft_cap: float) -> Tensor:
  # From the gradient of z = cap(logits) / temperature to that of the logits: cap' = 1 - (z temperature / cap)^2.
  # Overwrites gradient and, under a soft cap, z. [C, V]
  if soft_cap > 0.0:
    _0 = torch.mul_(gradient, torch.rsub(torch.square_(torch.mul_(z, temperature / soft_cap)), 1))
  return _divide_(gradient, temperature)

def token_log_probs_backward(hidden: Tensor, projection: Tensor, targets: Tensor, log_prob_gradient: Tensor,
    entropy_gradient: Tensor, temperature: float, soft_cap: float, chunk: int, projection_gradient: Tensor) -> Tensor:
  # Gradient of token_log_probs, computed chunk by chunk from the closed forms: with p = softmax(z)
  #   d log p[target] / dz = onehot(target) - p          d entropy / dz = -p (log p + entropy)
  # log_prob_gradient, entropy_gradient: [N], the latter empty if no loss depends on the entropies.
  # Adds to projection_gradient [V, H] in place, unless that is empty; returns the gradient of hidden, [N, H].
  parts = annotate(List[Tensor], [])
  n = hidden.size(0)
  for start in range(0, n, chunk):
    end = min(start + chunk, n)
    h = hidden[start:end]                                                            # [C, H]
    g = torch.unsqueeze(log_prob_gradient[start:end], 1)                             # [C, 1]
    z = _divide_(_logits_of(h, projection, soft_cap), temperature)                   # [C, V]
    p = torch.softmax(z, 1)                                                          # [C, V]
    if entropy_gradient.size(0) > 0:
      mean = torch.sum(p * z, [1], True)                                             # [C, 1]
      slope = torch.mul_(z - mean, torch.unsqueeze(entropy_gradient[start:end], 1))  # [C, V]
      slope = torch.add_(slope, g)
      d = torch.neg_(torch.mul_(p, slope))
    else:
      d = torch.neg_(torch.mul_(p, g))
    _0 = torch.scatter_add_(d, 1, torch.unsqueeze(targets[start:end], 1), g)
    d = _through_soft_cap(d, z, temperature, soft_cap)                               # [C, V]
    _1 = torch.append(parts, torch.mm(d, projection))                                # [C, H]
    if projection_gradient.size(0) > 0:
      _2 = torch.addmm_(projection_gradient, torch.t(d), h)
  return torch.cat(parts)

def next_token_loss(hidden: Tensor, projection: Tensor, targets: Tensor, soft_cap: float, scale: float,
    chunk: int) -> Tensor:
  # scale * sum of -log softmax(logits)[target], nats -> []. hidden: [N, H], targets: [N]
  total = _zeros([], hidden)
  n = hidden.size(0)
  for start in range(0, n, chunk):
    end = min(start + chunk, n)
    z = _logits_of(hidden[start:end], projection, soft_cap)                          # [C, V]
    total = total + torch.cross_entropy_loss(z, targets[start:end], None, 2, -100, 0.0)
  return total * scale

def _log_softmax(z: Tensor, overwrite: bool) -> Tensor:
  # over the last dimension; overwriting spares memory as large as the logits of a chunk
  if overwrite:
    return torch._log_softmax(z, 1, False, out=z)
  return torch.log_softmax(z, 1)

def next_token_loss_and_gradient(hidden: Tensor, projection: Tensor, targets: Tensor, soft_cap: float, scale: float,
    chunk: int, projection_gradient: Tensor) -> Tuple[Tensor, Tensor]:
  # next_token_loss and its gradient, which is known as soon as the logits are: scale * (p - onehot(target)).
  # Adds to projection_gradient [V, H] in place, unless that is empty. -> loss [], gradient of hidden [N, H]
  total = _zeros([], hidden)
  parts = annotate(List[Tensor], [])
  n = hidden.size(0)
  for start in range(0, n, chunk):
    end = min(start + chunk, n)
    h = hidden[start:end]                                                            # [C, H]
    t = torch.unsqueeze(targets[start:end], 1)                                       # [C, 1]
    z = _logits_of(h, projection, soft_cap)                                          # [C, V]
    log_p = _log_softmax(z, soft_cap == 0.0)                                         # [C, V]
    total = total - torch.sum(torch.gather(log_p, 1, t))
    d = torch.exp_(log_p)
    _0 = torch.scatter_add_(d, 1, t, _zeros([end - start, 1], d) - 1.0)
    d = _through_soft_cap(torch.mul_(d, scale), z, 1.0, soft_cap)                    # [C, V]
    _1 = torch.append(parts, torch.mm(d, projection))                                # [C, H]
    if projection_gradient.size(0) > 0:
      _2 = torch.addmm_(projection_gradient, torch.t(d), h)
  return (total * scale, torch.cat(parts))

def scatter_rows(values: Tensor, rows: Tensor, total: int) -> Tensor:
  # The transpose of select_rows: [N, H], [N] -> [T, H]; rows that occur several times are added up
  return torch.index_add_(_zeros([total, values.size(1)], values), 0, rows, values)
