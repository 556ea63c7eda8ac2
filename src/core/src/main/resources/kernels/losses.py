# Training losses. Every loss is a sum over its rows divided by `denominator`, the rows of the whole mini-batch:
# micro-batches then add up to exactly the loss and the gradient of the mini-batch, whatever their sizes.
# Statistics come as one detached vector of sums, so that they add up in the same way.

def policy_loss(log_probs: Tensor, old_log_probs: Tensor, advantages: Tensor, weights: Tensor, clip_low: float,
    clip_high: float, dual_clip: float, denominator: float) -> Tuple[Tensor, Tensor]:
  # PPO clip (Schulman et al. 2017, equation 7) with separate bounds; dual_clip c > 1 bounds the objective of negative
  # advantages by c * A (Ye et al. 2020, equation 5), 0 switches it off. All [N], one row an action; weights say how
  # much a row counts.
  # -> loss [], sums [4]: clipped rows, k3 estimate of KL(old || new), ratio, largest |ratio - 1| (a maximum, no sum)
  change = torch.clamp(log_probs - old_log_probs, -20.0, 20.0)   # exp of more is infinite in fp32 long before it helps
  ratio = torch.exp(change)
  plain = ratio * advantages
  clipped = torch.clamp(ratio, 1.0 - clip_low, 1.0 + clip_high) * advantages
  objective = torch.minimum(plain, clipped)
  if dual_clip > 0.0:
    objective = torch.where(advantages < 0.0, torch.maximum(objective, advantages * dual_clip), objective)
  loss = torch.neg(torch.sum(objective * weights)) / denominator
  d = torch.detach(change)
  r = torch.detach(ratio)
  sums = torch.stack([torch.to(torch.sum(torch.detach(clipped) < torch.detach(plain)), 6),
      torch.sum(torch.expm1(d) - d), torch.sum(r), torch.max(torch.abs(r - 1.0))])
  return (loss, sums)

def value_loss(values: Tensor, old_values: Tensor, returns: Tensor, clip: float,
    denominator: float) -> Tuple[Tensor, Tensor]:
  # Half the squared error, the larger of the one of V and of V kept within clip of its old value; clip 0 switches that
  # off. All [N]. -> loss [], sums [1]: rows whose clipped error is the larger one
  plain = torch.square(values - returns)
  if clip > 0.0:
    near = old_values + torch.clamp(values - old_values, -clip, clip)
    limited = torch.square(near - returns)
    loss = torch.sum(torch.maximum(plain, limited)) * (0.5 / denominator)
    sums = torch.reshape(torch.to(torch.sum(torch.detach(limited) > torch.detach(plain)), 6), [1])
  else:
    loss = torch.sum(plain) * (0.5 / denominator)
    sums = _zeros([1], values)
  return (loss, sums)

def kl_loss(log_probs: Tensor, reference: Tensor, weights: Tensor, estimator: int,
    denominator: float) -> Tensor:
  # Estimate of KL(policy || reference) whose gradient is wanted (Schulman 2020): k2 = l^2 / 2, k3 = exp(-l) - 1 + l with
  # l = log p - log q, limited to 10 a row. The gradient of k1 = l has mean zero, so there is no k1. All [N]. -> []
  l = torch.clamp(log_probs - reference, -20.0, 20.0)   # beyond that exp would poison the gradient of the limit
  if estimator == 2:
    kl = torch.square(l) * 0.5
  else:
    kl = torch.expm1(torch.neg(l)) + l
  return torch.sum(torch.clamp(kl, -10.0, 10.0) * weights) / denominator

