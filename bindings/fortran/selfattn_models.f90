! Models, tokenizers and generation, for a library that has them. As selfattn.f90: stat and errmsg are optional.
! SPDX-License-Identifier: MIT
module selfattn_models
  use, intrinsic :: iso_c_binding
  use selfattn
  use selfattn_declarations
  implicit none
  private
  public :: sa_tokenizer, sa_model, sa_session, token_listener, text_listener

  ! Turns text into token numbers and back. Immutable: any number of threads may share one. An assigned copy is empty.
  type :: sa_tokenizer
    type(c_ptr) :: handle = c_null_ptr
  contains
    procedure :: open => open_tokenizer
    procedure :: encode => encode_text
    procedure :: encode_pair
    procedure :: encode_offsets
    procedure :: decode
    procedure :: destroy => destroy_tokenizer
    procedure, private :: copy_tokenizer
    generic :: assignment(=) => copy_tokenizer
    final :: finish_tokenizer
  end type sa_tokenizer

  ! A model of C, with the number of those that need it: its own object, and its sessions.
  type :: held_model
    type(c_ptr) :: handle = c_null_ptr
    integer :: users = 1
  end type held_model

  ! A trained transformer. Immutable: any number of threads may share one. It is freed when it and all of its sessions
  ! are destroyed. An assigned copy is empty.
  type :: sa_model
    type(held_model), pointer :: held => null()
  contains
    procedure :: handle => model_handle
    procedure :: open => open_model
    procedure :: get
    procedure :: encode
    procedure :: destroy => destroy_model
    procedure, private :: copy_model
    generic :: assignment(=) => copy_model
    final :: finish_model
  end type sa_model

  ! A decoder with the keys and values of all tokens so far; one call at a time. An assigned copy is empty.
  type :: sa_session
    type(c_ptr) :: handle = c_null_ptr
    type(held_model), pointer, private :: model => null()
    ! The last token of the text before, which has not been run: the next one begins with it. -1: there is none.
    integer(c_int32_t), private :: pending = -1
  contains
    procedure :: create => create_session
    procedure :: length
    procedure :: truncate
    procedure :: generate
    procedure :: stream
    procedure :: destroy => destroy_session
    procedure, private :: copy_session
    generic :: assignment(=) => copy_session
    final :: finish_session
  end type sa_session

  abstract interface
    ! Gets each new token (sequences count from 1); stop ends its sequence.
    subroutine token_listener(sequence, token, log_probability, stop)
      import
      integer, intent(in) :: sequence, token
      real(c_float), intent(in) :: log_probability
      logical, intent(inout) :: stop
    end subroutine token_listener

    ! Gets new text as it comes, whole characters; stop ends it.
    subroutine text_listener(piece, stop)
      character(*), intent(in) :: piece
      logical, intent(inout) :: stop
    end subroutine text_listener
  end interface

  ! The text of tokens that come one by one, in whole characters. What might become a stop string is held back.
  type :: text_stream
    type(c_ptr) :: ctx, handle = c_null_ptr
    character(:), allocatable :: room, written
    logical :: left = .false. ! on_text ended it
    procedure(text_listener), pointer, nopass :: on_text => null()
  end type text_stream

  ! What the callback of C gets.
  type :: listener
    procedure(token_listener), pointer, nopass :: on_token => null()
    type(text_stream), allocatable :: text
  end type listener

