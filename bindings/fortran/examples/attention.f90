! Attention of queries, keys and values: a batch of 1, 2 heads of 8, 5 tokens that see no later one.
! SPDX-License-Identifier: MIT
program attention
  use, intrinsic :: iso_c_binding, only: c_float
  use selfattn
  implicit none
  integer, parameter :: heads = 2, tokens = 5, size = 8
  real(c_float), dimension(size, tokens, heads, 1) :: q, k, v, y   ! (head size, tokens, heads, batch)
  type(sa_context) :: ctx

  q = numbers(3)
  k = numbers(5)
  v = numbers(7)
  call ctx%create()
  call ctx%attention(q, k, v, y, masking=sa_mask_rules(causal=.true.))
  print "(3(f6.4, 1x), f6.4)", y(5:8, tokens, heads, 1)

contains

  function numbers(step) result(list)
    integer, intent(in) :: step
    real(c_float) :: list(size, tokens, heads, 1)
    integer :: i
    list = reshape([(mod(i * step, 13) / 13.0, i=0, size * tokens * heads - 1)], shape(list))
  end function numbers
end program attention