def preference_loss(chosen: Tensor, rejected: Tensor, margins: Tensor, focal_gamma: float, smoothing: float,
    barrier_weight: float, square_weight: float, centering: float, denominator: float) -> Tuple[Tensor, Tensor]:
  # Pairs of scores, all [P]; margins is empty or [P].
  # Ranking (Ouyang et al. 2022, equation 1) with the margin of Llama 2: -log sigmoid(c - r - m).
  # focal_gamma > 0 multiplies it by (1 - 2 max(0, p - 1/2))^gamma, p = sigmoid(c - r - m), and the gradient flows
  # through the factor (InternLM2 report 2024, section 4.2.1).
  # smoothing > 0 takes a label to be wrong with that probability: (1 - s) -log sigmoid(d) + s -log sigmoid(-d).
  # Penalties on both scores: barrier_weight * -(log(5 - x) + log(5 + x)), x kept 1e-3 inside, so that there is no
  # gradient beyond the wall; square_weight * x^2. On the pair: centering * (c + r)^2 (Eisenstein et al. 2023, equation 2).
  # -> loss [], sums [4]: ranking term, weighted penalty, pairs with c > r, pairs with c == r
  gap = chosen - rejected
  if margins.size(0) > 0:
    difference = gap - margins
  else:
    difference = gap
  rank = torch.neg(torch.log_sigmoid(difference))
  if focal_gamma > 0.0:
    easy = torch.relu(torch.sigmoid(difference) - 0.5) * 2.0
    rank = rank * torch.pow(1.0 - easy, focal_gamma)
  if smoothing > 0.0:
    rank = rank * (1.0 - smoothing) - torch.log_sigmoid(torch.neg(difference)) * smoothing
  ranking = torch.sum(rank)
  penalty = torch.zeros_like(ranking)
  scores = torch.cat([chosen, rejected])
  if barrier_weight > 0.0:
    x = torch.clamp(scores, -4.999, 4.999)
    penalty = penalty - torch.sum(torch.log(5.0 - x) + torch.log(x + 5.0)) * barrier_weight
  if square_weight > 0.0:
    penalty = penalty + torch.sum(torch.square(scores)) * square_weight
  if centering > 0.0:
    penalty = penalty + torch.sum(torch.square(chosen + rejected)) * centering
  g = torch.detach(gap)
  sums = torch.stack([torch.detach(ranking), torch.detach(penalty), torch.to(torch.sum(g > 0.0), 6),
      torch.to(torch.sum(g == 0.0), 6)])
  return ((ranking + penalty) / denominator, sums)

def step_loss(scores: Tensor, labels: Tensor, denominator: float) -> Tuple[Tensor, Tensor]:
  # Steps of answers, one score each and the probability that it is right: all [S].
  # Cross-entropy of right against wrong, p = sigmoid(score): -(y log p + (1 - y) log(1 - p)) (Lightman et al. 2023,
  # section 2.6, with hard labels). Labels of 1/2 take no side: they are left out of both counts.
  # -> loss [], sums [2]: steps whose score is on the side of their label, steps whose label takes a side
  entropy = torch.neg(labels * torch.log_sigmoid(scores) + (1.0 - labels) * torch.log_sigmoid(torch.neg(scores)))
  x = torch.detach(scores)
  sided = torch.ne(labels, 0.5)
  agrees = torch.eq(x > 0.0, labels > 0.5) & sided & torch.ne(x, 0.0)
  sums = torch.stack([torch.to(torch.sum(agrees), 6), torch.to(torch.sum(sided), 6)])
  return (torch.sum(entropy) / denominator, sums)

def dpo_loss(log_probs: Tensor, sequences: Tensor, contrast: Tensor, imitated: Tensor, reference: Tensor, beta: float,
    label_smoothing: float, ipo: bool, nll_coef: float, pairs: float,
    chosen_tokens: float) -> Tuple[Tensor, Tensor, Tensor]:
  # Pairs of answers: sequence 2p is the chosen one of pair p, 2p + 1 the rejected one. One row an action, all [N]:
  # log_probs, the sequence it belongs to, its weight in the comparison, and 1 where it belongs to a chosen answer.
  # reference: [2P], the same weighted sums under the reference policy.
  #   h = (log pi(c) - log ref(c)) - (log pi(r) - log ref(r))
  # sigmoid: -(1 - e) log sigmoid(beta h) - e log sigmoid(-beta h) (Rafailov et al. 2023, equation 7; Mitchell 2023)
  # ipo: (h - 1 / (2 beta))^2 (Azar et al. 2023, equation 17)
  # plus nll_coef times the mean cross-entropy of the chosen answers' tokens.
  # pairs and chosen_tokens are those of the whole mini-batch.
  # -> loss [], parts [2]: comparison and cross-entropy, implicit rewards beta (log pi - log ref) [2P]
  sums = torch.index_add(torch.zeros_like(reference), 0, sequences, log_probs * contrast)   # [2P]
  moved = torch.reshape(sums - reference, [-1, 2])                                          # [P, 2]
  h = torch.select(moved, 1, 0) - torch.select(moved, 1, 1)                                 # [P]
  if ipo:
    each = torch.square(h - 0.5 / beta)
  else:
    each = torch.neg(torch.log_sigmoid(h * beta) * (1.0 - label_smoothing)
        + torch.log_sigmoid(h * (0.0 - beta)) * label_smoothing)
  comparison = torch.sum(each) / pairs
  nll = torch.neg(torch.sum(log_probs * imitated)) / chosen_tokens
  parts = torch.stack([torch.detach(comparison), torch.detach(nll)])
  return (comparison + nll * nll_coef, parts, torch.reshape(torch.detach(moved), [-1]) * beta)
