# Optimiser steps over whole lists of parameters at once.

def global_norm(xs: List[Tensor]) -> Tensor:
  # square root of the sum of squares of every element of every tensor -> []
  return torch.linalg_vector_norm(torch.stack(torch._foreach_norm(xs)))

def clip_by_global_norm_(gradients: List[Tensor], max_norm: float) -> Tensor:
  # Scales all gradients in place so that their common norm is at most max_norm; returns the norm before. -> []
  norm = global_norm(gradients)
  if max_norm > 0.0 and float(norm) + 2e-06 > max_norm * 0.999:   # a factor of 1 is left out
    torch._foreach_mul_(gradients, torch.clamp_max(max_norm / (norm + 1e-06), 1.0))
  return norm

def zero_(xs: List[Tensor]) -> Tensor:
  torch._foreach_zero_(xs)
  return torch.zeros([1])

def follow_(averages: List[Tensor], weights: List[Tensor], share: float) -> Tensor:
  # averages += share * (weights - averages), in place
  torch._foreach_lerp_(averages, weights, share)
  return torch.zeros([1])

def adamw_(parameters: List[Tensor], gradients: List[Tensor], first: List[Tensor], second: List[Tensor],
    steps: List[Tensor], learning_rate: float, beta1: float, beta2: float, weight_decay: float,
    epsilon: float) -> Tensor:
  # Loshchilov and Hutter 2019, algorithm 2, in place; steps holds one fp32 scalar per parameter.
  torch._foreach_add_(steps, 1.0)
  torch._fused_adamw_(parameters, gradients, first, second, [], steps, lr=learning_rate, beta1=beta1, beta2=beta2,
      weight_decay=weight_decay, eps=epsilon, amsgrad=False, maximize=False)
  return steps[0]


# The others work on one parameter after the other, so that they never hold more than one of them a second time. What is
# in the gradients afterwards does not matter.

def _with_decay(gradient: Tensor, weights: Tensor, weight_decay: float) -> Tensor:
  # Decay as part of the gradient, as torch.optim has it for all of these; in place.
  if weight_decay > 0.0:
    _0 = torch.add_(gradient, weights, alpha=weight_decay)
  return gradient

def sgd_(parameters: List[Tensor], gradients: List[Tensor], velocities: List[Tensor], learning_rate: float,
    momentum: float, weight_decay: float) -> Tensor:
  # As torch.optim.SGD: decay is part of the gradient; no velocities without momentum.
  for i in range(len(parameters)):
    g = _with_decay(gradients[i], parameters[i], weight_decay)
    if momentum > 0.0:
      g = torch.add_(torch.mul_(velocities[i], momentum), g)
    _1 = torch.add_(parameters[i], g, alpha=-learning_rate)
  return torch.zeros([1])

def rmsprop_(parameters: List[Tensor], gradients: List[Tensor], squares: List[Tensor], velocities: List[Tensor],
    learning_rate: float, alpha: float, momentum: float, weight_decay: float, epsilon: float) -> Tensor:
  # Tieleman and Hinton 2012, lecture 6.5, as torch.optim.RMSprop: decay is part of the gradient.
  for i in range(len(parameters)):
    g = _with_decay(gradients[i], parameters[i], weight_decay)
    _1 = torch.addcmul_(torch.mul_(squares[i], alpha), g, g, value=1.0 - alpha)
    root = torch.add_(torch.sqrt(squares[i]), epsilon)
    if momentum > 0.0:
      _2 = torch.addcdiv_(torch.mul_(velocities[i], momentum), g, root)
      _3 = torch.add_(parameters[i], velocities[i], alpha=-learning_rate)
    else:
      _4 = torch.addcdiv_(parameters[i], g, root, value=-learning_rate)
  return torch.zeros([1])

def adagrad_(parameters: List[Tensor], gradients: List[Tensor], squares: List[Tensor], learning_rate: float,
    weight_decay: float, epsilon: float) -> Tensor:
  # Duchi, Hazan and Singer 2011, as torch.optim.Adagrad: decay is part of the gradient.
  for i in range(len(parameters)):
    g = _with_decay(gradients[i], parameters[i], weight_decay)
    _1 = torch.addcmul_(squares[i], g, g)
    _2 = torch.addcdiv_(parameters[i], g, torch.add_(torch.sqrt(squares[i]), epsilon), value=-learning_rate)
  return torch.zeros([1])

