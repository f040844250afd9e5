# Views of memory with four axes: batch, heads, sequence, head size. SPDX-License-Identifier: MIT
module SelfAttn
  # data: an array of numbers, which is copied, or an FFI::MemoryPointer, which is used in place. layout: :bhsd or :bshd
  # for contiguous data, or strides and offset in elements. type: :f32, :bf16, :f16 (as bits) or :bool (a mask).
  class Tensor
    TYPES = { f32: [:float, C::SA_F32], bf16: [:uint16, C::SA_BF16], f16: [:uint16, C::SA_F16],
              bool: [:uint8, C::SA_BOOL] }.freeze
    ORDERS = { bhsd: [3, 2, 1, 0], bshd: [3, 1, 2, 0] }.freeze

    attr_reader :data, :shape, :strides

    def initialize(data, shape, layout: :bhsd, strides: nil, offset: 0, type: :f32)
      @type, @dtype = TYPES.fetch(type)
      @shape, @offset = shape, offset
      @strides = strides || contiguous(ORDERS.fetch(layout))
      @data = SelfAttn.array(@type, data)
      inside(data.is_a?(Array) ? data.size : @data.size / FFI.type_size(@type))
    end

    # A new one of these sizes, of zeros.
    def self.made(*shape)
      new(FFI::MemoryPointer.new(:float, [shape.inject(:*), 1].max), shape)
    end

    # All numbers, as they lie.
    def to_a
      @data.get_array_of_float32(0, @shape.inject(:*))
    end

    # Writes it to a field of a struct.
    def fill(raw)
      raw[:data] = @data + @offset * FFI.type_size(@type)
      raw[:dtype] = @dtype
      4.times { |axis| raw[:size][axis], raw[:stride][axis] = @shape[axis], @strides[axis] }
    end

    private

    def contiguous(inner)
      step = 1
      inner.each_with_object([]) do |axis, strides|
        strides[axis] = step
        step *= @shape[axis]
      end
    end

    def inside(elements)
      reaches = @shape.zip(@strides).map { |size, stride| [size - 1, 0].max * stride }
      first, last = [:negative?, :positive?].map { |side| @offset + reaches.select(&side).sum }
      return if @shape.include?(0) || first >= 0 && last < elements

      raise Error.new(C::SA_ERR_SHAPE, "the shape #{@shape} reaches elements #{first} to #{last} of #{elements}")
    end
  end

  # Numbers as an array of C; what is one already is used in place.
  def self.array(type, numbers)
    return numbers if numbers.nil? || numbers.is_a?(FFI::Pointer)

    memory = FFI::MemoryPointer.new(type, [numbers.size, 1].max)
    put = { float: :put_array_of_float32, uint16: :put_array_of_uint16, uint8: :put_array_of_uint8,
            int32: :put_array_of_int32, int64: :put_array_of_int64 }.fetch(type)
    memory.public_send(put, 0, numbers)
    memory
  end

  # causal, key_lengths, window [left, right], align (SA_ALIGN_...), offset, mask (a tensor). Returns the struct and
  # what has to live as long.
  def self.masking(rules, batch)
    return [nil, nil] unless rules

    lengths = rules[:key_lengths]
    if lengths && lengths.size != batch
      raise Error.new(C::SA_ERR_SHAPE, "there are #{lengths.size} lengths of keys for #{batch} sequences")
    end
    left, right = rules[:window] || [0, 0]
    lengths = array(:int64, lengths)
    raw = struct(C::Masking, causal: rules[:causal] ? 1 : 0, key_lengths: lengths, align: rules[:align],
                             offset: rules[:offset], window: rules[:window] ? 1 : 0, window_left: left,
                             window_right: right, mask_keys: rules[:mask] ? C::SA_MASK_KEYS_REPEATED : 0)
    rules[:mask]&.fill(raw[:mask])
    [raw, lengths]
  end
end
