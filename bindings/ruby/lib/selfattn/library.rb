# Finds and loads libselfattn; handles, contexts and errors. SPDX-License-Identifier: MIT
require 'monitor'
require 'selfattn/declarations'

module SelfAttn
  # Why a call failed: a status of the header and a sentence with the actual values.
  class Error < StandardError
    attr_reader :status

    def initialize(status, message)
      @status = status
      super(message)
    end
  end

  module C
    class << self
      def version_text(number)
        [number / 1_000_000, number / 1000 % 1000, number % 1000].join('.')
      end

      def refuse(why)
        raise Error.new(SA_ERR_FILE, "#{why}\nInstall libselfattn #{version_text(SA_VERSION)} or newer (cmake " \
          '--install build), or name its file in the environment variable SELFATTN_LIBRARY.')
      end

      # What the system said of a path.
      def told(path, message)
        reason = message.lines.first.strip
        ["Could not open library '#{path}': ", "#{path}: "].each { |front| reason = reason.delete_prefix(front) }
        missing = reason[/\A(lib\S+): cannot open shared object file/, 1]
        "  #{path}: #{missing ? "it needs #{missing}, which is missing" : reason}"
      end

      # Loads the library that SELFATTN_LIBRARY names; else one that the system's loader finds, or an installed one.
      # Returns its path.
      def load_library
        name = FFI::Platform.mac? ? 'libselfattn.0.dylib' : 'libselfattn.so.0'
        paths = ENV['SELFATTN_LIBRARY'] ? [ENV['SELFATTN_LIBRARY']] : [name, "/usr/local/lib/#{name}"]
        looked = paths.map do |path|
          ffi_lib path
          return path
        rescue LoadError => e
          told(path, e.message)
        end
        refuse("libselfattn could not be loaded. Looked at:\n#{looked.join("\n")}")
      end

      def find
        path = load_library
        begin
          attach_function :sa_version, [], :int32
        rescue FFI::NotFoundError
          refuse("#{path} is not libselfattn: it has no function sa_version.")
        end
        refuse("#{path} is libselfattn #{version_text(sa_version)}.") if sa_version < SA_VERSION
      end

      # Ruby's lock is released while long calls run.
      def attach
        (FUNCTIONS.keys - [:sa_version]).each do |name|
          arguments, result = FUNCTIONS[name]
          attach_function name, arguments, result, blocking: LONG.include?(name)
        rescue FFI::NotFoundError
          # A library without models does not have all of them.
          define_singleton_method(name) do |*|
            raise Error.new(SA_ERR_UNSUPPORTED, "the library has no #{name}: #{sa_build_info}")
          end
        end
      end
    end
    find
    attach
  end

  # Throws the error of a failed call. The sentence stands at the context; without one, at the thread.
  def self.check(status, ctx = nil)
    return if status == C::SA_OK

    sentence = status == C::SA_ERR_BUSY ? '' : C.sa_ctx_last_error(ctx)
    raise Error.new(status, sentence.empty? ? C.sa_status_string(status) : sentence)
  end

  # A struct of zeros with its size, and these fields.
  def self.struct(type, **fields)
    made = type.new
    made[:struct_size] = type.size
    fields.each { |name, value| made[name] = value unless value.nil? }
    made
  end

  # A constant of the loaded library by its name: "SA_F32", "sizeof(sa_tensor)", "sa_tensor.data".
  def self.constant(name)
    value = FFI::MemoryPointer.new(:int64)
    check(C.sa_constant(FFI::MemoryPointer.from_string(name), value))
    value.read_int64
  end

  # The version of the loaded library.
  def self.version
    C.sa_version_string
  end

  # A handle of C, freed once it is closed, or its owner collected, and no call and no other handle uses it (a session
  # needs its model). Counting is safe among threads and finalisers: neither comes between the steps of an addition.
  class Handle
    def initialize(kind, pointer, parent)
      @kind, @pointer, @parent = kind, pointer, parent
      @users, @open = 1, true
      parent&.retain
    end

    def retain
      raise Error.new(C::SA_ERR_NULL, 'this object has been closed') unless @open

      @users += 1
    end

    def release
      return unless (@users -= 1).zero?

      C.public_send("#{@kind}_destroy", FFI::MemoryPointer.new(:pointer).write_pointer(@pointer))
      @parent&.release
    end

    def use
      retain
      begin
        yield @pointer
      ensure
        release
      end
    end

    def close
      return unless @open

      @open = false
      release
    end
  end

  # What owns a handle.
  class Owner
    attr_reader :handle

    # Frees it once no call uses it.
    def close
      @handle.close
    end

    # The finaliser must not hold its object.
    def self.closer(handle)
      proc { handle.close }
    end

    # Calls the block with room for a handle, and owns what it writes there.
    def own(kind, parent = nil)
      out = FFI::MemoryPointer.new(:pointer)
      yield out
      @handle = Handle.new(kind, out.read_pointer, parent)
      ObjectSpace.define_finalizer(self, Owner.closer(@handle))
    end
  end

  # Where work runs: threads and scratch memory. A context has one caller at a time: threads that share one wait for
  # their turn. For calls at the same time make a context for each thread.
  class Context < Owner
    # options: threads, parallel, path, isa, precision, as in sa_ctx_options.
    def initialize(**options)
      super()
      @turn = Monitor.new # a callback may call again, on its own thread
      own('sa_ctx') { |out| SelfAttn.check(C.sa_ctx_create(SelfAttn.struct(C::CtxOptions, **options), out)) }
    end

    def threads
      @handle.use { |ctx| C.sa_ctx_threads(ctx) }
    end

    def call(name, *arguments)
      @handle.use do |ctx|
        @turn.synchronize { SelfAttn.check(C.public_send(name, ctx, *arguments), ctx) }
      end
    end
  end
end
