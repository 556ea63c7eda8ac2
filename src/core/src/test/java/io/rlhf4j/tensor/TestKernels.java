package io.rlhf4j.tensor;

import java.util.List;

/** Kernels that only tests need, in an archive of their own. */
public final class TestKernels {

  private static final long MODULE = KernelArchive.load(KernelSource.compose("""
      def multiply(a: Tensor, b: Tensor) -> Tensor:
        return a * b

      def transpose(x: Tensor) -> Tensor:
        return torch.transpose(x, 0, 1)

      def to_bf16(x: Tensor) -> Tensor:
        return torch.to(x, 15)

      def through_bf16(x: Tensor, y: Tensor) -> Tensor:
        return torch.to(torch.to(x, 15) * torch.to(y, 15), 6)

      def number(x: Tensor) -> int:
        return 7

      def mixed(x: Tensor) -> Tuple[Tensor, int]:
        return (x, 7)

      def pair(x: Tensor) -> Tuple[Tensor, Tensor]:
        return (x, x * 2.0)

      def halves(x: Tensor) -> List[Tensor]:
        return torch.chunk(x, 2)

      def plain_log_probs(hidden: Tensor, projection: Tensor, targets: Tensor, temperature: float,
          soft_cap: float) -> Tuple[Tensor, Tensor]:
        z = torch.linear(hidden, projection)
        if soft_cap > 0.0:
          z = torch.tanh(z / soft_cap) * soft_cap
        log_p = torch.log_softmax(z / temperature, 1)
        chosen = torch.squeeze(torch.gather(log_p, 1, torch.unsqueeze(targets, 1)), 1)
        return (chosen, torch.neg(torch.sum(torch.exp(log_p) * log_p, [1])))

      def dot(x: Tensor, y: Tensor) -> Tensor:
        return torch.sum(x * y)

      def square_matrices(x: Tensor, times: int) -> Tensor:
        y = x
        for i in range(times):
          y = torch.mm(y, x) * 0.001
        return y
      """));

  private TestKernels() {}

  public static Tensor tensor(String kernel, Object... arguments) {
    return Kernels.tensor(MODULE, kernel, arguments);
  }

  public static List<Tensor> tensors(String kernel, Object... arguments) {
    return Kernels.tensors(MODULE, kernel, arguments);
  }
}
