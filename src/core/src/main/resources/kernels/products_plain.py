# Stands in for products_mkl.py where libtorch was built without MKL: nothing is prepared.

def _prepared(matrix: Tensor, rows: int) -> List[Tensor]:
  return annotate(List[Tensor], [])

def _prepared_times(x: Tensor, prepared: Tensor, matrix: Tensor) -> Tensor:
  return torch.mm(x, matrix)
