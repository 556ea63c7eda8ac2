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
