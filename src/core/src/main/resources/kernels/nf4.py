# Matrices in 4 bits: NormalFloat (Dettmers et al. 2023, section 3 and appendix E) with double quantisation, value for
# value as bitsandbytes does it on a CPU.
#
# Each 64 successive elements share a scale, their largest magnitude, and are stored as the nearest of 16 levels, two to
# a byte, the first in its high half. The scales, less their mean, are stored in 8 bits: each 256 share a second scale,
# and the nearest of 256 levels of a dynamic floating type (Dettmers et al. 2022, section 2.1) is stored.

def nf4_tables() -> Tuple[Tensor, Tensor]:
  # Both levels of each byte [256, 2], and the levels of the scales [256] in ascending order.
  levels = torch.tensor([-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
      -0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725, 0.24611230194568634,
      0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0])
  byte = torch.arange(256)
  high = torch.index_select(levels, 0, torch.floor_divide(byte, 16))
  low = torch.index_select(levels, 0, torch.remainder(byte, 16))
  parts = [torch.tensor([0.0, 1.0])]
  for i in range(7):
    edges = torch.linspace(0.1, 1.0, (1 << i) + 1)
    means = (edges[:-1] + edges[1:]) / 2.0 * (10.0 ** (i - 6))
    _0 = torch.append(parts, means)
    _1 = torch.append(parts, torch.neg(means))
  return (torch.stack([high, low], 1), torch.sort(torch.cat(parts))[0])

def _nearest(x: Tensor, levels: Tensor) -> Tensor:
  # Index of the nearest of the ascending levels.
  return torch.bucketize(x, (levels[1:] + levels[:-1]) / 2.0)

def _ranked(x: Tensor) -> Tensor:
  # Numbers within [-1, 1] as bitsandbytes looks them up on a CPU: the nearest of 65,536 evenly spaced ones. Of two levels
  # this can choose the farther, if x lies within 1.5e-5 of midway between them.
  rank = torch.floor((x + 1.0) * 0.5 * 65535.0 + 0.5)
  return rank * 2.0 / 65535.0 - 1.0

def nf4_quantised(weight: Tensor, pairs: Tensor, scale_levels: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
  # weight [out, in], its elements a multiple of 64 and in even
  # -> bytes [out, in / 2], codes of the scales [blocks], and their second scales with the mean behind them
  blocks = torch.reshape(weight, [-1, 64])
  largest = torch.amax(torch.abs(blocks), [1])                                                   # [blocks]
  scaled = torch.clamp(blocks * torch.unsqueeze(1.0 / torch.clamp_min(largest, 1e-38), 1), -1.0, 1.0)
  index = torch.reshape(_nearest(scaled, pairs[0:16, 1]), [-1, 2])
  bytes = torch.to(index[:, 0] * 16 + index[:, 1], 0)
  mean = torch.mean(largest)
  count = largest.size(0)
  groups = (count + 255) // 256
  rest = torch.reshape(torch.constant_pad_nd(largest - mean, [0, groups * 256 - count]), [groups, 256])
  second = torch.amax(torch.abs(rest), [1])                                                      # [groups]
  shares = torch.clamp(rest * torch.unsqueeze(1.0 / torch.clamp_min(second, 1e-38), 1), -1.0, 1.0)
  codes = _nearest(_ranked(shares), scale_levels)
  return (torch.reshape(bytes, [weight.size(0), weight.size(1) // 2]), torch.to(torch.reshape(codes, [-1])[:count], 0),
      torch.cat([second, torch.reshape(mean, [1])]))

def nf4_weight(bytes: Tensor, codes: Tensor, scales: Tensor, pairs: Tensor, scale_levels: Tensor) -> Tensor:
  # The inverse of nf4_quantised: [out, in]
  groups = scales.size(0) - 1
  second = torch.repeat_interleave(scales[:groups], 256)[:codes.size(0)]
  largest = torch.index_select(scale_levels, 0, torch.to(codes, 3)) * second + scales[groups]    # [blocks]
  values = torch.index_select(pairs, 0, torch.to(torch.reshape(bytes, [-1]), 3))                 # [elements / 2, 2]
  blocks = torch.reshape(values, [-1, 64]) * torch.unsqueeze(largest, 1)
  return torch.reshape(blocks, [bytes.size(0), bytes.size(1) * 2])
