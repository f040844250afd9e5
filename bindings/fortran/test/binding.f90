! The cases that all bindings share, and whether the declarations are those of the library.
! SPDX-License-Identifier: MIT
module cases
  use, intrinsic :: iso_c_binding
  use selfattn
  use selfattn_declarations
  use selfattn_models
  use table
  implicit none
  type(sa_context) :: ctx
  logical :: models
  integer :: names = 0
  character(:), allocatable :: pieces
  integer :: calls = 0
  real(c_float), allocatable :: logs(:)

contains

  subroutine expect(that, message)
    logical, intent(in) :: that
    character(*), intent(in) :: message
    if (.not. that) error stop message
  end subroutine expect

  function path_of(kind, number) result(path)
    character(*), intent(in) :: kind
    integer, intent(in) :: number
    character(:), allocatable :: path
    character(12) :: digits
    write (digits, "(i0)") number
    path = kind//"."//trim(digits)
  end function path_of

  subroutine check(name, value)
    character(*), intent(in) :: name
    integer(c_int64_t), intent(in) :: value
    integer(c_int64_t) :: found
    integer :: stat
    logical :: grows
    found = sa_constant_value(name, stat=stat)
    ! A newer library has a newer version, and longer structs.
    grows = index(name, "SA_VERSION") == 1 .or. (index(name, "sizeof(") == 1 .and. index(name, ".") == 0)
    if (stat /= SA_OK) call expect(.not. models, name//" is unknown to the library")
    if (stat == SA_OK) call expect(found == value .or. (grows .and. found > value), name//" differs in the library")
    names = names + 1
  end subroutine check

  function rules_of(path) result(rules)
    character(*), intent(in) :: path
    type(sa_mask_rules) :: rules
    rules%causal = nint(number(path//".causal")) == 1
    if (has(path//".window")) rules%window = nint(numbers(path//".window"), c_int64_t)
    if (has(path//".key_lengths")) rules%key_lengths = nint(numbers(path//".key_lengths"), c_int64_t)
    if (text(path//".align") == "SA_ALIGN_TOP_LEFT") rules%align = SA_ALIGN_TOP_LEFT
    if (text(path//".align") == "SA_ALIGN_BOTTOM_RIGHT") rules%align = SA_ALIGN_BOTTOM_RIGHT
    if (text(path//".mask.dtype") == "SA_F32") rules%added = tensor(path//".mask")
    if (text(path//".mask.dtype") == "SA_BOOL") rules%visible = nint(tensor(path//".mask")) == 1
  end function rules_of

  subroutine attentions()
    integer :: i
    character(:), allocatable :: path
    real(c_float), allocatable :: q(:, :, :, :), k(:, :, :, :), v(:, :, :, :), o(:, :, :, :), lse(:, :, :, :)
    real(c_float), allocatable :: weights(:, :, :, :), wide(:, :, :, :), slopes(:)
    do i = 0, count_of("attention") - 1
      path = path_of("attention", i)
      q = tensor(path//".query")
      k = tensor(path//".key")
      v = tensor(path//".value")
      ! The output is a section: every second token.
      if (allocated(wide)) deallocate (wide, lse, weights)
      allocate (wide(size(v, 1), 2 * size(q, 2), size(q, 3), size(q, 4)), source=7.0)
      allocate (lse(1, size(q, 2), size(q, 3), size(q, 4)), weights(size(k, 2), size(q, 2), size(q, 3), size(q, 4)))
      if (has(path//".options.alibi_slopes")) then
        slopes = real(numbers(path//".options.alibi_slopes"), c_float)
        call ctx%attention(q, k, v, wide(:, ::2, :, :), rules_of(path//".options"), alibi_slopes=slopes, lse=lse, &
          weights=weights)
      else
        call ctx%attention(q, k, v, wide(:, ::2, :, :), rules_of(path//".options"), lse=lse, weights=weights, &
          scale=real(number(path//".options.scale"), c_float), softcap=real(number(path//".options.softcap"), c_float))
      end if
      o = wide(:, ::2, :, :)
      call near(path//".output.data", [o])
      call near(path//".lse.data", [lse])
      call near(path//".weights.data", [weights])
      call expect(all(wide(:, 2::2, :, :) == 7.0), "tokens beside the section were written")
    end do
  end subroutine attentions

  subroutine matrix(path, m)
    character(*), intent(in) :: path
    real(c_float), allocatable, intent(out) :: m(:, :)
    integer, allocatable :: sizes(:)
    sizes = nint(numbers(path//".shape"))
    m = reshape(real(numbers(path//".data"), c_float), sizes(2:1:-1))
  end subroutine matrix

  subroutine layers()
    integer :: i, stat
    character(:), allocatable :: path
    character(200) :: errmsg
    real(c_float), allocatable :: x(:, :, :, :), context(:, :, :, :), y(:, :, :), weights(:, :, :, :)
    do i = 0, count_of("layer") - 1
      path = path_of("layer", i)
      block
        type(sa_layer) :: layer
        type(sa_layer_weights) :: w
        integer :: heads, keys, sizes(3)
        real(c_double), allocatable :: theta
        call matrix(path//".weights.weight_q", w%q)
        call matrix(path//".weights.weight_k", w%k)
        call matrix(path//".weights.weight_v", w%v)
        call matrix(path//".weights.weight_o", w%o)
        if (has(path//".weights.bias_q.data")) then
          w%bias_q = real(numbers(path//".weights.bias_q.data"), c_float)
          w%bias_k = real(numbers(path//".weights.bias_k.data"), c_float)
          w%bias_v = real(numbers(path//".weights.bias_v.data"), c_float)
          w%bias_o = real(numbers(path//".weights.bias_o.data"), c_float)
        end if
        if (has(path//".config.rope")) theta = 0
        heads = config("query_heads")
        call layer%create(ctx, config("model_width"), heads, w, context_width=config("context_width"), &
          output_width=config("output_width"), kv_heads=config("kv_heads"), head_size=config("head_size"), &
          rope_theta=theta)
        x = tensor(path//".x")
        keys = size(x, 2)
        if (has(path//".context.shape")) context = tensor(path//".context")
        if (allocated(context)) keys = size(context, 2)
        sizes = [size(w%o, 2), size(x, 2), size(x, 4)]
        if (allocated(y)) deallocate (y, weights)
        allocate (y(sizes(1), sizes(2), sizes(3)), weights(keys, sizes(2), heads, sizes(3)))
        if (allocated(context)) then
          call layer%forward(ctx, x(:, :, 1, :), y, rules_of(path//".options"), context(:, :, 1, :), weights)
        else
          call layer%forward(ctx, x(:, :, 1, :), y, rules_of(path//".options"), weights=weights)
        end if
        call near(path//".y.data", [y])
        call near(path//".attention.data", [weights])
        call layer%destroy()
        call layer%forward(ctx, x(:, :, 1, :), y, stat=stat, errmsg=errmsg)
        call expect(stat == SA_ERR_NULL .and. errmsg /= "", "a destroyed layer works")
      end block
    end do

  contains

    function config(name) result(value)
      character(*), intent(in) :: name
      integer :: value
      value = nint(number(path//".config."//name))
    end function config
  end subroutine layers

  function folder(name) result(path)
    character(*), intent(in) :: name
    character(:), allocatable :: path
    character(1000) :: value
    call get_environment_variable("SELFATTN_VECTORS", value)
    path = trim(value)//"/"//text(name//".model")
  end function folder

  subroutine encoders()
    type(sa_model) :: model
    type(sa_tokenizer) :: tokenizer
    integer(c_int32_t), allocatable :: ids(:), types(:), rows(:, :)
    integer(c_int64_t), allocatable :: lengths(:)
    real(c_float), allocatable :: embedding(:, :), hidden(:, :, :), looked(:, :, :, :, :)
    integer :: i, n, stat
    character(200) :: errmsg
    call model%open(ctx, folder("encode"))
    call tokenizer%open(ctx, folder("encode"))
    n = count_of("encode.texts")
    allocate (rows(64, n), source=0_c_int32_t)
    allocate (lengths(n))
    do i = 1, n
      call tokenizer%encode(ctx, text(path_of("encode.texts", i - 1)), ids)
      call expect(all_equal(ids, path_of("encode.ids", i - 1)), "other tokens")
      lengths(i) = size(ids)
      rows(:size(ids), i) = ids
    end do
    call tokenizer%encode_pair(ctx, text("encode.texts.0"), text("encode.texts.1"), ids, types)
    call expect(size(ids) == lengths(1) + lengths(2) - 1 .and. size(types) == size(ids), "another pair")
    call expect(all(ids == [rows(:lengths(1), 1), rows(2:lengths(2), 2)]), "other tokens of a pair")
    call expect(all(types == [(merge(0, 1, i <= lengths(1)), i = 1, size(ids))]), "other types of a pair")
    call tokenizer%encode_pair(ctx, "the cat", "the cat", ids, types, most=4)
    call expect(size(ids) == 4 .and. size(types) == 4, "a pair that is cut")
    call tokenizer%encode_pair(ctx, "the", "cat", ids, types, most=2, stat=stat, errmsg=errmsg)
    call expect(stat == SA_ERR_VALUE .and. index(errmsg, "most is 2") > 0, "a limit that is too small: "//errmsg)
    call model%encode(ctx, rows(:maxval(lengths), :), lengths, embedding)
    call near("encode.embeddings.data", [embedding])
    call model%encode(ctx, rows(:lengths(1), :1), hidden=hidden, attention=looked)
    call near("encode.hidden.data", [hidden])
    call near("encode.attention.data", [looked])
  end subroutine encoders

  ! Where tokens stand.
  subroutine offsets()
    type(sa_tokenizer) :: tokenizer
    character(:), allocatable :: path, given
    integer(c_int32_t), allocatable :: ids(:)
    integer(c_int64_t), allocatable :: places(:, :), bytes(:, :)
    integer :: i
    do i = 0, count_of("offsets") - 1
      path = path_of("offsets", i)
      call tokenizer%open(ctx, folder(path))
      call tokenizer%encode_offsets(ctx, text(path//".text"), ids, places)
      bytes = places - spread([1_c_int64_t, 0_c_int64_t], 2, size(ids))
      call expect(all_equal(ids, path//".ids"), path//": other tokens")
      call expect(all_equal(int([bytes], c_int32_t), path//".bytes"), path//": other places")
    end do
    given = "the fox"
    call tokenizer%open(ctx, folder("encode"))
    call tokenizer%encode_offsets(ctx, given, ids, places, SA_ENCODE_NO_TEMPLATE)
    call expect(size(places, 2) == 2, "a template, or none")
    call expect(given(places(1, 2):places(2, 2)) == "fox", "the place of a word")
    call tokenizer%encode_offsets(ctx, "", ids, places, SA_ENCODE_NO_TEMPLATE)
    call expect(size(ids) == 0 .and. size(places) == 0, "a text without tokens")
  end subroutine offsets

  function all_equal(ids, path)
    integer(c_int32_t), intent(in) :: ids(:)
    character(*), intent(in) :: path
    logical :: all_equal
    all_equal = size(ids) == count_of(path)
    if (all_equal) all_equal = all(ids == nint(numbers(path)))
  end function all_equal

  subroutine note_log(sequence, token, log_probability, stop)
    integer, intent(in) :: sequence, token
    real(c_float), intent(in) :: log_probability
    logical, intent(inout) :: stop
    call expect(sequence == 1 .and. token >= 0 .and. .not. stop, "the callback gets something else")
    logs = [logs, log_probability]
  end subroutine note_log

  subroutine note_text(piece, stop)
    character(*), intent(in) :: piece
    logical, intent(inout) :: stop
    pieces = pieces//piece
    stop = .false.
  end subroutine note_text

  subroutine only_one(piece, stop)
    character(*), intent(in) :: piece
    logical, intent(inout) :: stop
    calls = calls + 1
    stop = len(piece) > 0
  end subroutine only_one

  subroutine decoders()
    type(sa_model) :: model
    type(sa_tokenizer) :: tokenizer
    type(sa_session) :: session, two
    type(sa_session_config) :: config
    integer(c_int32_t), allocatable :: ids(:), new(:, :), prompts(:, :), both(:, :)
    integer(c_int64_t) :: both_counts(2)
    integer(c_int32_t) :: endings(1)
    integer(c_int64_t) :: counts(1)
    real(c_float), allocatable :: looked(:, :, :, :, :)
    character(:), allocatable :: written, prompt
    integer :: most
    prompt = text("generate.prompt")
    most = nint(number("generate.max_tokens"))
    call model%open(ctx, folder("generate"))
    call tokenizer%open(ctx, folder("generate"))
    call tokenizer%encode(ctx, prompt, ids)
    call expect(all_equal(ids, "generate.prompt_ids"), "other tokens of the prompt")
    call model%encode(ctx, reshape(ids, [size(ids), 1]), attention=looked)
    call near("generate.attention.data", [looked])
    call session%create(ctx, model)
    config%batch = 2
    call two%create(ctx, model, config)
    call model%destroy() ! the sessions keep it
    allocate (logs(0), new(most, 1))
    call session%generate(ctx, reshape(ids, [size(ids), 1]), new, counts, endings=endings, on_token=note_log)
    call expect(all_equal(new(:counts(1), 1), "generate.tokens") .and. endings(1) == SA_END_TOKEN, "other new tokens")
    call near("generate.log_probabilities.data", logs)
    ! A batch with prompts of two lengths: the sentence goes on wherever it is.
    allocate (prompts(size(ids), 2), both(most, 2))
    prompts = spread(ids, 2, 2)
    call two%generate(ctx, prompts, both, both_counts, lengths=[size(ids, kind=c_int64_t), 2_c_int64_t])
    call expect(all(both(:both_counts(1), 1) == new(:counts(1), 1)), "other tokens of the batch")
    call expect(all(both(:both_counts(2), 2) == [ids(3:), new(:counts(1), 1)]), "another sentence of the batch")
    pieces = ""
    call session%truncate(0)
    call session%stream(ctx, tokenizer, prompt, most, note_text, written)
    call expect(written == text("generate.text") .and. pieces == written, "another text: "//written)
    call session%truncate(0)
    call session%stream(ctx, tokenizer, prompt, most, only_one)
    call expect(calls == 1, "the text went on")
    call session%destroy()
    call expect(session%length(1) == -1, "a destroyed session works")
  end subroutine decoders

  ! Texts in several calls of one session, and stop strings.
  subroutine streams()
    type(sa_model) :: model
    type(sa_tokenizer) :: tokenizer
    character(:), allocatable :: path, written
    character(40), allocatable :: stop(:)
    integer :: i, n, s
    call model%open(ctx, folder("generate"))
    call tokenizer%open(ctx, folder("generate"))
    do i = 0, count_of("stream") - 1
      block
        type(sa_session) :: session
        call session%create(ctx, model)
        do n = 0, count_of(path_of("stream", i)//".calls") - 1
          path = path_of(path_of("stream", i)//".calls", n)
          if (allocated(stop)) deallocate (stop)
          allocate (stop(count_of(path//".stop")))
          do s = 1, size(stop)
            stop(s) = text(path_of(path//".stop", s - 1))
          end do
          pieces = ""
          call session%stream(ctx, tokenizer, text(path//".prompt"), nint(number(path//".max_tokens")), note_text, &
            written, stop=stop, model_rules=number(path//".model_rules") > 0)
          call expect(written == text(path//".text") .and. pieces == written, path//": "//written)
          call expect(len(written) == len(text(path//".text")), path//": blanks at the end of "//written)
          call expect(session%length(1) == nint(number(path//".length")), path//": another number of tokens")
        end do
      end block
    end do
  end subroutine streams

  subroutine fail(path, stat, errmsg)
    character(*), intent(in) :: path
    integer, intent(out) :: stat
    character(*), intent(inout) :: errmsg
    real(c_float), allocatable :: q(:, :, :, :), k(:, :, :, :), v(:, :, :, :), o(:, :, :, :)
    type(sa_layer) :: layer
    type(sa_layer_weights) :: w
    type(sa_model) :: model
    integer :: width
    integer(c_int64_t) :: value
    errmsg = ""
    stat = SA_OK
    select case (text(path//".call"))
    case ("attention")
      call zeros(q, "query")
      call zeros(k, "key")
      call zeros(v, "value")
      allocate (o(size(v, 1), size(q, 2), size(q, 3), size(q, 4)))
      call ctx%attention(q, k, v, o, softcap=real(number(path//".options.softcap"), c_float), stat=stat, errmsg=errmsg)
    case ("layer")
      width = nint(number(path//".config.model_width"))
      allocate (w%q(width, width), source=0.0)
      w%k = w%q
      w%v = w%q
      call layer%create(ctx, width, nint(number(path//".config.query_heads")), w, stat=stat, errmsg=errmsg)
    case ("model_open")
      call model%open(ctx, text(path//".path"), stat, errmsg)
    case ("constant")
      value = sa_constant_value(text(path//".constant"), stat, errmsg)
      call expect(value == 0, "a constant that is not there has a value")
    case default
      error stop "an unknown call"
    end select

  contains

    subroutine zeros(x, name)
      real(c_float), allocatable, intent(out) :: x(:, :, :, :)
      character(*), intent(in) :: name
      integer :: sizes(4)
      sizes = nint(numbers(path//"."//name))
      allocate (x(sizes(4), sizes(3), sizes(2), sizes(1)), source=0.0)
    end subroutine zeros
  end subroutine fail

  subroutine errors()
    integer :: i, j, stat
    character(:), allocatable :: path
    character(200) :: errmsg
    do i = 0, count_of("errors") - 1
      path = path_of("errors", i)
      if (.not. models .and. text(path//".call") == "model_open") cycle
      call fail(path, stat, errmsg)
      call expect(stat == sa_constant_value(text(path//".status")), path//": "//errmsg)
      do j = 0, count_of(path//".says") - 1
        call expect(index(errmsg, text(path_of(path//".says", j))) > 0, path//": "//errmsg)
      end do
    end do
  end subroutine errors
end module cases

program binding
  use cases
  implicit none
  character(1000) :: file, with_models
  call get_environment_variable("SELFATTN_VECTOR_LINES", file)
  call get_environment_variable("SELFATTN_MODELS", with_models)
  models = with_models /= "OFF"
  call read_table(trim(file))
  call ctx%create()
  call declared(check)
  print "(i0, a)", names, " names are declared as the library has them"
  call attentions()
  call layers()
  call encoders()
  call offsets()
  call decoders()
  call streams()
  call errors()
  print "(a)", "all cases of the shared vectors agree"
end program binding
