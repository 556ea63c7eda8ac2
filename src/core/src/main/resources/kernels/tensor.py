# Small helpers that Java needs and that have no model of their own.
#
# Kernels run where their inputs are. What a kernel makes by itself is made beside one of its inputs, by _zeros and
# _numbers: libtorch would make it in main memory.

def _zeros(sizes: List[int], beside: Tensor) -> Tensor:
  # fp32
  return torch.zeros(sizes, dtype=6, layout=None, device=ops.prim.device(beside))

def _numbers(start: int, end: int, beside: Tensor) -> Tensor:
  # start, start + 1, ... end - 1 as int64
  return torch.arange(start, end, dtype=4, layout=None, device=ops.prim.device(beside))

def moved(x: Tensor, device: str) -> Tensor:
  # a copy on another device
  return torch.to(x, torch.device(device))

def computes(device: str) -> Tensor:
  # fails where there is no such device; -> [1] in main memory
  x = torch.ones([1], dtype=6, layout=None, device=torch.device(device))
  return torch.to(x + x, torch.device("cpu"))

def fill_(x: Tensor, value: float) -> Tensor:
  return torch.fill_(x, value)

def normal_(x: Tensor, std: float, seed: int) -> Tensor:
  torch.manual_seed(seed)
  return torch.normal_(x, 0.0, std)

def uniform_(x: Tensor, bound: float, seed: int) -> Tensor:
  torch.manual_seed(seed)
  return torch.uniform_(x, 0.0 - bound, bound)

def copy_(target: Tensor, source: Tensor) -> Tensor:
  return torch.copy_(target, source)

def clone(x: Tensor) -> Tensor:
  return torch.detach(torch.clone(x))

def add(a: Tensor, b: Tensor) -> Tensor:
  return a + b

def scale(x: Tensor, factor: float) -> Tensor:
  return x * factor

def multiply_(x: Tensor, factor: Tensor) -> Tensor:
  return torch.mul_(x, factor)

def sum_all(x: Tensor) -> Tensor:
  return torch.sum(x)

def weighted_mean(x: Tensor, weights: Tensor, denominator: float) -> Tensor:
  # sum of x * weights over the denominator -> []
  return torch.sum(x * weights) / denominator

def all_finite(xs: List[Tensor]) -> Tensor:
  # -> [1], 1.0 if no element of any tensor is NaN or infinite; the extremes of NaN are NaN, and nothing as large as a
  # tensor is made beside it
  fine = _zeros([1], xs[0]) + 1.0
  for x in xs:
    if x.numel() > 0:
      least, greatest = torch.aminmax(x)
      fine = fine * torch.isfinite(least) * torch.isfinite(greatest)
  return fine

def carries_gradient(x: Tensor) -> Tensor:
  # Whether x is a leaf that wants a gradient or depends on one: one element, or none.
  if ops.prim.requires_grad(x):
    return torch.zeros([1])
  return torch.zeros([0])

def flat(x: Tensor) -> Tensor:
  # A one-dimensional view of a contiguous tensor.
  return x.view([-1])
