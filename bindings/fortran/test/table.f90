! vectors.json as lines "path kind count values". SPDX-License-Identifier: MIT
module table
  use, intrinsic :: iso_c_binding
  implicit none

  type :: entry
    character(:), allocatable :: path, rest
    integer :: count
  end type entry

  type(entry), allocatable :: entries(:)

contains

  subroutine read_table(file)
    character(*), intent(in) :: file
    character(:), allocatable :: line
    integer :: unit, first, second, third, n, io
    open (newunit=unit, file=file, action="read", status="old")
    allocate (entries(1000))
    n = 0
    do
      call read_line(unit, line, io)
      if (io /= 0) exit
      n = n + 1
      first = index(line, " ")
      second = first + index(line(first + 1:), " ")
      third = second + index(line(second + 1:)//" ", " ")
      entries(n)%path = line(:first - 1)
      read (line(second + 1:third - 1), *) entries(n)%count
      entries(n)%rest = line(min(third, len(line)) + 1:)
    end do
    entries = entries(:n)
    close (unit)
  end subroutine read_table

  subroutine read_line(unit, line, io)
    integer, intent(in) :: unit
    character(:), allocatable, intent(out) :: line
    integer, intent(out) :: io
    character(4096) :: part
    integer :: got
    line = ""
    do
      read (unit, "(a)", advance="no", size=got, iostat=io) part
      line = line//part(:got)
      if (is_iostat_eor(io)) then
        io = 0
        return
      end if
      if (io /= 0) return
    end do
  end subroutine read_line

  ! The place of an entry; 0: there is none.
  pure function find(path) result(at)
    character(*), intent(in) :: path
    integer :: at
    do at = size(entries), 1, -1
      if (entries(at)%path == path) return
    end do
  end function find

  function has(path)
    character(*), intent(in) :: path
    logical :: has
    has = find(path) > 0
  end function has

  function count_of(path) result(n)
    character(*), intent(in) :: path
    integer :: n
    n = 0
    if (has(path)) n = entries(find(path))%count
  end function count_of

  function text(path)
    character(*), intent(in) :: path
    character(:), allocatable :: text
    text = ""
    if (has(path)) text = entries(find(path))%rest
  end function text

  function numbers(path)
    character(*), intent(in) :: path
    real(c_double), allocatable :: numbers(:)
    allocate (numbers(count_of(path)))
    if (size(numbers) > 0) read (entries(find(path))%rest, *) numbers
  end function numbers

  function number(path)
    character(*), intent(in) :: path
    real(c_double) :: number
    number = 0
    if (has(path)) number = sum(numbers(path))
  end function number

  ! A tensor in Fortran's order, with one head if it has three axes.
  function tensor(path)
    character(*), intent(in) :: path
    real(c_float), allocatable :: tensor(:, :, :, :)
    integer, allocatable :: sizes(:)
    sizes = nint(numbers(path//".shape"))
    if (size(sizes) == 3) sizes = [sizes(1), 1, sizes(2), sizes(3)]
    tensor = reshape(real(numbers(path//".data"), c_float), sizes(4:1:-1))
  end function tensor

  subroutine near(path, got)
    character(*), intent(in) :: path
    real(c_float), intent(in) :: got(:)
    real(c_double), allocatable :: expected(:)
    expected = numbers(path)
    if (size(expected) /= size(got)) error stop path//": another size"
    ! Equal infinities have no difference.
    if (.not. all(abs(got - expected) <= number("tolerance") .or. real(expected, c_float) == got)) then
      error stop path//": other numbers"
    end if
  end subroutine near
end module table
