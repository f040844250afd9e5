# Text that comes token by token. SPDX-License-Identifier: MIT
module SelfAttn
  # The text of tokens that come one by one. What might become a stop string is held back.
  class Growing
    # The last token of the prompt stands in front: a decoder may drop a space at the beginning of a text.
    def initialize(ctx, tokenizer, prompt, stop)
      @ctx, @tokenizer = ctx, tokenizer
      @ids = prompt.last(1)
      @stop = stop.map(&:b).reject(&:empty?)
      @shown = tokenizer.decode(ctx, @ids).bytesize
      @new = ''.b
      @ended = false
    end

    # A stop string came: the text ends before it.
    def ended?
      @ended
    end

    # What is new and whole with this token.
    def add(token)
      @ids << token
      @new = @tokenizer.decode(@ctx, @ids).b.byteslice(@shown..)
      begins = @stop.filter_map { |string| @new.index(string) }.min
      @ended = !begins.nil?
      show(begins || @new.bytesize - [unfinished, suspicious].max)
    end

    # What was held back, when no more tokens come.
    def rest
      show(@ended ? 0 : @new.bytesize)
    end

    private

    def show(count)
      piece = @new.byteslice(0, count)
      @new = @new.byteslice(count..)
      @shown += count
      piece.force_encoding(Encoding::UTF_8)
    end

    # How many bytes at the end begin a character that is not whole.
    def unfinished
      1.upto([3, @new.bytesize].min) do |n|
        byte = @new.getbyte(-n)
        next if byte.between?(0x80, 0xbf)

        return { 0xc => 2, 0xd => 2, 0xe => 3, 0xf => 4 }.fetch(byte >> 4, 1) > n ? n : 0
      end
      0
    end

    # How long the longest end is with which a stop string begins.
    def suspicious
      @stop.flat_map { |string| (1...string.bytesize).select { |n| @new.end_with?(string.byteslice(0, n)) } }.max || 0
    end
  end
end