contains

  subroutine open_tokenizer(self, ctx, path, stat, errmsg)
    class(sa_tokenizer), intent(inout), target :: self
    type(sa_context), intent(in) :: ctx
    character(*), intent(in) :: path
    integer, intent(out), optional :: stat
    character(*), intent(inout), optional :: errmsg
    character(len(path) + 1), target :: text
    call self%destroy()
    text = path//c_null_char
    call report(sa_tokenizer_open(ctx%handle, c_loc(text), c_loc(self%handle)), ctx%handle, stat, errmsg)
  end subroutine open_tokenizer

  ! Token numbers, with those that the tokenizer puts around a text. flags: the sum of SA_ENCODE_NO_TEMPLATE, ...
  subroutine encode_text(self, ctx, text, ids, flags, stat, errmsg)
    class(sa_tokenizer), intent(in) :: self
    type(sa_context), intent(in) :: ctx
    character(*), intent(in), target :: text
    integer(c_int32_t), allocatable, intent(out), target :: ids(:)
    integer(c_int32_t), intent(in), optional :: flags
    integer, intent(out), optional :: stat
    character(*), intent(inout), optional :: errmsg
    integer(c_int64_t), target :: count
    integer(c_int64_t) :: bytes
    integer(c_int32_t) :: status, how
    bytes = len(text)
    how = 0
    if (present(flags)) how = flags
    status = sa_tokenizer_encode_with(ctx%handle, self%handle, c_loc(text), bytes, how, c_null_ptr, 0_c_int64_t, &
      c_loc(count))
    if (status == SA_OK) then
      allocate (ids(count))
      if (count > 0) status = sa_tokenizer_encode_with(ctx%handle, self%handle, c_loc(text), bytes, how, c_loc(ids), &
        count, c_loc(count))
    end if
    call report(status, ctx%handle, stat, errmsg)
  end subroutine encode_text

  ! Two texts as one input, for models that compare texts: token numbers, and their types. most: the longer text is cut
  ! until so many tokens are left; 0 or absent: none is cut.
  subroutine encode_pair(self, ctx, first, second, ids, types, most, stat, errmsg)
    class(sa_tokenizer), intent(in) :: self
    type(sa_context), intent(in) :: ctx
    character(*), intent(in), target :: first, second
    integer(c_int32_t), allocatable, intent(out), target :: ids(:), types(:)
    integer, intent(in), optional :: most
    integer, intent(out), optional :: stat
    character(*), intent(inout), optional :: errmsg
    integer(c_int64_t), target :: count
    integer(c_int64_t) :: limit
    integer(c_int32_t) :: status
    limit = 0
    if (present(most)) limit = most
    status = pair(c_null_ptr, c_null_ptr, 0_c_int64_t)
    if (status == SA_OK) then
      allocate (ids(count), types(count))
      if (count > 0) status = pair(c_loc(ids), c_loc(types), count)
    end if
    call report(status, ctx%handle, stat, errmsg)

  contains

    function pair(ids_out, types_out, room) result(status)
      type(c_ptr), intent(in) :: ids_out, types_out
      integer(c_int64_t), intent(in) :: room
      integer(c_int32_t) :: status
      status = sa_tokenizer_encode_pair(ctx%handle, self%handle, c_loc(first), len(first, c_int64_t), c_loc(second), &
        len(second, c_int64_t), 0_c_int32_t, limit, ids_out, types_out, room, c_loc(count))
    end function pair
  end subroutine encode_pair

  ! As encode, with the places (2,N) of the first and the last byte that each token stands for: that of token i is
  ! text(places(1, i):places(2, i)). A token of some bytes of a character has those alone.
  subroutine encode_offsets(self, ctx, text, ids, places, flags, stat, errmsg)
    class(sa_tokenizer), intent(in) :: self
    type(sa_context), intent(in) :: ctx
    character(*), intent(in), target :: text
    integer(c_int32_t), allocatable, intent(out), target :: ids(:)
    integer(c_int64_t), allocatable, intent(out), target :: places(:, :)
    integer(c_int32_t), intent(in), optional :: flags
    integer, intent(out), optional :: stat
    character(*), intent(inout), optional :: errmsg
    integer(c_int64_t), target :: count
    integer(c_int32_t) :: status, how
    how = 0
    if (present(flags)) how = flags
    status = offsets(c_null_ptr, c_null_ptr, 0_c_int64_t)
    if (status == SA_OK) then
      allocate (ids(count), places(2, count))
      if (count > 0) status = offsets(c_loc(ids), c_loc(places), count)
      if (status == SA_OK) places(1, :) = places(1, :) + 1
    end if
    call report(status, ctx%handle, stat, errmsg)

  contains

    function offsets(ids_out, places_out, room) result(status)
      type(c_ptr), intent(in) :: ids_out, places_out
      integer(c_int64_t), intent(in) :: room
      integer(c_int32_t) :: status
      status = sa_tokenizer_encode_offsets(ctx%handle, self%handle, c_loc(text), len(text, c_int64_t), how, ids_out, &
        places_out, room, c_loc(count))
    end function offsets
  end subroutine encode_offsets

  ! The text of tokens; the last one may end inside of a character.
  subroutine decode(self, ctx, ids, text, stat, errmsg)
    class(sa_tokenizer), intent(in) :: self
    type(sa_context), intent(in) :: ctx
    integer(c_int32_t), intent(in) :: ids(:)
    character(:), allocatable, intent(out), target :: text
    integer, intent(out), optional :: stat
    character(*), intent(inout), optional :: errmsg
    integer(c_int32_t), allocatable, target :: numbers(:)
    integer(c_int64_t), target :: bytes
    integer(c_int32_t) :: status
    allocate (numbers, source=[ids, 0_c_int32_t]) ! never without memory
    status = sa_tokenizer_decode(ctx%handle, self%handle, c_loc(numbers), int(size(ids), c_int64_t), c_null_ptr, &
      0_c_int64_t, c_loc(bytes))
    if (status == SA_OK) allocate (character(bytes) :: text)
    if (status == SA_OK .and. bytes > 0) status = sa_tokenizer_decode(ctx%handle, self%handle, c_loc(numbers), &
      int(size(ids), c_int64_t), c_loc(text), bytes, c_loc(bytes))
    call report(status, ctx%handle, stat, errmsg)
  end subroutine decode

  subroutine destroy_tokenizer(self)
    class(sa_tokenizer), intent(inout), target :: self
    call sa_tokenizer_destroy(c_loc(self%handle))
  end subroutine destroy_tokenizer

  subroutine finish_tokenizer(self)
    type(sa_tokenizer), intent(inout) :: self
    call self%destroy()
  end subroutine finish_tokenizer

  subroutine copy_tokenizer(self, other)
    class(sa_tokenizer), intent(inout) :: self
    class(sa_tokenizer), intent(in) :: other
    if (.not. c_associated(self%handle, other%handle)) call self%destroy()
  end subroutine copy_tokenizer

  subroutine open_model(self, ctx, path, stat, errmsg)
    class(sa_model), intent(inout), target :: self
    type(sa_context), intent(in) :: ctx
    character(*), intent(in) :: path
    integer, intent(out), optional :: stat
    character(*), intent(inout), optional :: errmsg
    character(len(path) + 1), target :: text
    type(c_ptr), target :: handle
    integer(c_int32_t) :: status
    call self%destroy()
    text = path//c_null_char
    status = sa_model_open(ctx%handle, c_loc(text), c_loc(handle))
    if (status == SA_OK) then
      allocate (self%held)
      self%held%handle = handle
    end if
    call report(status, ctx%handle, stat, errmsg)
  end subroutine open_model

  function model_handle(self) result(handle)
    class(sa_model), intent(in) :: self
    type(c_ptr) :: handle
    handle = c_null_ptr
    if (associated(self%held)) handle = self%held%handle
  end function model_handle

  ! One user less; the last one frees it. Threads come one by one.
  subroutine release(held)
    type(held_model), pointer, intent(inout) :: held
    type(c_ptr), target :: handle
    logical :: last
    if (.not. associated(held)) return
    !$omp critical (selfattn_held_model)
    held%users = held%users - 1
    last = held%users == 0
    !$omp end critical (selfattn_held_model)
    if (last) then
      handle = held%handle
      call sa_model_destroy(c_loc(handle))
      deallocate (held)
    end if
    nullify (held)
  end subroutine release

  ! A number about the model: what is SA_MODEL_...
  function get(self, what) result(number)
    class(sa_model), intent(in) :: self
    integer(c_int32_t), intent(in) :: what
    integer :: number
    number = int(sa_model_get(self%handle(), what))
  end function get

  ! Runs the model over ids (T,B), of which lengths (B) are real. Outputs are allocated if they are present: embedding
  ! (width,B), hidden (E,T,B), attention (T,T,H,B,L), logits (V,T,B), or (V,1,B) of a classifier.
  subroutine encode(self, ctx, ids, lengths, embedding, hidden, attention, logits, stat, errmsg)
    class(sa_model), intent(in) :: self
    type(sa_context), intent(in) :: ctx
    integer(c_int32_t), intent(in) :: ids(:, :)
    integer(c_int64_t), intent(in), optional :: lengths(:)
    real(c_float), allocatable, intent(out), optional, target :: embedding(:, :), hidden(:, :, :)
    real(c_float), allocatable, intent(out), optional, target :: attention(:, :, :, :, :), logits(:, :, :)
    integer, intent(out), optional :: stat
    character(*), intent(inout), optional :: errmsg
    type(sa_encode_args), target :: args
    integer(c_int32_t), allocatable, target :: numbers(:, :)
    integer(c_int64_t), allocatable, target :: real_tokens(:)
    integer :: t, b
    t = size(ids, 1)
    b = size(ids, 2)
    numbers = ids
    args%struct_size = c_sizeof(args)
    args%batch = b
    args%tokens = t
    args%ids = c_loc(numbers)
    if (present(lengths)) then
      real_tokens = lengths
      args%lengths = c_loc(real_tokens)
      if (size(lengths) /= b) then
        call report(SA_ERR_SHAPE, ctx%handle, stat, errmsg, "there have to be as many lengths as sequences")
        return
      end if
    end if
    ! At least 1: what the model does not have is refused, not left out.
    if (present(embedding)) then
      allocate (embedding(max(self%get(SA_MODEL_EMBEDDING_WIDTH), 1), b))
      args%embedding = c_loc(embedding)
    end if
    if (present(hidden)) then
      allocate (hidden(self%get(SA_MODEL_WIDTH), t, b))
      args%hidden = c_loc(hidden)
    end if
    if (present(attention)) then
      allocate (attention(t, t, self%get(SA_MODEL_QUERY_HEADS), b, self%get(SA_MODEL_LAYERS)))
      args%attention = c_loc(attention)
    end if
    if (present(logits)) then
      allocate (logits(max(self%get(SA_MODEL_OUTPUTS), 1), merge(t, 1, self%get(SA_MODEL_TOKEN_LOGITS) == 1), b))
      args%logits = c_loc(logits)
    end if
    call report(sa_model_encode(ctx%handle, self%handle(), c_loc(args)), ctx%handle, stat, errmsg)
  end subroutine encode

  subroutine destroy_model(self)
    class(sa_model), intent(inout) :: self
    call release(self%held)
  end subroutine destroy_model

  subroutine finish_model(self)
    type(sa_model), intent(inout) :: self
    call self%destroy()
  end subroutine finish_model

  subroutine copy_model(self, other)
    class(sa_model), intent(inout) :: self
    class(sa_model), intent(in) :: other
    if (.not. associated(self%held, other%held)) call self%destroy()
  end subroutine copy_model

  subroutine create_session(self, ctx, model, config, stat, errmsg)
    class(sa_session), intent(inout), target :: self
    type(sa_context), intent(in) :: ctx
    type(sa_model), intent(in) :: model
    type(sa_session_config), intent(in), optional :: config   ! without a struct_size
    integer, intent(out), optional :: stat
    character(*), intent(inout), optional :: errmsg
    type(sa_session_config), target :: given
    integer(c_int32_t) :: status
    call self%destroy()
    if (present(config)) given = config
    given%struct_size = c_sizeof(given)
    status = sa_session_create(ctx%handle, model%handle(), c_loc(given), c_loc(self%handle))
    if (status == SA_OK) then
      self%model => model%held
      !$omp critical (selfattn_held_model)
      self%model%users = self%model%users + 1
      !$omp end critical (selfattn_held_model)
    end if
    call report(status, ctx%handle, stat, errmsg)
  end subroutine create_session

  ! Tokens of a sequence, which count from 1. -1: there is no such sequence.
  function length(self, sequence) result(tokens)
    class(sa_session), intent(in) :: self
    integer, intent(in) :: sequence
    integer :: tokens
    tokens = int(sa_session_length(self%handle, int(sequence - 1, c_int64_t)))
  end function length

  ! Removes the tokens of all sequences from number `tokens` on.
  subroutine truncate(self, tokens, stat, errmsg)
    class(sa_session), intent(inout) :: self
    integer, intent(in) :: tokens
    integer, intent(out), optional :: stat
    character(*), intent(inout), optional :: errmsg
    self%pending = -1
    call report(sa_session_truncate(self%handle, -1_c_int64_t, int(tokens, c_int64_t)), c_null_ptr, stat, errmsg)
  end subroutine truncate

  ! Appends the prompts (T,B), of which lengths (B) are real, and generates: generated (N,B), counts (B), endings (B).
  ! sampling has no struct_size. model_rules: what the model's makers forbid and force holds. Afterwards each sequence
  ! has its prompt and all new tokens but the last one, which has not been run: begin the next prompt with it.
  subroutine generate(self, ctx, prompts, generated, counts, lengths, endings, sampling, on_token, model_rules, stat, &
    errmsg)
    class(sa_session), intent(inout) :: self
    type(sa_context), intent(in) :: ctx
    integer(c_int32_t), intent(in) :: prompts(:, :)
    integer(c_int32_t), intent(out) :: generated(:, :)
    integer(c_int64_t), intent(out) :: counts(:)
    integer(c_int64_t), intent(in), optional :: lengths(:)
    integer(c_int32_t), intent(out), optional :: endings(:)
    type(sa_sampling), intent(in), optional :: sampling
    procedure(token_listener), optional :: on_token
    logical, intent(in), optional :: model_rules
    integer, intent(out), optional :: stat
    character(*), intent(inout), optional :: errmsg
    type(listener), target :: told
    integer(c_int32_t), allocatable :: why(:)
    if (present(on_token)) told%on_token => on_token
    allocate (why(size(counts)))
    call run(self, ctx, prompts, generated, counts, why, told, lengths, sampling, model_rules, stat, errmsg)
    if (present(endings)) endings = why
  end subroutine generate

  subroutine run(self, ctx, prompts, generated, counts, endings, told, lengths, sampling, model_rules, stat, errmsg)
    class(sa_session), intent(inout) :: self
    type(sa_context), intent(in) :: ctx
    integer(c_int32_t), intent(in) :: prompts(:, :)
    integer(c_int32_t), intent(out) :: generated(:, :)
    integer(c_int64_t), intent(out) :: counts(:)
    integer(c_int32_t), intent(out) :: endings(:)
    type(listener), intent(inout), target :: told
    integer(c_int64_t), intent(in), optional :: lengths(:)
    type(sa_sampling), intent(in), optional :: sampling
    logical, intent(in), optional :: model_rules
    integer, intent(out), optional :: stat
    character(*), intent(inout), optional :: errmsg
    type(sa_generate_args), target :: args
    type(sa_sampling), target :: chosen
    integer(c_int32_t), allocatable, target :: ids(:, :), new(:, :), ends(:)
    integer(c_int64_t), allocatable, target :: real_tokens(:), n(:)
    integer :: batch
    self%pending = -1
    counts = 0
    batch = int(sa_session_batch(self%handle))
    if (any([size(prompts, 2), size(generated, 2), size(counts)] /= batch)) then
      call report(SA_ERR_SHAPE, ctx%handle, stat, errmsg, &
        "prompts, generated and counts have to have the session's batch")
      return
    end if
    ids = prompts
    allocate (new, source=generated)
    allocate (n(batch), source=0_c_int64_t)
    allocate (ends(batch), source=0_c_int32_t)
    args%struct_size = c_sizeof(args)
    args%tokens = size(prompts, 1)
    if (size(ids) > 0) args%ids = c_loc(ids)
    if (present(lengths)) then
      real_tokens = lengths
      args%lengths = c_loc(real_tokens)
    end if
    args%max_tokens = size(generated, 1)
    if (present(sampling)) then
      chosen = sampling
      chosen%struct_size = c_sizeof(chosen)
      args%sampling = c_loc(chosen)
    end if
    if (present(model_rules)) args%model_rules = merge(1, 0, model_rules)
    args%generated = c_loc(new)
    args%counts = c_loc(n)
    args%endings = c_loc(ends)
    args%on_token = c_funloc(tell)
    args%user = c_loc(told)
    call report(sa_generate(ctx%handle, self%handle, c_loc(args)), ctx%handle, stat, errmsg)
    generated = new
    counts = n
    endings = ends
  end subroutine run

  ! Goes on with a text, in a session of one sequence: on_text gets pieces of whole characters as they come. written is
  ! the new text. It ends before the first of the strings stop(:), whose blanks at the end do not count. The next call
  ! goes on behind it, with a prompt that may be empty.
  subroutine stream(self, ctx, tokenizer, prompt, max_tokens, on_text, written, sampling, stop, model_rules, stat, &
    errmsg)
    class(sa_session), intent(inout) :: self
    type(sa_context), intent(in) :: ctx
    type(sa_tokenizer), intent(in) :: tokenizer
    character(*), intent(in) :: prompt
    integer, intent(in) :: max_tokens
    procedure(text_listener), optional :: on_text
    character(:), allocatable, intent(out), optional :: written
    type(sa_sampling), intent(in), optional :: sampling
    character(*), intent(in), optional :: stop(:)
    logical, intent(in), optional :: model_rules
    integer, intent(out), optional :: stat
    character(*), intent(inout), optional :: errmsg
    type(listener), target :: told
    integer(c_int32_t), allocatable :: ids(:), generated(:, :)
    integer(c_int64_t) :: counts(1)
    integer(c_int32_t) :: endings(1)
    integer :: flags
    flags = 0
    if (self%length(1) > 0) flags = SA_ENCODE_NO_TEMPLATE
    if (self%pending >= 0) flags = SA_ENCODE_NO_TEMPLATE
    call tokenizer%encode(ctx, prompt, ids, flags, stat, errmsg)
    if (.not. allocated(ids)) return
    if (self%pending >= 0) ids = [self%pending, ids]
    allocate (told%text, generated(max_tokens, 1))
    call begin_text(told%text, ctx, tokenizer, ids, on_text, stop, stat, errmsg)
    if (.not. allocated(told%text%room)) return
    call run(self, ctx, reshape(ids, [size(ids), 1]), generated, counts, endings, told, sampling=sampling, &
      model_rules=model_rules, stat=stat, errmsg=errmsg)
    if (counts(1) > 0) self%pending = generated(counts(1), 1)
    call end_text(told%text)
    if (present(written)) written = told%text%written
  end subroutine stream

  ! What C calls.
  function tell(user, sequence, token, log_probability) bind(c) result(ends)
    type(c_ptr), value :: user
    integer(c_int64_t), value :: sequence
    integer(c_int32_t), value :: token
    real(c_float), value :: log_probability
    integer(c_int32_t) :: ends
    type(listener), pointer :: told
    logical :: stop
    call c_f_pointer(user, told)
    stop = .false.
    if (allocated(told%text)) then
      call add_token(told%text, token)
      stop = is_over(told%text)
    end if
    if (associated(told%on_token)) call told%on_token(int(sequence) + 1, int(token), log_probability, stop)
    ends = merge(1, 0, stop)
  end function tell

  ! The last token of the prompt stands in front: a decoder may drop a space at the beginning of a text.
  subroutine begin_text(self, ctx, tokenizer, prompt, on_text, stop, stat, errmsg)
    type(text_stream), intent(inout), target :: self
    type(sa_context), intent(in) :: ctx
    type(sa_tokenizer), intent(in) :: tokenizer
    integer(c_int32_t), intent(in) :: prompt(:)
    procedure(text_listener), optional :: on_text
    character(*), intent(in), optional :: stop(:)
    integer, intent(out), optional :: stat
    character(*), intent(inout), optional :: errmsg
    character(:), allocatable, target :: strings(:)
    type(c_ptr), allocatable, target :: list(:)
    integer(c_int32_t) :: before, status
    integer :: i
    self%ctx = ctx%handle
    self%written = ""
    if (present(on_text)) self%on_text => on_text
    before = -1
    if (size(prompt) > 0) before = prompt(size(prompt))
    if (present(stop)) then
      allocate (character(len(stop) + 1) :: strings(size(stop)))
    else
      allocate (character(1) :: strings(0))
    end if
    allocate (list(size(strings) + 1)) ! never without memory
    do i = 1, size(strings)
      strings(i) = trim(stop(i))//c_null_char
      list(i) = c_loc(strings(i))
    end do
    status = sa_text_stream_create(self%ctx, tokenizer%handle, before, c_loc(list), int(size(strings), c_int64_t), &
      c_loc(self%handle))
    call report(status, self%ctx, stat, errmsg)
    if (status == SA_OK) allocate (character(sa_text_stream_room(self%handle)) :: self%room)
  end subroutine begin_text

  ! Shows what is new and whole with a token.
  subroutine add_token(self, token)
    type(text_stream), intent(inout), target :: self
    integer(c_int32_t), intent(in) :: token
    integer(c_int64_t), target :: bytes
    integer(c_int32_t) :: status
    status = sa_text_stream_add(self%ctx, self%handle, token, c_loc(self%room), len(self%room, c_int64_t), c_loc(bytes))
    if (status /= SA_OK) self%left = .true.
    call show(self, self%room(:bytes))
  end subroutine add_token

  ! Shows what was held back, when no more tokens come.
  subroutine end_text(self)
    type(text_stream), intent(inout), target :: self
    integer(c_int64_t), target :: bytes
    integer(c_int32_t) :: status
    bytes = 0
    if (.not. self%left) status = sa_text_stream_rest(self%ctx, self%handle, c_loc(self%room), &
      len(self%room, c_int64_t), c_loc(bytes))
    call show(self, self%room(:bytes))
    call sa_text_stream_destroy(c_loc(self%handle))
  end subroutine end_text

  function is_over(self)
    type(text_stream), intent(in) :: self
    logical :: is_over
    is_over = sa_text_stream_ended(self%handle) == 1
    is_over = is_over .or. self%left
  end function is_over

  subroutine show(self, piece)
    type(text_stream), intent(inout) :: self
    character(*), intent(in) :: piece
    if (len(piece) == 0) return
    self%written = self%written//piece
    if (associated(self%on_text)) call self%on_text(piece, self%left)
  end subroutine show

  subroutine destroy_session(self)
    class(sa_session), intent(inout), target :: self
    call sa_session_destroy(c_loc(self%handle))
    call release(self%model)
  end subroutine destroy_session

  subroutine finish_session(self)
    type(sa_session), intent(inout) :: self
    call self%destroy()
  end subroutine finish_session

  subroutine copy_session(self, other)
    class(sa_session), intent(inout) :: self
    class(sa_session), intent(in) :: other
    if (.not. c_associated(self%handle, other%handle)) call self%destroy()
  end subroutine copy_session
end module selfattn_models
