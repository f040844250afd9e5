# Generation. SPDX-License-Identifier: MIT
module SelfAttn
  # The new tokens of a sequence, and why it ended: :none, :max_tokens, :token, :string, :caller or :full.
  Generated = Struct.new(:tokens, :end)

  # A decoder with the keys and values of all tokens so far. It keeps its model; one call at a time.
  class Session < Owner
    ENDS = %i[none max_tokens token string caller full].freeze

    # options: batch, capacity, window, keep_first, cache_dtype, as in sa_session_config.
    def initialize(ctx, model, **options)
      super()
      @batch = options.fetch(:batch, 1)
      @pending = [] # the last token of the text before, which has not been run: the next one begins with it
      model.handle.use do |raw|
        own('sa_session', model.handle) do |out|
          ctx.call(:sa_session_create, raw, SelfAttn.struct(C::SessionConfig, **options), out)
        end
      end
    end

    def length(sequence = 0)
      @handle.use { |session| C.sa_session_length(session, sequence) }
    end

    # Removes the tokens of all sequences from number `length` on.
    def truncate(length)
      @pending = []
      @handle.use { |session| SelfAttn.check(C.sa_session_truncate(session, -1, length)) }
    end

    # Appends a prompt (token numbers) to each sequence and generates. sampling: fields of sa_sampling. stop: strings,
    # which need the tokenizer. model_rules: what the model's makers forbid and force holds. The block gets sequence,
    # token and the log of its probability; throw :stop ends the sequence. Returns a Generated for each. Afterwards each
    # sequence has its prompt and all new tokens but the last one, which has not been run: begin the next prompt with
    # it.
    def generate(ctx, prompts, max_tokens: 128, sampling: nil, stop: [], tokenizer: nil, model_rules: false,
                 &on_token)
      unless prompts.size == @batch
        raise Error.new(C::SA_ERR_SHAPE, "there are #{prompts.size} prompts for #{@batch} sequences")
      end
      @pending = []
      ids, lengths, tokens = SelfAttn.padded(prompts)
      out = { generated: FFI::MemoryPointer.new(:int32, [@batch * max_tokens, 1].max),
              counts: FFI::MemoryPointer.new(:int64, @batch), endings: FFI::MemoryPointer.new(:int32, @batch) }
      given = { tokens: tokens, max_tokens: max_tokens, on_token: on_token && listener(on_token), **out }
      given.update(ids: ids, lengths: lengths) if tokens.positive?
      given[:model_rules] = model_rules ? 1 : 0
      given[:sampling] = sampling && SelfAttn.struct(C::Sampling, **sampling)
      @thrown = nil
      keep = strings(given, stop)
      run(ctx, SelfAttn.struct(C::GenerateArgs, **given), keep.empty? ? nil : tokenizer)
      keep.clear # they live until here
      raise @thrown if @thrown

      results(out, max_tokens)
    end

    # Goes on with a text, in a session of one sequence: the block gets pieces of whole characters as they come; throw
    # :stop ends the text. It ends before the first of the stop strings. options: those of generate. The next call goes
    # on behind it, with a prompt that may be empty. Returns the new text.
    def stream(ctx, tokenizer, prompt, stop: [], **options)
      goes_on = @pending.any? || length.positive?
      ids = @pending + tokenizer.encode(ctx, prompt, goes_on ? C::SA_ENCODE_NO_TEMPLATE : 0)
      text, written, left = TextStream.new(ctx, tokenizer, ids, stop), +'', false
      show = lambda do |piece|
        written << piece
        yield piece if block_given? && !piece.empty?
      end
      got = generate(ctx, [ids], **options) do |_, token|
        left = true # if the block throws
        show.call(text.add(token))
        left = false
        throw :stop if text.ended?
      end
      @pending = got.first.tokens.last(1)
      catch(:stop) { show.call(text.rest) } unless left
      written
    end

    private

    # What C calls. An exception must not pass through C: it ends the sequence, and is raised again behind the call.
    def listener(on_token)
      lambda do |_, sequence, token, log|
        go_on = false
        catch(:stop) do
          on_token.call(sequence, token, log)
          go_on = true
        end
        go_on ? 0 : 1
      rescue Exception => e # rubocop:disable Lint/RescueException
        @thrown = e
        1
      end
    end

    # Sets the stop strings; returns what has to live as long.
    def strings(given, stop)
      return [] if stop.empty?

      texts = stop.map { |text| FFI::MemoryPointer.from_string(text) }
      list = FFI::MemoryPointer.new(:pointer, texts.size).write_array_of_pointer(texts)
      given.update(stop_strings: list, stop_string_count: texts.size)
      texts << list
    end

    def run(ctx, args, tokenizer)
      return @handle.use { |session| ctx.call(:sa_generate, session, args) } unless tokenizer

      tokenizer.handle.use do |raw|
        args[:tokenizer] = raw
        run(ctx, args, nil)
      end
    end

    def results(out, max_tokens)
      counts, endings = out[:counts].get_array_of_int64(0, @batch), out[:endings].get_array_of_int32(0, @batch)
      Array.new(@batch) do |b|
        Generated.new(out[:generated].get_array_of_int32(4 * b * max_tokens, counts[b]), ENDS[endings[b]])
      end
    end
  end
end
