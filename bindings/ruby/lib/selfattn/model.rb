# Trained transformers, and their tokenizers. SPDX-License-Identifier: MIT
module SelfAttn
  # Turns text into token numbers and back. Immutable: any number of threads may share one.
  class Tokenizer < Owner
    # Reads a file, or the first one that a folder has.
    def initialize(ctx, path)
      super()
      own('sa_tokenizer') { |out| ctx.call(:sa_tokenizer_open, FFI::MemoryPointer.from_string(path), out) }
    end

    # Token numbers, with those that the tokenizer puts around a text. flags: the sum of C::SA_ENCODE_NO_TEMPLATE, ...
    def encode(ctx, text, flags = 0)
      bytes = FFI::MemoryPointer.from_string(text.encode(Encoding::UTF_8))
      sized(ctx, :int32, :sa_tokenizer_encode_with, bytes, bytes.size - 1, flags) do |ids, count|
        ids.get_array_of_int32(0, count)
      end
    end

    # Token numbers, and for each token the range of the text's characters that it stands for: text[range]. A token of
    # some bytes of a character has the whole character.
    def encode_offsets(ctx, text, flags = 0)
      bytes = text.encode(Encoding::UTF_8)
      input = [FFI::MemoryPointer.from_string(bytes), bytes.bytesize, flags]
      ids, places = sized_pair(ctx, :int64, 2, :sa_tokenizer_encode_offsets, *input)
      [ids, characters(bytes, places)]
    end

    # Two texts as one input, for models that compare texts: token numbers, and their types. most: the longer text is
    # cut until so many tokens are left; 0: none is cut.
    def encode_pair(ctx, first, second, most: 0)
      texts = [first, second].map { |text| FFI::MemoryPointer.from_string(text.encode(Encoding::UTF_8)) }
      input = texts.flat_map { |bytes| [bytes, bytes.size - 1] }
      sized_pair(ctx, :int32, 1, :sa_tokenizer_encode_pair, *input, 0, most)
    end

    # The text of tokens; the last one may end inside of a character, and then it is not valid.
    def decode(ctx, ids)
      numbers = SelfAttn.array(:int32, ids)
      text = sized(ctx, :uint8, :sa_tokenizer_decode, numbers, ids.size) { |bytes, count| bytes.get_bytes(0, count) }
      text.force_encoding(Encoding::UTF_8)
    end

    private

    # Calls twice: without room, to ask for the size, and with it.
    def sized(ctx, type, name, *input)
      @handle.use do |tokenizer|
        count = FFI::MemoryPointer.new(:int64)
        ctx.call(name, tokenizer, *input, nil, 0, count)
        room = count.read_int64
        out = FFI::MemoryPointer.new(type, [room, 1].max)
        ctx.call(name, tokenizer, *input, out, room, count) if room.positive?
        yield out, room
      end
    end

    # The same with token numbers and, for each of them, `width` numbers of another output.
    def sized_pair(ctx, type, width, name, *input)
      @handle.use do |tokenizer|
        count = FFI::MemoryPointer.new(:int64)
        ctx.call(name, tokenizer, *input, nil, nil, 0, count)
        room = count.read_int64
        ids = FFI::MemoryPointer.new(:int32, [room, 1].max)
        others = FFI::MemoryPointer.new(type, [width * room, 1].max)
        ctx.call(name, tokenizer, *input, ids, others, room, count) if room.positive?
        [ids.get_array_of_int32(0, room), others.public_send("get_array_of_#{type}", 0, width * room)]
      end
    end

    # Ranges of bytes, one behind the other, as ranges of whole characters.
    def characters(text, places)
      begins = text.each_byte.map { |byte| byte & 0xC0 == 0x80 ? 0 : 1 } << 1
      ends = begins.each_with_object([0]) { |begun, sums| sums << sums.last + begun }
      places.each_slice(2).map { |first, last| (ends[first] + begins[first] - 1)...ends[last] }
    end
  end

  # A trained transformer. Immutable: any number of threads may share one.
  class Model < Owner
    # Reads weights and config: a folder or a file.
    def initialize(ctx, path)
      super()
      own('sa_model') { |out| ctx.call(:sa_model_open, FFI::MemoryPointer.from_string(path), out) }
    end

    # A number about it: get(:LAYERS) is SA_MODEL_LAYERS.
    def get(what)
      @handle.use { |model| C.sa_model_get(model, C::CONSTANTS.fetch(:"SA_MODEL_#{what}", -1)) }
    end

    # Runs it over arrays of token numbers. Returns a hash of the wanted outputs, arrays of numbers in C order:
    # embedding [B, embedding width], hidden [B,T,E], attention [L,B,H,T,T], logits [B,V] or [B,T,V].
    def encode(ctx, sequences, *wanted)
      wanted = [:embedding] if wanted.empty?
      ids, lengths, tokens = SelfAttn.padded(sequences)
      sizes = sizes_of(sequences.size, tokens)
      memory = wanted.to_h { |name| [name, FFI::MemoryPointer.new(:float, [sizes.fetch(name), 1].max)] }
      args = SelfAttn.struct(C::EncodeArgs, batch: sequences.size, tokens: tokens, ids: ids, lengths: lengths, **memory)
      @handle.use { |model| ctx.call(:sa_model_encode, model, args) }
      [ids, lengths].clear # they live until here
      memory.to_h { |name, data| [name, data.get_array_of_float32(0, sizes[name])] }
    end

    private

    def sizes_of(batch, tokens)
      rows = get(:TOKEN_LOGITS) == 1 ? tokens : 1
      { embedding: batch * get(:EMBEDDING_WIDTH), hidden: batch * tokens * get(:WIDTH),
        attention: get(:LAYERS) * batch * get(:QUERY_HEADS) * tokens * tokens, logits: batch * rows * get(:OUTPUTS) }
    end
  end

  # Sequences of any lengths as one array [B,T], and their lengths.
  def self.padded(sequences)
    tokens = sequences.map(&:size).max || 0
    ids = sequences.flat_map { |row| row + [0] * (tokens - row.size) }
    [array(:int32, ids), array(:int64, sequences.map(&:size)), tokens]
  end
end
