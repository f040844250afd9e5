! Goes on with a text, and shows it as it is written: streaming MODEL PROMPT
! SPDX-License-Identifier: MIT
program streaming
  use selfattn
  use selfattn_models
  implicit none
  type(sa_context) :: ctx
  type(sa_tokenizer) :: tokenizer
  type(sa_model) :: model
  type(sa_session) :: session
  character(1000) :: path, prompt

  call get_command_argument(1, path)
  call get_command_argument(2, prompt)
  call ctx%create()
  call model%open(ctx, trim(path))
  call tokenizer%open(ctx, trim(path))
  call session%create(ctx, model)
  write (*, "(a)", advance="no") trim(prompt)
  call session%stream(ctx, tokenizer, trim(prompt), max_tokens=40, on_text=show)
  print "(a)", ""

contains

  subroutine show(piece, stop)
    character(*), intent(in) :: piece
    logical, intent(inout) :: stop
    write (*, "(a)", advance="no") piece
    flush (6)
  end subroutine show
end program streaming
