# Products with matrices that stay what they are over many steps, where libtorch has MKL.
#
# MKL reads a matrix in an order of its own. For few rows, most of the time of a product goes into bringing the matrix
# into that order, so it is done once. The order depends on the number of rows.

def _prepared(matrix: Tensor, rows: int) -> List[Tensor]:
  # What _prepared_times takes for x of so many rows; nothing where that is not possible. matrix: [in, out]
  return [ops.mkl._mkl_reorder_linear_weight(torch.contiguous(torch.t(matrix)), rows)]

def _prepared_times(x: Tensor, prepared: Tensor, matrix: Tensor) -> Tensor:
  # x: [rows, in], matrix: [in, out], of which only the shape is read -> [rows, out]
  return ops.mkl._mkl_linear(x, prepared, torch.t(matrix), None, x.size(0))
