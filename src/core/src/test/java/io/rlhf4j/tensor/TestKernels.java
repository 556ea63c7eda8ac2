package io.rlhf4j.tensor;

import java.util.List;

/** Kernels that only tests need, in an archive of their own. */
final class TestKernels {

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

      def square_matrices(x: Tensor, times: int) -> Tensor:
        y = x
        for i in range(times):
          y = torch.mm(y, x) * 0.001
        return y
      """));

  private TestKernels() {}

  static Tensor tensor(String kernel, Object... arguments) {
    return Kernels.tensor(MODULE, kernel, arguments);
  }

  static List<Tensor> tensors(String kernel, Object... arguments) {
    return Kernels.tensors(MODULE, kernel, arguments);
  }
}