def lion_(parameters: List[Tensor], gradients: List[Tensor], moments: List[Tensor], learning_rate: float, beta1: float,
    beta2: float, weight_decay: float) -> Tensor:
  # Chen et al. 2023, algorithm 2.
  for i in range(len(parameters)):
    direction = torch.sign_(torch.lerp(gradients[i], moments[i], beta1))
    _0 = torch.add_(torch.mul_(parameters[i], 1.0 - learning_rate * weight_decay), direction, alpha=-learning_rate)
    _1 = torch.lerp_(moments[i], gradients[i], 1.0 - beta2)
  return torch.zeros([1])

def _adafactor_step_(weight: Tensor, update: Tensor, learning_rate: float, weight_decay: float) -> Tensor:
  # Algorithm 4: the update is limited to a root mean square of 1.
  rms = float(torch.linalg_vector_norm(update)) / float(update.numel()) ** 0.5
  factor = learning_rate if rms < 1.0 else learning_rate / rms
  if weight_decay > 0.0:
    _0 = torch.mul_(weight, 1.0 - learning_rate * weight_decay)
  return torch.add_(weight, update, alpha=-factor)

def adafactor_(matrices: List[Tensor], gradients: List[Tensor], rows: List[Tensor], columns: List[Tensor],
    steps: List[Tensor], learning_rate: float, weight_decay: float) -> Tensor:
  # Shazeer and Stern 2018, algorithm 4, without the first moment and with a given learning rate, as transformers'
  # Adafactor with scale_parameter and relative_step off: decay exponent 0.8, 1e-30 added to squares, clipping at 1.
  for i in range(len(matrices)):
    g = gradients[i]                                                                              # [n, m]
    _0 = torch.add_(steps[i], 1.0)
    decay = 1.0 - float(steps[i]) ** -0.8
    row = torch.square(torch.linalg_vector_norm(g, 2, [1])) / float(g.size(1)) + 1e-30            # [n]
    column = torch.square(torch.linalg_vector_norm(g, 2, [0])) / float(g.size(0)) + 1e-30         # [m]
    _1 = torch.lerp_(rows[i], row, 1.0 - decay)
    _2 = torch.lerp_(columns[i], column, 1.0 - decay)
    scale = torch.rsqrt(rows[i] / torch.mean(rows[i]))
    _3 = torch.mul_(torch.mul_(g, torch.unsqueeze(scale, 1)), torch.unsqueeze(torch.rsqrt(columns[i]), 0))
    _4 = _adafactor_step_(matrices[i], g, learning_rate, weight_decay)
  return torch.zeros([1])

def adafactor_vectors_(vectors: List[Tensor], gradients: List[Tensor], squares: List[Tensor], steps: List[Tensor],
    learning_rate: float, weight_decay: float) -> Tensor:
  # The same for what has no rows and columns.
  for i in range(len(vectors)):
    g = gradients[i]
    _0 = torch.add_(steps[i], 1.0)
    decay = 1.0 - float(steps[i]) ** -0.8
    _1 = torch.lerp_(squares[i], torch.square(g) + 1e-30, 1.0 - decay)
    _2 = _adafactor_step_(vectors[i], torch.mul_(g, torch.rsqrt(squares[i])), learning_rate, weight_decay)
  return torch.zeros([1])


# Moments in 8 bits (Dettmers et al. 2022): 256 elements share their largest magnitude as scale, and the nearest of 256
# levels of a dynamic floating type is stored. Eight codes are one int64, so a moment is [blocks, 32] beside its scales
# [blocks]. Levels are those of bitsandbytes, both signed and not.

