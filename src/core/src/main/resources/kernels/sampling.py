# Choice of the next token from logits.

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
