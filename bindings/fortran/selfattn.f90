! Exact self-attention for CPUs: libselfattn for Fortran. Arrays have Fortran's order: (head size, tokens, heads,
! batch). They are used in place, sections with strides too. Every call has the optional arguments stat and errmsg, as
! allocate has them; without stat, an error stops the program with the library's sentence.
! SPDX-License-Identifier: MIT
module selfattn
  use, intrinsic :: iso_c_binding
  use, intrinsic :: iso_fortran_env, only: error_unit
  use selfattn_declarations
  implicit none
  private
  public :: sa_context, sa_layer, sa_layer_weights, sa_mask_rules, sa_constant_value, sa_library_version
  public :: c_text, report, view, fill_masking, masking_memory

  ! Where work runs: threads and scratch memory. One caller at a time: create one for each thread. An assigned copy is
  ! empty; a context frees itself.
  type :: sa_context
    type(c_ptr) :: handle = c_null_ptr
  contains
    procedure :: create => create_context
    procedure :: attention
    procedure :: destroy => destroy_context
    procedure, private :: copy_context
    generic :: assignment(=) => copy_context
    final :: finish_context
  end type sa_context

  ! Which keys a query sees. All rules hold together.
  type :: sa_mask_rules
    logical :: causal = .false.
    integer(c_int64_t), allocatable :: key_lengths(:)   ! (batch): real keys; the others are padding
    integer(c_int32_t) :: align = SA_ALIGN_DEFAULT
    integer(c_int64_t) :: offset = 0                    ! for SA_ALIGN_OFFSET
    integer(c_int64_t), allocatable :: window(:)        ! (2): keys before and after a query's place, -1: all
    logical, allocatable :: visible(:, :, :, :)         ! (keys, tokens, heads, batch); sizes of 1 are repeated
    real(c_float), allocatable :: added(:, :, :, :)     ! the same, added to scores
  end type sa_mask_rules

  ! What a sa_masking points to.
  type :: masking_memory
    integer(c_int8_t), allocatable :: visible(:, :, :, :)
    integer(c_int64_t), allocatable :: lengths(:)
  end type masking_memory

  ! Matrices of a layer as (in, out), which is C's [out,in], and biases (out). What is not allocated is absent.
  type :: sa_layer_weights
    real(c_float), allocatable :: q(:, :), k(:, :), v(:, :), o(:, :)
    real(c_float), allocatable :: bias_q(:), bias_k(:), bias_v(:), bias_o(:)
  end type sa_layer_weights

  ! One layer of attention. Immutable: any number of threads may share one. An assigned copy is empty.
  type :: sa_layer
    type(c_ptr) :: handle = c_null_ptr
  contains
    procedure :: create => create_layer
    procedure :: forward
    procedure :: destroy => destroy_layer
    procedure, private :: copy_layer
    generic :: assignment(=) => copy_layer
    final :: finish_layer
  end type sa_layer

  interface
    pure function strlen(text) bind(c)
      import
      type(c_ptr), value :: text
      integer(c_size_t) :: strlen
    end function strlen
  end interface