def moment_levels() -> Tensor:
  # [2, 256]: those of a moment with signs, and those of one without, both ascending
  signed = [torch.tensor([0.0, 1.0])]
  unsigned = [torch.tensor([0.0, 1.0])]
  for i in range(7):
    edges = torch.linspace(0.1, 1.0, (1 << i) + 1)
    means = (edges[:-1] + edges[1:]) / 2.0 * (10.0 ** (i - 6))
    _0 = torch.append(signed, means)
    _1 = torch.append(signed, torch.neg(means))
    finer = torch.linspace(0.1, 1.0, (2 << i) + 1)
    _2 = torch.append(unsigned, (finer[:-1] + finer[1:]) / 2.0 * (10.0 ** (i - 6)))
  return torch.stack([torch.sort(torch.cat(signed))[0], torch.sort(torch.cat(unsigned))[0]])

def _places(beside: Tensor) -> Tensor:
  # where the eight codes of an element begin, bits -> [8]
  return torch.to(torch.arange(8) * 8, ops.prim.device(beside))

def _moment_blocks(codes: Tensor, scales: Tensor, levels: Tensor) -> Tensor:
  # codes [b, 32], scales [b], levels [256] -> [b, 256]
  single = torch.bitwise_right_shift(torch.unsqueeze(codes, 2), _places(codes))                   # [b, 32, 8]
  values = torch.index_select(levels, 0, torch.reshape(torch.bitwise_and_(single, 255), [-1]))
  return torch.mul_(torch.reshape(values, [codes.size(0), 256]), torch.unsqueeze(scales, 1))

def _put_codes_(codes: Tensor, single: Tensor) -> Tensor:
  # single [b, 256] -> codes [b, 32]
  eight = torch.reshape(single, [codes.size(0), 32, 8])
  return torch.copy_(codes, torch.sum(torch.bitwise_left_shift(eight, _places(codes)), [2]))

def _level_cells(levels: Tensor, least: int) -> Tensor:
  # Ascending levels from 0 to 1 -> [2, 4096]: for each of 512 cells of a decade, the level that is nearest at its lower
  # end, as a number of at least so much, and where the next one begins; no cell holds two such places.
  edges = torch.clamp_max(torch.exp((torch.arange(4096) / 512 - 7.0) * 2.302585092994046), 1.0)
  ends = torch.constant_pad_nd((levels[1:] + levels[:-1]) / 2.0, [0, 1], 2.0)
  level = torch.clamp_min(torch.bucketize(edges, ends), least)
  return torch.stack([torch.to(level, 6), torch.index_select(ends, 0, level)])

def moment_cells(levels: Tensor) -> Tensor:
  # levels as moment_levels gives them -> [2, 2, 4096]: of the signed ones from 0 on, and of the unsigned ones. What is
  # divided by must not become zero: the least of the second is 1.
  return torch.stack([_level_cells(levels[0][127:], 0), _level_cells(levels[1], 1)])

def _nearest_level(x: Tensor, cells: Tensor) -> Tensor:
  # The nearest level, with the sign of x, which lies in [-1, 1]: like a search among the levels, in a third of its time.
  size = torch.abs(x)
  cell = torch.to(torch.clamp_(torch.add_(torch.mul_(torch.log10(size), 512.0), 3584.0), 0.0, 4095.0), 3)
  flat = torch.reshape(cell, [-1])
  begins = torch.reshape(torch.index_select(cells[1], 0, flat), x.size())
  level = torch.reshape(torch.index_select(cells[0], 0, flat), x.size())
  return torch.mul_(torch.add_(level, torch.gt(size, begins)), torch.sign(x))

def _scaled_(blocks: Tensor, scales: Tensor) -> Tensor:
  # Blocks [b, 256] less than their scales [b] in size -> [-1, 1]
  return torch.div_(blocks, torch.unsqueeze(torch.clamp_min(scales, 1e-38), 1))

def _keep_moment_(codes: Tensor, scales: Tensor, cells: Tensor, blocks: Tensor) -> Tensor:
  # The inverse of _moment_blocks; blocks [b, 256] are used up. Zero is level 127, and there is no -1.
  _0 = torch.copy_(scales, torch.amax(torch.abs(blocks), [1]))
  level = torch.add_(_nearest_level(_scaled_(blocks, scales), cells), 127.0)
  return _put_codes_(codes, torch.to(torch.clamp_min_(level, 0.0), 4))

def _keep_squares_(codes: Tensor, scales: Tensor, cells: Tensor, blocks: Tensor) -> Tensor:
  # The same without signs.
  _0 = torch.copy_(scales, torch.amax(blocks, [1]))
  return _put_codes_(codes, torch.to(_nearest_level(_scaled_(blocks, scales), cells), 4))

