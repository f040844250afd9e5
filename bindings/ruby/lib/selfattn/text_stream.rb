# Text that comes token by token. SPDX-License-Identifier: MIT
module SelfAttn
  # The text of tokens that come one by one, in whole characters. What might become a stop string is held back.
  class TextStream < Owner
    # The last token of the prompt stands in front: a decoder may drop a space at the beginning of a text.
    def initialize(ctx, tokenizer, prompt, stop)
      super()
      @ctx = ctx
      texts = stop.map { |text| FFI::MemoryPointer.from_string(text) }
      list = FFI::MemoryPointer.new(:pointer, [texts.size, 1].max).write_array_of_pointer(texts)
      tokenizer.handle.use do |of|
        own('sa_text_stream', tokenizer.handle) do |out|
          ctx.call(:sa_text_stream_create, of, prompt.last || -1, texts.empty? ? nil : list, texts.size, out)
        end
      end
      @room = @handle.use { |stream| C.sa_text_stream_room(stream) }
      @text, @count = FFI::MemoryPointer.new(:char, @room), FFI::MemoryPointer.new(:int64)
    end

    # A stop string came: the text ends before it.
    def ended?
      @handle.use { |stream| C.sa_text_stream_ended(stream) == 1 }
    end

    # What is new and whole with this token.
    def add(token)
      write(:sa_text_stream_add, token)
    end

    # What was held back, when no more tokens come.
    def rest
      write(:sa_text_stream_rest)
    end

    private

    def write(name, *token)
      @handle.use { |stream| @ctx.call(name, stream, *token, @text, @room, @count) }
      @text.get_bytes(0, @count.read_int64).force_encoding(Encoding::UTF_8)
    end
  end
end