contains

  ! Text of C as text of Fortran.
  function c_text(pointer) result(text)
    type(c_ptr), intent(in) :: pointer
    character(:), allocatable :: text
    character(kind=c_char), pointer :: letters(:)
    integer :: i
    text = ""
    if (.not. c_associated(pointer)) return
    call c_f_pointer(pointer, letters, [strlen(pointer)])
    text = repeat(" ", size(letters))
    do i = 1, size(letters)
      text(i:i) = letters(i)
    end do
  end function c_text

  ! What a call says about its status: in stat and errmsg, or at the end of the program.
  subroutine report(status, ctx, stat, errmsg, why)
    integer(c_int32_t), intent(in) :: status
    type(c_ptr), intent(in) :: ctx
    integer, intent(out), optional :: stat
    character(*), intent(inout), optional :: errmsg
    character(*), intent(in), optional :: why
    character(:), allocatable :: sentence
    if (present(stat)) stat = status
    if (status == SA_OK) return
    sentence = ""
    if (present(why)) then
      sentence = why
    else if (status /= SA_ERR_BUSY) then
      sentence = c_text(sa_ctx_last_error(ctx))
    end if
    if (len(sentence) == 0) sentence = c_text(sa_status_string(status))
    if (present(errmsg)) errmsg = sentence
    if (present(stat)) return
    write (error_unit, "(a)") sentence
    error stop 1
  end subroutine report

  ! A constant of the loaded library by its name: "SA_F32", "sizeof(sa_tensor)", "sa_tensor.data".
  function sa_constant_value(name, stat, errmsg) result(number)
    character(*), intent(in) :: name
    integer, intent(out), optional :: stat
    character(*), intent(inout), optional :: errmsg
    integer(c_int64_t), target :: number
    character(len(name) + 1), target :: text
    number = 0
    text = name//c_null_char
    call report(sa_constant(c_loc(text), c_loc(number)), c_null_ptr, stat, errmsg)
  end function sa_constant_value

  function sa_library_version() result(text)
    character(:), allocatable :: text
    text = c_text(sa_version_string())
  end function sa_library_version

  ! The view of an array, with the strides that it has. The array has to be the caller's for as long.
  function view(x) result(t)
    real(c_float), intent(in), target :: x(:, :, :, :)
    type(sa_tensor) :: t
    integer(c_intptr_t) :: first
    integer :: axis, at(4)
    t%dtype = SA_F32
    t%size = shape(x, c_int64_t)
    t%size = t%size(4:1:-1)
    t%stride = 1
    if (size(x) == 0) return
    t%data = c_loc(x(1, 1, 1, 1))
    first = transfer(t%data, first)
    do axis = 1, 4
      at = 1
      if (size(x, axis) == 1) cycle
      at(axis) = 2
      t%stride(5 - axis) = (transfer(c_loc(x(at(1), at(2), at(3), at(4))), first) - first) / 4
    end do
  end function view

  subroutine create_context(self, threads, options, stat, errmsg)
    class(sa_context), intent(inout), target :: self
    integer, intent(in), optional :: threads                   ! at most; 0: as many as the process has CPUs
    type(sa_ctx_options), intent(in), optional :: options      ! without a struct_size
    integer, intent(out), optional :: stat
    character(*), intent(inout), optional :: errmsg
    type(sa_ctx_options), target :: given
    character(64) :: needed
    call self%destroy()
    if (sa_version() < SA_C_VERSION) then
      write (needed, "(i0, '.', i0, '.', i0)") SA_VERSION_MAJOR, SA_VERSION_MINOR, SA_VERSION_PATCH
      call report(SA_ERR_UNSUPPORTED, c_null_ptr, stat, errmsg, &
        "libselfattn is "//sa_library_version()//", and this program needs "//trim(needed)//" or newer")
      return
    end if
    if (present(options)) given = options
    if (present(threads)) given%threads = threads
    given%struct_size = c_sizeof(given)
    call report(sa_ctx_create(c_loc(given), c_loc(self%handle)), c_null_ptr, stat, errmsg)
  end subroutine create_context

  subroutine destroy_context(self)
    class(sa_context), intent(inout), target :: self
    call sa_ctx_destroy(c_loc(self%handle))
  end subroutine destroy_context

  subroutine finish_context(self)
    type(sa_context), intent(inout) :: self
    call self%destroy()
  end subroutine finish_context

  subroutine copy_context(self, other)
    class(sa_context), intent(inout) :: self
    class(sa_context), intent(in) :: other
    if (.not. c_associated(self%handle, other%handle)) call self%destroy()
  end subroutine copy_context

  ! What the library reads, and what that points to. Fails, with a sentence, if there are not as many lengths as
  ! sequences.
  subroutine fill_masking(rules, batch, raw, memory, why)
    type(sa_mask_rules), intent(in), target :: rules
    integer, intent(in) :: batch
    type(sa_masking), intent(out) :: raw
    type(masking_memory), intent(inout), target :: memory
    character(:), allocatable, intent(out) :: why
    character(96) :: text
    raw%struct_size = c_sizeof(raw)
    raw%causal = merge(1, 0, rules%causal)
    raw%align = rules%align
    raw%offset = rules%offset
    why = ""
    if (allocated(rules%key_lengths)) then
      memory%lengths = rules%key_lengths
      raw%key_lengths = c_loc(memory%lengths)
      if (size(memory%lengths) /= batch) then
        write (text, "('there are ', i0, ' lengths of keys for ', i0, ' sequences')") size(memory%lengths), batch
        why = trim(text)
      end if
    end if
    if (allocated(rules%window)) then
      raw%window = 1
      raw%window_left = rules%window(1)
      raw%window_right = rules%window(2)
    end if
    if (allocated(rules%added)) raw%mask = view(rules%added)
    if (allocated(rules%visible)) then
      memory%visible = merge(1_c_int8_t, 0_c_int8_t, rules%visible)
      raw%mask = contiguous_bytes(memory%visible)
    end if
    if (c_associated(raw%mask%data)) raw%mask_keys = SA_MASK_KEYS_REPEATED
  end subroutine fill_masking

  function contiguous_bytes(x) result(t)
    integer(c_int8_t), intent(in), target :: x(:, :, :, :)
    type(sa_tensor) :: t
    t%data = c_loc(x)
    t%dtype = SA_BOOL
    t%size = shape(x, c_int64_t)
    t%stride = [product(t%size(1:3)), product(t%size(1:2)), t%size(1), 1_c_int64_t]
    t%size = t%size(4:1:-1)
  end function contiguous_bytes

  ! Scaled dot-product attention: query (D,T,H,B), key (D,S,K,B), value (Dv,S,K,B), output (Dv,T,H,B).
  subroutine attention(self, query, key, value, output, masking, scale, softcap, alibi_slopes, lse, weights, stat, &
    errmsg)
    class(sa_context), intent(in) :: self
    real(c_float), intent(in), target :: query(:, :, :, :), key(:, :, :, :), value(:, :, :, :)
    real(c_float), intent(inout), target :: output(:, :, :, :)
    type(sa_mask_rules), intent(in), optional, target :: masking
    real(c_float), intent(in), optional :: scale, softcap
    real(c_float), intent(in), optional, target :: alibi_slopes(:)       ! (H)
    real(c_float), intent(inout), optional, target :: lse(:, :, :, :)     ! (1,T,H,B)
    real(c_float), intent(inout), optional, target :: weights(:, :, :, :) ! (S,T,H,B)
    integer, intent(out), optional :: stat
    character(*), intent(inout), optional :: errmsg
    type(sa_attention_args), target :: args
    type(sa_masking), target :: rules
    type(sa_score_rules), target :: scores
    type(masking_memory), target :: memory
    real(c_float), allocatable, target :: slopes(:)
    character(:), allocatable :: why
    args%struct_size = c_sizeof(args)
    args%query = view(query)
    args%key = view(key)
    args%value = view(value)
    args%output = view(output)
    if (present(scale)) args%scale = scale
    if (present(softcap)) args%softcap = softcap
    if (present(lse)) args%lse = view(lse)
    if (present(weights)) args%weights = view(weights)
    why = ""
    if (present(masking)) then
      call fill_masking(masking, size(query, 4), rules, memory, why)
      args%masking = c_loc(rules)
    end if
    if (present(alibi_slopes)) then
      if (size(alibi_slopes) /= size(query, 3)) why = "there have to be as many slopes as heads"
      slopes = alibi_slopes
      scores%struct_size = c_sizeof(scores)
      scores%alibi_slopes = c_loc(slopes)
      args%rules = c_loc(scores)
    end if
    if (len(why) > 0) then
      call report(SA_ERR_SHAPE, self%handle, stat, errmsg, why)
    else
      call report(sa_attention(self%handle, c_loc(args)), self%handle, stat, errmsg)
    end if
  end subroutine attention

  ! Copies the weights. 0, or what is absent, means what the header says. rope_theta rotates (0: 10000).
  subroutine create_layer(self, ctx, model_width, query_heads, weights, context_width, output_width, kv_heads, &
    head_size, rope_theta, stat, errmsg)
    class(sa_layer), intent(inout), target :: self
    type(sa_context), intent(in) :: ctx
    integer, intent(in) :: model_width, query_heads
    type(sa_layer_weights), intent(in), target :: weights
    integer, intent(in), optional :: context_width, output_width, kv_heads, head_size
    real(c_double), intent(in), optional :: rope_theta
    integer, intent(out), optional :: stat
    character(*), intent(inout), optional :: errmsg
    type(sa_layer_config), target :: config
    type(sa_rope), target :: rope
    character(:), allocatable :: why
    call self%destroy()
    config%struct_size = c_sizeof(config)
    config%model_width = model_width
    config%query_heads = query_heads
    if (present(context_width)) config%context_width = context_width
    if (present(output_width)) config%output_width = output_width
    if (present(kv_heads)) config%kv_heads = kv_heads
    if (present(head_size)) config%head_size = head_size
    if (present(rope_theta)) then
      rope%struct_size = c_sizeof(rope)
      rope%theta = rope_theta
      config%rope = c_loc(rope)
    end if
    call fill_weights(config, weights, why)
    if (len(why) > 0) then
      call report(SA_ERR_SHAPE, ctx%handle, stat, errmsg, why)
    else
      call report(sa_layer_create(ctx%handle, c_loc(config), c_loc(self%handle)), ctx%handle, stat, errmsg)
    end if
  end subroutine create_layer

  subroutine fill_weights(config, weights, why)
    type(sa_layer_config), intent(inout) :: config
    type(sa_layer_weights), intent(in), target :: weights
    character(:), allocatable, intent(out) :: why
    integer(c_int64_t) :: head, kv, context, rows(4), columns(4)
    logical :: known
    why = ""
    ! The library refuses heads that do not divide the width, before it looks at matrices.
    known = config%head_size /= 0
    head = config%head_size
    if (.not. known .and. config%query_heads > 0) then
      known = mod(config%model_width, config%query_heads) == 0
      head = config%model_width / config%query_heads
    end if
    kv = merge(config%kv_heads, config%query_heads, config%kv_heads /= 0)
    context = merge(config%context_width, config%model_width, config%context_width /= 0)
    rows = [config%query_heads * head, kv * head, kv * head, &
      merge(config%output_width, config%model_width, config%output_width /= 0)]
    columns = [config%model_width, context, context, config%query_heads * head]
    call fill(config%weight_q, weights%q, weights%bias_q, config%bias_q, 1)
    call fill(config%weight_k, weights%k, weights%bias_k, config%bias_k, 2)
    call fill(config%weight_v, weights%v, weights%bias_v, config%bias_v, 3)
    call fill(config%weight_o, weights%o, weights%bias_o, config%bias_o, 4)

  contains

    subroutine fill(pointer, matrix, bias, bias_pointer, i)
      type(c_ptr), intent(inout) :: pointer, bias_pointer
      real(c_float), allocatable, intent(in), target :: matrix(:, :), bias(:)
      integer, intent(in) :: i
      character(96) :: text
      if (allocated(matrix)) then
        pointer = c_loc(matrix)
        if (known .and. any(shape(matrix) /= [columns(i), rows(i)])) then
          write (text, "('weight ', a, ' is (', i0, ', ', i0, ') and not (', i0, ', ', i0, ')')") "qkvo"(i:i), &
            shape(matrix), columns(i), rows(i)
          why = trim(text)
        end if
      end if
      if (allocated(bias)) then
        bias_pointer = c_loc(bias)
        if (known .and. size(bias) /= rows(i)) why = "bias "//"qkvo"(i:i)//" has not the size of its matrix"
      end if
    end subroutine fill
  end subroutine fill_weights

  subroutine destroy_layer(self)
    class(sa_layer), intent(inout), target :: self
    call sa_layer_destroy(c_loc(self%handle))
  end subroutine destroy_layer

  subroutine finish_layer(self)
    type(sa_layer), intent(inout) :: self
    call self%destroy()
  end subroutine finish_layer

  subroutine copy_layer(self, other)
    class(sa_layer), intent(inout) :: self
    class(sa_layer), intent(in) :: other
    if (.not. c_associated(self%handle, other%handle)) call self%destroy()
  end subroutine copy_layer

  ! x (E,T,B), y (output width,T,B); context (Ec,S,B) for cross-attention; weights (S,T,H,B). Rows have to be
  ! contiguous.
  subroutine forward(self, ctx, x, y, masking, context, weights, stat, errmsg)
    class(sa_layer), intent(in) :: self
    type(sa_context), intent(in) :: ctx
    real(c_float), intent(in), target :: x(:, :, :)
    real(c_float), intent(inout), target :: y(:, :, :)
    type(sa_mask_rules), intent(in), optional, target :: masking
    real(c_float), intent(in), optional, target :: context(:, :, :)
    real(c_float), intent(inout), optional, target :: weights(:, :, :, :)
    integer, intent(out), optional :: stat
    character(*), intent(inout), optional :: errmsg
    type(sa_forward_args), target :: args
    type(sa_masking), target :: rules
    type(masking_memory), target :: memory
    character(:), allocatable :: why
    args%struct_size = c_sizeof(args)
    args%x = rows_of(x)
    args%y = rows_of(y)
    if (present(context)) args%context = rows_of(context)
    if (present(weights)) args%weights = view(weights)
    why = ""
    if (present(masking)) then
      call fill_masking(masking, size(x, 3), rules, memory, why)
      args%masking = c_loc(rules)
    end if
    if (len(why) > 0) then
      call report(SA_ERR_SHAPE, ctx%handle, stat, errmsg, why)
    else
      call report(sa_forward(ctx%handle, self%handle, c_loc(args)), ctx%handle, stat, errmsg)
    end if
  end subroutine forward

  ! The view of rows (width, tokens, batch): one head.
  function rows_of(x) result(t)
    real(c_float), intent(in), target :: x(:, :, :)
    type(sa_tensor) :: t
    integer(c_intptr_t) :: first
    t%dtype = SA_F32
    t%size = [size(x, 3), 1, size(x, 2), size(x, 1)]
    t%stride = 1
    if (size(x) == 0) return
    t%data = c_loc(x(1, 1, 1))
    first = transfer(t%data, first)
    if (size(x, 1) > 1) t%stride(4) = (transfer(c_loc(x(2, 1, 1)), first) - first) / 4
    if (size(x, 2) > 1) t%stride(3) = (transfer(c_loc(x(1, 2, 1)), first) - first) / 4
    if (size(x, 3) > 1) t%stride(1) = (transfer(c_loc(x(1, 1, 2)), first) - first) / 4
  end function rows_of
end module selfattn
