! Four threads of OpenMP share one layer; each has a context of its own. SPDX-License-Identifier: MIT
program threads
  use, intrinsic :: iso_c_binding, only: c_float
  use selfattn
  implicit none
  integer, parameter :: t = 5, e = 64
  integer :: i, thread
  real(c_float) :: x(e, t, 1), y(e, t, 1, 4), w(e, e, 4)
  type(sa_context) :: first
  type(sa_layer) :: layer
  type(sa_layer_weights) :: weights

  x = reshape([(mod(i * i, 13) / 13.0, i=0, e * t - 1)], shape(x))
  w = reshape([((mod(i * 7, 31) - 15) / 160.0, i=0, 4 * e * e - 1)], shape(w))
  weights%q = w(:, :, 1)
  weights%k = w(:, :, 2)
  weights%v = w(:, :, 3)
  weights%o = w(:, :, 4)
  call first%create()
  call layer%create(first, model_width=e, query_heads=4, weights=weights)
  !$omp parallel do num_threads(4)
  do thread = 1, 4
    block
      type(sa_context) :: ctx
      call ctx%create(threads=1)
      call layer%forward(ctx, x, y(:, :, :, thread), masking=sa_mask_rules(causal=.true.))
    end block
  end do
  if (any(y /= spread(y(:, :, :, 1), 4, 4))) error stop "the bits differ"
  print "(a, f7.4)", "4 threads, the same bits, y[0] = ", y(1, 1, 1, 1)
end program threads
