! Says how close two sentences are in meaning: sentences MODEL SENTENCE SENTENCE
! SPDX-License-Identifier: MIT
program sentences
  use, intrinsic :: iso_c_binding, only: c_float, c_int32_t
  use selfattn
  use selfattn_models
  implicit none
  type(sa_context) :: ctx
  type(sa_tokenizer) :: tokenizer
  type(sa_model) :: model
  character(1000) :: path, texts(2)
  real(c_float), allocatable :: a(:), b(:)
  integer :: i

  call get_command_argument(1, path)
  do i = 1, 2
    call get_command_argument(i + 1, texts(i))
  end do
  call ctx%create()
  call model%open(ctx, trim(path))
  call tokenizer%open(ctx, trim(path))
  a = embedding_of(trim(texts(1)))
  b = embedding_of(trim(texts(2)))
  print "(5a, f5.3)", '"', trim(texts(1)), '" and "', trim(texts(2)), '": ', &
    dot_product(a, b) / sqrt(dot_product(a, a) * dot_product(b, b))

contains

  function embedding_of(text) result(vector)
    character(*), intent(in) :: text
    real(c_float), allocatable :: vector(:), embedding(:, :)
    integer(c_int32_t), allocatable :: ids(:)
    call tokenizer%encode(ctx, text, ids)
    call model%encode(ctx, reshape(ids, [size(ids), 1]), embedding=embedding)   ! (tokens, batch), (width, batch)
    vector = embedding(:, 1)
  end function embedding_of
end program sentences
