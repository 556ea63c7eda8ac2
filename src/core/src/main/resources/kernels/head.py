# Heads: what is read off the hidden states.

def _soft_cap(x: Tensor, cap: float) -> Tensor:
  # cap * tanh(x / cap), bounded by +-cap; 0 leaves x as it is
  if cap == 0.0:
    return x
  return torch.tanh(x / cap) * cap

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

def token_log_probs(hidden: Tensor, projection: Tensor, targets: Tensor, temperature: float,
    soft_cap: float, chunk: int) -> Tuple[Tensor, Tensor]:
  # Log-probability of each target and entropy of its distribution, both [N], nats, of softmax(logits / temperature).
  # hidden: [N, H], targets: [N]. Works through chunks of rows, so that [N, V] is never held without gradients.
  log_probs = annotate(List[Tensor], [])
  entropies = annotate(List[Tensor], [])
  n = hidden.size(0)
  for start in range(0, n, chunk):
    end = min(start + chunk, n)
    z = _logits_of(hidden[start:end], projection, soft_cap) / temperature          # [C, V]
    normaliser = torch.logsumexp(z, [1])                                           # [C]
    chosen = torch.squeeze(torch.gather(z, 1, torch.unsqueeze(targets[start:end], 1)), 1)
    _0 = torch.append(log_probs, chosen - normaliser)
    p = torch.softmax(torch.detach(z), 1)
    _1 = torch.append(entropies, torch.detach(normaliser) - torch.sum(p * torch.detach(z), [1]))
  return (torch.cat(log_probs), torch.cat(entropies))

def next_token_loss(hidden: Tensor, projection: Tensor, rows: Tensor, targets: Tensor, soft_cap: float,
    scale: float) -> Tensor:
  # scale * sum of -log softmax(logits)[target] over the chosen rows -> []
  # hidden: [T, H], rows and targets: [N]; nats
  z = _logits_of(torch.index_select(hidden, 0, rows), projection, soft_cap)   # [N, V]
  return scale * torch.cross_entropy_loss(z, targets, None, 2, -100, 0.0)