def _blocks(flat: Tensor, first: int, last: int) -> Tensor:
  # A stretch of a flat tensor, filled up with zeros -> [b, 256]
  part = flat[first:last]
  return torch.reshape(torch.constant_pad_nd(part, [0, (first - last) % 256]), [-1, 256])

def _move_(flat: Tensor, first: int, last: int, kept: float, step: Tensor) -> Tensor:
  # Weights of a stretch: kept times what they were, plus step [b, 256].
  return torch.add_(torch.mul_(flat[first:last], kept), torch.reshape(step, [-1])[:last - first])

def adamw_8bit_(parameters: List[Tensor], gradients: List[Tensor], first: List[Tensor], first_scales: List[Tensor],
    second: List[Tensor], second_scales: List[Tensor], steps: List[Tensor], levels: Tensor, cells: Tensor, learning_rate: float,
    beta1: float, beta2: float, weight_decay: float, epsilon: float) -> Tensor:
  # AdamW as above. Works through a parameter in stretches, of which alone the moments are there in fp32.
  table = torch.to(levels, ops.prim.device(parameters[0]))
  places = torch.to(cells, ops.prim.device(parameters[0]))
  kept = 1.0 - learning_rate * weight_decay
  for i in range(len(parameters)):
    _0 = torch.add_(steps[i], 1.0)
    correction1 = 1.0 - beta1 ** float(steps[i])
    correction2 = (1.0 - beta2 ** float(steps[i])) ** 0.5
    weight = torch.view(parameters[i], [-1])
    gradient = torch.reshape(gradients[i], [-1])
    for b in range(0, first_scales[i].size(0), 1024):
      g = _blocks(gradient, b * 256, min((b + 1024) * 256, gradient.size(0)))                     # [b, 256]
      m = torch.lerp_(_moment_blocks(first[i][b:b + 1024], first_scales[i][b:b + 1024], table[0]), g, 1.0 - beta1)
      v = _moment_blocks(second[i][b:b + 1024], second_scales[i][b:b + 1024], table[1])
      _1 = torch.addcmul_(torch.mul_(v, beta2), g, g, value=1.0 - beta2)
      root = torch.add_(torch.div_(torch.sqrt(v), correction2), epsilon)
      step = torch.mul_(torch.reciprocal_(root), m)
      _2 = _move_(weight, b * 256, min((b + 1024) * 256, weight.size(0)), kept,
          torch.mul_(step, -learning_rate / correction1))
      _3 = _keep_moment_(first[i][b:b + 1024], first_scales[i][b:b + 1024], places[0], m)
      _4 = _keep_squares_(second[i][b:b + 1024], second_scales[i][b:b + 1024], places[1], v)
  return torch.zeros([1])

def lion_8bit_(parameters: List[Tensor], gradients: List[Tensor], moments: List[Tensor], scales: List[Tensor],
    levels: Tensor, cells: Tensor, learning_rate: float, beta1: float, beta2: float, weight_decay: float) -> Tensor:
  # Lion as above, likewise.
  table = torch.to(levels, ops.prim.device(parameters[0]))
  places = torch.to(cells, ops.prim.device(parameters[0]))
  kept = 1.0 - learning_rate * weight_decay
  for i in range(len(parameters)):
    weight = torch.view(parameters[i], [-1])
    gradient = torch.reshape(gradients[i], [-1])
    for b in range(0, scales[i].size(0), 1024):
      g = _blocks(gradient, b * 256, min((b + 1024) * 256, gradient.size(0)))                     # [b, 256]
      m = _moment_blocks(moments[i][b:b + 1024], scales[i][b:b + 1024], table[0])
      step = torch.mul_(torch.sign_(torch.lerp(g, m, beta1)), -learning_rate)
      _0 = _move_(weight, b * 256, min((b + 1024) * 256, weight.size(0)), kept, step)
      _1 = _keep_moment_(moments[i][b:b + 1024], scales[i][b:b + 1024], places[0], torch.lerp_(m, g, 1.0 - beta2))
  return torch.zeros([1])
