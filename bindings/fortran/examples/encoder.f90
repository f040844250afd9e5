! A block of a transformer's encoder, made of a layer: attention, then a feed-forward net, each added to its input and
! normalised. SPDX-License-Identifier: MIT
program encoder
  use, intrinsic :: iso_c_binding, only: c_float
  use selfattn
  implicit none
  integer, parameter :: t = 5, e = 64, inner = 128
  integer :: i
  real(c_float) :: x(e, t, 1), y(e, t, 1)
  type(sa_context) :: ctx
  type(sa_layer) :: layer
  type(sa_layer_weights) :: weights

  x = reshape([(mod(i * i, 13) / 13.0, i=0, e * t - 1)], shape(x))

  weights%q = numbers(e, e)   ! (in, out), as C's [out][in]
  weights%k = weights%q
  weights%v = weights%q
  weights%o = weights%q
  call ctx%create()
  call layer%create(ctx, model_width=e, query_heads=4, weights=weights)
  call layer%forward(ctx, x, y)   ! (width, tokens, batch)

  call add_and_norm(x(:, :, 1), y(:, :, 1))
  call add_and_norm(x(:, :, 1), matmul(transpose(numbers(inner, e)), &
    max(matmul(transpose(numbers(e, inner)), x(:, :, 1)), 0.0)))
  print "(3(f7.4, 1x), f6.4)", x(1:4, 1, 1)

contains

  function numbers(inputs, outputs) result(matrix)
    integer, intent(in) :: inputs, outputs
    real(c_float) :: matrix(inputs, outputs)
    matrix = reshape([((mod(i * 7, 31) - 15) / 160.0, i=0, inputs * outputs - 1)], shape(matrix))
  end function numbers

  ! Adds more to rows; then each row gets mean 0 and variance 1.
  subroutine add_and_norm(rows, more)
    real(c_float), intent(inout) :: rows(:, :)
    real(c_float), intent(in) :: more(:, :)
    integer :: row
    rows = rows + more
    do row = 1, t
      rows(:, row) = rows(:, row) - sum(rows(:, row)) / e
      rows(:, row) = rows(:, row) / sqrt(sum(rows(:, row)**2) / e + 1e-5)
    end do
  end subroutine add_and_norm
end program encoder
