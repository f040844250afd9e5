/* libselfattn for C++17 and later, in one header: objects that free themselves, views whose sizes are checked,
 * exceptions. It includes selfattn.h, and selfattn_models.h where that is installed; those are the manual, and what
 * they have and this header lacks can be called with get().
 * SPDX-License-Identifier: MIT
 *
 *   selfattn::context ctx;
 *   std::vector<float> y(B * H * T * D);
 *   selfattn::attention(ctx, selfattn::bhsd(q, {B, H, T, D}), selfattn::bhsd(k, {B, H, S, D}),
 *                       selfattn::bhsd(v, {B, H, S, D}), selfattn::bhsd(y, {B, H, T, D}));
 *
 *   Errors     selfattn::error has the library's sentence and its status. A view that does not fit its memory throws
 *              std::invalid_argument.
 *   Threads    layer, model and tokenizer are immutable: any number of threads may use one. context, cache and session
 *              have one caller at a time; make a context per thread.
 *   Memory     Views borrow. model and tokenizer are cheap to copy: copies share. A session keeps its model.
 *   Structs    masking, sampling and others are those of C with their size set: fill in fields by name.
 */
#ifndef SELFATTN_HPP
#define SELFATTN_HPP

#include "selfattn.h"
#if defined(__has_include)
#if __has_include("selfattn_models.h")
#include "selfattn_models.h"
#define SELFATTN_HPP_MODELS 1
#endif
#endif

#include <algorithm>
#include <array>
#include <cstdint>
#include <exception>
#include <functional>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>
#if __cplusplus >= 202002L
#include <span>
#endif

namespace selfattn {

#if __cplusplus >= 202002L
using std::span;
#else
/* What std::span is from C++20 on, as far as it is needed. */
template <class T> class span {
  public:
    constexpr span() = default;
    constexpr span(T *data, std::size_t size) : data_(data), size_(size) {}
    template <class U, class = std::enable_if_t<std::is_convertible_v<U (*)[], T (*)[]>>>
    constexpr span(const span<U> &other) : data_(other.data()), size_(other.size()) {}
    template <class C, class = decltype(std::declval<C &>().size()),
              class = std::enable_if_t<std::is_convertible_v<decltype(std::declval<C &>().data()), T *>>>
    constexpr span(C &&container) : data_(container.data()), size_(container.size()) {}
    template <std::size_t N> constexpr span(T (&array)[N]) : data_(array), size_(N) {}

    constexpr T *data() const { return data_; }
    constexpr std::size_t size() const { return size_; }
    constexpr bool empty() const { return size_ == 0; }
    constexpr T *begin() const { return data_; }
    constexpr T *end() const { return data_ + size_; }
    constexpr T &operator[](std::size_t i) const { return data_[i]; }

  private:
    T *data_ = nullptr;
    std::size_t size_ = 0;
};
#endif

/* ------------------------------------------------------------------------------------------------------ errors */

/* A call failed: what() is the library's sentence, status() an SA_ERR_ constant. */
class error : public std::runtime_error {
  public:
    error(sa_status status, const std::string &sentence) : std::runtime_error(sentence), status_(status) {}
    sa_status status() const noexcept { return status_; }

  private:
    sa_status status_;
};

namespace detail {

inline void check(sa_status status, const sa_ctx *ctx = nullptr) {
    if (status == SA_OK) return;
    const char *sentence = sa_ctx_last_error(status == SA_ERR_BUSY ? nullptr : ctx);
    throw error(status, *sentence ? sentence : sa_status_string(status));
}

[[noreturn]] inline void misfit(const char *what, std::int64_t found, std::int64_t wanted) {
    throw std::invalid_argument(std::string(what) + " has " + std::to_string(found) +
                                " numbers: " + std::to_string(wanted) + " are needed");
}

inline void check_count(const char *what, std::size_t found, std::int64_t wanted) {
    if (static_cast<std::int64_t>(found) != wanted) misfit(what, static_cast<std::int64_t>(found), wanted);
}

inline std::int64_t count(std::initializer_list<std::int64_t> sizes) {
    std::int64_t product = 1;
    for (std::int64_t size : sizes) {
        if (size < 0 || (size && product > INT64_MAX / size)) throw std::invalid_argument("a size does not fit");
        product *= size;
    }
    return product;
}

template <class T, void (*Destroy)(T **)> struct destroy {
    void operator()(T *handle) const noexcept { Destroy(&handle); }
};
template <class T, void (*Destroy)(T **)> using owner = std::unique_ptr<T, destroy<T, Destroy>>;

/* An exception must not cross the library: it waits here until the call has returned. */
class caught {
  public:
    template <class F> bool run(F &&work) noexcept {
        if (failure_) return false;
        try {
            work();
            return true;
        } catch (...) {
            failure_ = std::current_exception();
            return false;
        }
    }
    void rethrow() {
        if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    }
    bool failed() const noexcept { return failure_ != nullptr; }

  private:
    std::exception_ptr failure_;
};

inline void check_version() {
    if (sa_version() >= SA_VERSION) return;
    const std::string wanted = std::to_string(SA_VERSION_MAJOR) + "." + std::to_string(SA_VERSION_MINOR) + "." +
                               std::to_string(SA_VERSION_PATCH);
    throw error(SA_ERR_UNSUPPORTED, std::string("libselfattn is ") + sa_version_string() + "; this program needs " +
                                        wanted +
                                        " or newer. Install a newer library, or name its folder in "
                                        "LD_LIBRARY_PATH");
}

} // namespace detail

/* A struct of C with all zeros and its size: sized<sa_masking> m; m.causal = 1; */
template <class T> struct sized : T {
    sized() : T() { this->struct_size = sizeof(T); }
};
using context_options = sized<sa_ctx_options>;
using masking = sized<sa_masking>;
using score_rules = sized<sa_score_rules>;
using packing = sized<sa_packing>;
using rope = sized<sa_rope>;
using cache_config = sized<sa_cache_config>;

/* ------------------------------------------------------------------------------------------------------- views */

struct bfloat16 {
    std::uint16_t bits;
};
struct float16 {
    std::uint16_t bits;
};

namespace detail {
template <class T> struct dtype_of;
template <> struct dtype_of<float> { static constexpr std::int32_t value = SA_F32; };
template <> struct dtype_of<bfloat16> { static constexpr std::int32_t value = SA_BF16; };
template <> struct dtype_of<float16> { static constexpr std::int32_t value = SA_F16; };
template <> struct dtype_of<bool> { static constexpr std::int32_t value = SA_BOOL; };
} // namespace detail

/* A view of memory that is read. Default: absent. */
class input {
  public:
    input() = default;
    explicit input(const sa_tensor &tensor) : tensor_(tensor) {}
    const sa_tensor &get() const { return tensor_; }
    std::int64_t size(int axis) const { return tensor_.size[axis]; }
    /* The same elements with other strides, in elements: to transpose, to repeat (0). Nothing is checked. */
    input strided(std::array<std::int64_t, 4> stride) const {
        input other = *this;
        for (int i = 0; i < 4; i++) other.tensor_.stride[i] = stride[static_cast<std::size_t>(i)];
        return other;
    }

  protected:
    sa_tensor tensor_ = sa_tensor();
};

/* A view of memory that is written. */
class output : public input {
  public:
    using input::input;
};

namespace detail {
template <class T> auto view(span<T> data, std::int32_t layout, std::array<std::int64_t, 4> shape) {
    check_count("a view", data.size(), count({shape[0], shape[1], shape[2], shape[3]}));
    using element = std::remove_const_t<T>;
    sa_tensor tensor;
    /* Without elements there may be no address, which would mean that it is absent. */
    static char nothing[64];
    void *place = data.data() ? const_cast<element *>(data.data()) : static_cast<void *>(nothing);
    sa_tensor_set(&tensor, place, dtype_of<element>::value, layout, shape[0], shape[1], shape[2], shape[3]);
    return std::conditional_t<std::is_const_v<T>, input, output>(tensor);
}
template <class C> using element_of = std::remove_pointer_t<decltype(std::declval<C &>().data())>;
} // namespace detail

/* Views of anything with data() and size(), contiguous: [batch, heads, sequence, head size] in memory ... */
template <class C> auto bhsd(C &&data, std::array<std::int64_t, 4> shape) {
    return detail::view(span<detail::element_of<C>>(data), SA_BHSD, shape);
}
/* ... or [batch, sequence, heads, head size]; `shape` is in the first order in both cases. */
template <class C> auto bshd(C &&data, std::array<std::int64_t, 4> shape) {
    return detail::view(span<detail::element_of<C>>(data), SA_BSHD, shape);
}
/* Rows of model width: [batch, tokens, width]. */
template <class C> auto rows(C &&data, std::array<std::int64_t, 3> shape) {
    return detail::view(span<detail::element_of<C>>(data), SA_BSHD, {shape[0], 1, shape[1], shape[2]});
}

/* ----------------------------------------------------------------------------------------------------- context */

/* Threads, kernels and scratch memory of calls. One caller at a time. */
class context {
  public:
    context() : context(context_options()) {}
    explicit context(const sa_ctx_options &options) {
        detail::check_version();
        sa_ctx *made = nullptr;
        detail::check(sa_ctx_create(&options, &made));
        handle_.reset(made);
    }
    /* A context of so many threads; 0: as many as the process has CPUs. */
    static context with_threads(std::int32_t threads) {
        context_options options;
        options.threads = threads;
        return context(options);
    }
    sa_ctx *get() const { return handle_.get(); }
    std::int32_t threads() const { return sa_ctx_threads(get()); }
    void reserve(std::uint64_t bytes) { check(sa_ctx_reserve(get(), bytes)); }
    /* Throws what a call with this context failed with. */
    void check(sa_status status) const { detail::check(status, get()); }

  private:
    detail::owner<sa_ctx, sa_ctx_destroy> handle_;
};

/* ------------------------------------------------------------------------------------------------------- cache */

/* Keys and values of earlier tokens. One caller at a time. */
class cache {
  public:
    cache(context &ctx, const sa_cache_config &config) {
        sa_cache *made = nullptr;
        ctx.check(sa_cache_create(ctx.get(), &config, &made));
        handle_.reset(made);
        batch_ = config.batch;
    }
    sa_cache *get() const { return handle_.get(); }
    /* key [B,K,T,D], value [B,K,T,Dv]; of sequence b only the first lengths[b] tokens, if lengths are given. */
    void append(context &ctx, const input &key, const input &value, std::int64_t layer = 0,
                span<const std::int64_t> lengths = {}) {
        if (!lengths.empty()) detail::check_count("lengths", lengths.size(), batch_);
        ctx.check(sa_cache_append(ctx.get(), get(), layer, &key.get(), &value.get(), lengths.data()));
    }
    std::int64_t length(std::int64_t sequence = 0, std::int64_t layer = 0) const {
        return sa_cache_length(get(), layer, sequence);
    }
    std::uint64_t bytes() const { return sa_cache_bytes(get()); }
    void truncate(std::int64_t length, std::int64_t sequence = -1) {
        detail::check(sa_cache_truncate(get(), sequence, length));
    }
    void fork(std::int64_t from, std::int64_t to) { detail::check(sa_cache_fork(get(), from, to)); }
    void reorder(span<const std::int64_t> from) {
        detail::check_count("from", from.size(), batch_);
        detail::check(sa_cache_reorder(get(), from.data()));
    }

  private:
    detail::owner<sa_cache, sa_cache_destroy> handle_;
    std::int64_t batch_ = 0;
};

/* --------------------------------------------------------------------------------------------------- attention */

/* What a call may be given besides tensors; all zero is the default. */
struct attention_options {
    float scale = 0, softcap = 0;
    const sa_masking *masking = nullptr;
    const sa_score_rules *rules = nullptr;
    const sa_packing *packing = nullptr;
    output lse;     /* [B,H,T,1] */
    output weights; /* [B,H,T,S] */
    std::int32_t weights_kind = SA_WEIGHTS_PROBABILITIES;
};

namespace detail {
inline sized<sa_attention_args> attention_args(const input &query, const output &result,
                                               const attention_options &options) {
    sized<sa_attention_args> args;
    args.query = query.get();
    args.output = result.get();
    args.scale = options.scale;
    args.softcap = options.softcap;
    args.masking = options.masking;
    args.rules = options.rules;
    args.packing = options.packing;
    args.lse = options.lse.get();
    args.weights = options.weights.get();
    args.weights_kind = options.weights_kind;
    return args;
}
} // namespace detail

/* softmax(query key^T * scale) value: query [B,H,T,D], key [B,K,S,D], value [B,K,S,Dv], result [B,H,T,Dv]. */
inline void attention(context &ctx, const input &query, const input &key, const input &value, const output &result,
                      const attention_options &options = {}) {
    sized<sa_attention_args> args = detail::attention_args(query, result, options);
    args.key = key.get();
    args.value = value.get();
    ctx.check(sa_attention(ctx.get(), &args));
}

/* The same with the keys and values of a cache. */
inline void attention(context &ctx, const input &query, const cache &cache, const output &result,
                      const attention_options &options = {}, std::int64_t layer = 0) {
    sized<sa_attention_args> args = detail::attention_args(query, result, options);
    args.cache = cache.get();
    args.cache_layer = layer;
    ctx.check(sa_attention(ctx.get(), &args));
}

/* ------------------------------------------------------------------------------------------------------- layer */

/* Numbers of a matrix or a bias: float, bfloat16 or float16. */
class weights {
  public:
    weights() = default;
    template <class C, class T = std::remove_const_t<detail::element_of<const C>>,
              class = decltype(detail::dtype_of<T>::value)>
    weights(const C &data) : data_(data.data()), size_(data.size()), dtype_(detail::dtype_of<T>::value) {}
    const void *data() const { return data_; }
    std::size_t size() const { return size_; }
    std::int32_t dtype() const { return dtype_; }

  private:
    const void *data_ = nullptr;
    std::size_t size_ = 0;
    std::int32_t dtype_ = SA_F32;
};

/* The fields are those of sa_layer_config. Their sizes are checked against the arrays. */
struct layer_config {
    std::int64_t model_width = 0, context_width = 0, output_width = 0, query_heads = 0, kv_heads = 0, head_size = 0,
                 value_head_size = 0;
    std::int32_t weight_order = SA_OUT_IN;
    weights weight_q, weight_k, weight_v, weight_qkv, weight_o, bias_q, bias_k, bias_v, bias_qkv, bias_o;
    span<const float> query_norm, key_norm;
    float norm_epsilon = 0;
    bool norm_all_heads = false;
    float scale = 0, softcap = 0;
    const sa_rope *rope = nullptr;
    const sa_score_rules *rules = nullptr;
};

struct forward_options {
    const sa_masking *masking = nullptr;
    const sa_packing *packing = nullptr;
    class cache *cache = nullptr;
    std::int64_t cache_layer = 0;
    std::int32_t cache_use = SA_CACHE_APPEND;
    span<const std::int64_t> lengths, positions;
    output lse, weights;
};

/* A multi-head attention layer. Immutable: any number of threads and contexts may share it. */
class layer {
  public:
    layer(context &ctx, const layer_config &config) {
        const sized<sa_layer_config> filled = fill(config);
        sa_layer *made = nullptr;
        ctx.check(sa_layer_create(ctx.get(), &filled, &made));
        handle_.reset(made);
    }
    const sa_layer *get() const { return handle_.get(); }
    std::int64_t model_width() const { return sa_layer_model_width(get()); }
    std::int64_t context_width() const { return sa_layer_context_width(get()); }
    std::int64_t output_width() const { return sa_layer_output_width(get()); }
    std::int64_t query_heads() const { return sa_layer_query_heads(get()); }

    /* x is rows(..., {B, T, model_width}), y rows(..., {B, T, output_width}). */
    void forward(context &ctx, const input &x, const output &y, const forward_options &options = {}) const {
        forward(ctx, x, input(), y, options);
    }
    /* Cross-attention: keys and values are those of `other`, rows(..., {B, S, context_width}). */
    void forward(context &ctx, const input &x, const input &other, const output &y,
                 const forward_options &options = {}) const {
        sized<sa_forward_args> args;
        args.x = x.get();
        args.context = other.get();
        args.y = y.get();
        args.masking = options.masking;
        args.packing = options.packing;
        args.lse = options.lse.get();
        args.weights = options.weights.get();
        if (options.cache) {
            args.cache = options.cache->get();
            args.cache_layer = options.cache_layer;
            args.cache_use = options.cache_use;
        }
        if (!options.lengths.empty()) detail::check_count("lengths", options.lengths.size(), x.size(0));
        if (!options.positions.empty())
            detail::check_count("positions", options.positions.size(), detail::count({x.size(0), x.size(2)}));
        args.lengths = options.lengths.data();
        args.positions = options.positions.data();
        ctx.check(sa_forward(ctx.get(), get(), &args));
    }

  private:
    static sized<sa_layer_config> fill(const layer_config &c) {
        sized<sa_layer_config> out;
        const std::int64_t heads = c.query_heads, kv = c.kv_heads ? c.kv_heads : heads;
        const std::int64_t size = c.head_size ? c.head_size : heads > 0 ? c.model_width / heads : 0;
        const std::int64_t value_size = c.value_head_size ? c.value_head_size : size;
        const std::int64_t q = detail::count({heads, size}), k = detail::count({kv, size});
        const std::int64_t v = detail::count({kv, value_size}), o = detail::count({heads, value_size});
        const std::int64_t context = c.context_width ? c.context_width : c.model_width;
        const std::int64_t result = c.output_width ? c.output_width : c.model_width;
        bool typed = false;
        auto take = [&](const char *what, const weights &w, std::int64_t wanted) -> const void * {
            if (!w.data()) return nullptr;
            detail::check_count(what, w.size(), wanted);
            if (typed && w.dtype() != out.weight_dtype)
                throw std::invalid_argument(std::string(what) + " is of another type than the matrices before it");
            typed = true;
            out.weight_dtype = w.dtype();
            return w.data();
        };
        out.model_width = c.model_width;
        out.context_width = c.context_width;
        out.output_width = c.output_width;
        out.query_heads = heads;
        out.kv_heads = c.kv_heads;
        out.head_size = c.head_size;
        out.value_head_size = c.value_head_size;
        out.weight_order = c.weight_order;
        out.weight_q = take("weight_q", c.weight_q, detail::count({q, c.model_width}));
        out.weight_k = take("weight_k", c.weight_k, detail::count({k, context}));
        out.weight_v = take("weight_v", c.weight_v, detail::count({v, context}));
        out.weight_qkv = take("weight_qkv", c.weight_qkv, detail::count({q + k + v, c.model_width}));
        out.weight_o = take("weight_o", c.weight_o, detail::count({result, o}));
        out.bias_q = take("bias_q", c.bias_q, q);
        out.bias_k = take("bias_k", c.bias_k, k);
        out.bias_v = take("bias_v", c.bias_v, v);
        out.bias_qkv = take("bias_qkv", c.bias_qkv, q + k + v);
        out.bias_o = take("bias_o", c.bias_o, result);
        if (!c.query_norm.empty()) detail::check_count("query_norm", c.query_norm.size(), c.norm_all_heads ? q : size);
        if (!c.key_norm.empty()) detail::check_count("key_norm", c.key_norm.size(), c.norm_all_heads ? k : size);
        out.query_norm = c.query_norm.data();
        out.key_norm = c.key_norm.data();
        out.norm_epsilon = c.norm_epsilon;
        out.norm_all_heads = c.norm_all_heads;
        out.scale = c.scale;
        out.softcap = c.softcap;
        out.rope = c.rope;
        out.rules = c.rules;
        return out;
    }

    detail::owner<sa_layer, sa_layer_destroy> handle_;
};

#ifdef SELFATTN_HPP_MODELS

/* --------------------------------------------------------------------------------------------------- tokenizer */

using model_options = sized<sa_model_options>;
using session_config = sized<sa_session_config>;
using sampling = sized<sa_sampling>;
using tokens = std::vector<std::int32_t>;

/* Bytes of a text, from `first` to the one before `last`. */
struct range {
    std::size_t first, last;
};

/* Text to token numbers and back. Immutable; copies share. */
class tokenizer {
  public:
    tokenizer(context &ctx, const std::string &path) {
        sa_tokenizer *made = nullptr;
        ctx.check(sa_tokenizer_open(ctx.get(), path.c_str(), &made));
        handle_.reset(made, detail::destroy<sa_tokenizer, sa_tokenizer_destroy>());
    }
    const sa_tokenizer *get() const { return handle_.get(); }

    tokens encode(context &ctx, std::string_view text, std::int32_t flags = 0, std::int32_t language = -1) const {
        const std::int64_t bytes = static_cast<std::int64_t>(text.size());
        tokens ids(text.size() + 16);
        std::int64_t count = 0;
        auto run = [&](std::int64_t room) {
            ctx.check(sa_tokenizer_encode_language(ctx.get(), get(), text.data() ? text.data() : "", bytes, flags,
                                                   language, ids.data(), room, &count));
        };
        run(0);
        ids.resize(static_cast<std::size_t>(count));
        if (count) run(count);
        return ids;
    }
    /* Token numbers, and for each token the range of the text's bytes that it stands for: text.substr(first, last -
     * first). A token of some bytes of a character has those alone. */
    std::pair<tokens, std::vector<range>> encode_offsets(context &ctx, std::string_view text,
                                                         std::int32_t flags = 0) const {
        std::pair<tokens, std::vector<range>> made;
        std::vector<std::int64_t> places;
        std::int64_t count = 0;
        auto run = [&](std::int64_t room) {
            ctx.check(sa_tokenizer_encode_offsets(ctx.get(), get(), text.data() ? text.data() : "",
                                                  static_cast<std::int64_t>(text.size()), flags, made.first.data(),
                                                  places.data(), room, &count));
        };
        run(0);
        made.first.resize(static_cast<std::size_t>(count));
        places.resize(2 * made.first.size());
        if (count) run(count);
        for (std::size_t i = 0; i < places.size(); i += 2)
            made.second.push_back({static_cast<std::size_t>(places[i]), static_cast<std::size_t>(places[i + 1])});
        return made;
    }
    /* Two texts as one input, for models that compare texts: token numbers, and their types. most: the longer text is
     * cut until so many tokens are left; 0: none is cut. */
    std::pair<tokens, tokens> encode_pair(context &ctx, std::string_view first, std::string_view second,
                                          std::int64_t most = 0, std::int32_t flags = 0) const {
        std::pair<tokens, tokens> made;
        std::int64_t count = 0;
        auto run = [&](std::int64_t room) {
            ctx.check(sa_tokenizer_encode_pair(
                ctx.get(), get(), first.data() ? first.data() : "", static_cast<std::int64_t>(first.size()),
                second.data() ? second.data() : "", static_cast<std::int64_t>(second.size()), flags, most,
                made.first.data(), made.second.data(), room, &count));
        };
        run(0);
        made.first.resize(static_cast<std::size_t>(count));
        made.second.resize(static_cast<std::size_t>(count));
        if (count) run(count);
        return made;
    }
    /* The text without special tokens; it may end inside of a character. */
    std::string decode(context &ctx, span<const std::int32_t> ids) const {
        const std::int64_t count = static_cast<std::int64_t>(ids.size());
        std::int64_t bytes = 0;
        ctx.check(sa_tokenizer_decode(ctx.get(), get(), ids.data(), count, nullptr, 0, &bytes));
        std::string text(static_cast<std::size_t>(bytes), 0);
        if (bytes) ctx.check(sa_tokenizer_decode(ctx.get(), get(), ids.data(), count, text.data(), bytes, &bytes));
        return text;
    }
    std::int64_t size() const { return sa_tokenizer_size(get()); }
    /* "" if there is no such token. */
    std::string_view token(std::int32_t id) const {
        const char *text = sa_tokenizer_token(get(), id);
        return text ? text : "";
    }
    /* -1 if there is no such token. */
    std::int32_t find(const std::string &text) const {
        std::int32_t id = -1;
        return sa_tokenizer_find(get(), text.c_str(), &id) ? -1 : id;
    }

  private:
    std::shared_ptr<sa_tokenizer> handle_;
};

/* ------------------------------------------------------------------------------------------------------- model */

/* What model::encode() computes; add them up. */
enum outputs : unsigned {
    hidden = 1,     /* [B,T,E] */
    hidden_all = 2, /* [L+1,B,T,E] */
    looks = 4,      /* [L,B,H,T,T]: attention weights */
    embedding = 8,  /* [B, embedding width] */
    pooled = 16,    /* [B, pooled width] */
    logits = 32     /* [B,T,V] or [B,V] */
};

struct encoded {
    std::int64_t batch = 0, tokens = 0, width = 0; /* B, T, E */
    std::vector<float> hidden, hidden_all, attention, embedding, pooled, logits;
};

namespace detail {
/* Rows of token numbers as one array, padded with 0. */
struct batch {
    explicit batch(const std::vector<selfattn::tokens> &texts) {
        for (const auto &text : texts) longest = std::max(longest, static_cast<std::int64_t>(text.size()));
        for (const auto &text : texts) {
            lengths.push_back(static_cast<std::int64_t>(text.size()));
            ids.insert(ids.end(), text.begin(), text.end());
            ids.resize(lengths.size() * static_cast<std::size_t>(longest));
        }
    }
    std::int64_t longest = 1;
    std::vector<std::int64_t> lengths;
    selfattn::tokens ids;
};
} // namespace detail

/* A trained transformer. Immutable; copies share. */
class model {
  public:
    /* progress(done, all) is told how far the file is converted, if options say that it is. */
    model(context &ctx, const std::string &path, model_options options = {},
          std::function<void(std::int64_t, std::int64_t)> progress = nullptr) {
        struct told {
            std::function<void(std::int64_t, std::int64_t)> progress;
            detail::caught caught;
        } state{std::move(progress), {}};
        if (state.progress) {
            options.progress_user = &state;
            options.progress = [](void *user, std::int64_t done, std::int64_t all) {
                told *t = static_cast<told *>(user);
                t->caught.run([&] { t->progress(done, all); });
            };
        }
        sa_model *made = nullptr;
        ctx.check(sa_model_open_with(ctx.get(), path.c_str(), &options, &made));
        handle_.reset(made, detail::destroy<sa_model, sa_model_destroy>());
        state.caught.rethrow();
    }
    const sa_model *get() const { return handle_.get(); }
    const std::shared_ptr<sa_model> &share() const { return handle_; }
    std::int64_t number(std::int32_t what) const { return sa_model_get(get(), what); } /* SA_MODEL_... */
    std::string_view type() const { return sa_model_type(get()); }
    tokens end_tokens() const {
        tokens ids(static_cast<std::size_t>(sa_model_end_tokens(get(), nullptr, 0)));
        sa_model_end_tokens(get(), ids.data(), static_cast<std::int64_t>(ids.size()));
        return ids;
    }

    /* Runs whole inputs. `wanted` are outputs, added up. */
    encoded encode(context &ctx, const std::vector<tokens> &texts, unsigned wanted = embedding) const {
        const detail::batch in(texts);
        encoded out;
        sized<sa_encode_args> args;
        args.batch = out.batch = static_cast<std::int64_t>(texts.size());
        args.tokens = out.tokens = in.longest;
        args.ids = in.ids.data();
        args.lengths = in.lengths.data();
        const std::int64_t b = args.batch, t = args.tokens, e = out.width = number(SA_MODEL_WIDTH);
        const std::int64_t l = number(SA_MODEL_LAYERS), h = number(SA_MODEL_QUERY_HEADS);
        auto want = [&](unsigned which, std::vector<float> &numbers, float *&place, std::int64_t count) {
            if (!(wanted & which)) return;
            numbers.resize(static_cast<std::size_t>(std::max<std::int64_t>(count, 1)));
            place = numbers.data();
        };
        want(selfattn::hidden, out.hidden, args.hidden, detail::count({b, t, e}));
        want(selfattn::hidden_all, out.hidden_all, args.hidden_all, detail::count({l + 1, b, t, e}));
        want(selfattn::looks, out.attention, args.attention, detail::count({l, b, h, t, t}));
        want(selfattn::embedding, out.embedding, args.embedding, detail::count({b, number(SA_MODEL_EMBEDDING_WIDTH)}));
        want(selfattn::pooled, out.pooled, args.pooled, detail::count({b, number(SA_MODEL_POOLED_WIDTH)}));
        const std::int64_t each = number(SA_MODEL_TOKEN_LOGITS) ? t : 1;
        want(selfattn::logits, out.logits, args.logits, detail::count({b, each, number(SA_MODEL_OUTPUTS)}));
        ctx.check(sa_model_encode(ctx.get(), get(), &args));
        return out;
    }

  private:
    std::shared_ptr<sa_model> handle_;
};

/* -------------------------------------------------------------------------------------------------- generation */

/* The text of tokens that come one by one. add() returns what is new and whole; what might become a stop string is held
 * back. `before`: the prompt, whose last token stands in front of the text. */
class text_stream {
  public:
    text_stream(context &ctx, selfattn::tokenizer tokenizer, span<const std::int32_t> before,
                const std::vector<std::string> &stops = {})
        : tokenizer_(std::move(tokenizer)) {
        std::vector<const char *> strings;
        for (const std::string &stop : stops) strings.push_back(stop.c_str());
        sa_text_stream *made = nullptr;
        ctx.check(sa_text_stream_create(ctx.get(), tokenizer_.get(), before.empty() ? -1 : before[before.size() - 1],
                                        strings.data(), static_cast<std::int64_t>(strings.size()), &made));
        handle_.reset(made);
        room_.resize(static_cast<std::size_t>(sa_text_stream_room(made)));
    }
    sa_text_stream *get() const { return handle_.get(); }
    std::string add(context &ctx, std::int32_t token) {
        std::int64_t bytes = 0;
        ctx.check(sa_text_stream_add(ctx.get(), get(), token, room_.data(), sa_text_stream_room(get()), &bytes));
        return room_.substr(0, static_cast<std::size_t>(bytes));
    }
    /* What was held back, when no more tokens come. */
    std::string rest(context &ctx) {
        std::int64_t bytes = 0;
        ctx.check(sa_text_stream_rest(ctx.get(), get(), room_.data(), sa_text_stream_room(get()), &bytes));
        return room_.substr(0, static_cast<std::size_t>(bytes));
    }
    bool ended() const { return sa_text_stream_ended(get()) == 1; }

  private:
    selfattn::tokenizer tokenizer_; /* has to outlive the handle */
    detail::owner<sa_text_stream, sa_text_stream_destroy> handle_;
    std::string room_;
};

struct generated {
    tokens ids;                           /* with a stop token */
    std::vector<float> log_probabilities; /* of each */
    std::int32_t ending = SA_END_NONE;    /* SA_END_... */
};

/* A decoder that runs on a batch of sequences and remembers all tokens so far. One caller at a time. */
class session {
  public:
    session(context &ctx, const selfattn::model &model, const session_config &config = {}) : model_(model) {
        sa_session *made = nullptr;
        ctx.check(sa_session_create(ctx.get(), model.get(), &config, &made));
        handle_.reset(made);
    }
    sa_session *get() const { return handle_.get(); }
    std::int64_t batch() const { return sa_session_batch(get()); }
    std::int64_t length(std::int64_t sequence = 0) const { return sa_session_length(get(), sequence); }
    std::uint64_t bytes() const { return sa_session_bytes(get()); }
    void truncate(std::int64_t length, std::int64_t sequence = -1) {
        pending_.clear();
        detail::check(sa_session_truncate(get(), sequence, length));
    }
    void fork(std::int64_t from, std::int64_t to) {
        pending_.clear();
        detail::check(sa_session_fork(get(), from, to));
    }
    void reorder(span<const std::int64_t> from) {
        pending_.clear();
        detail::check_count("from", from.size(), batch());
        detail::check(sa_session_reorder(get(), from.data()));
    }

    /* Only for models with an encoder: what the decoder attends to. */
    void encode(context &ctx, const std::vector<tokens> &texts) {
        pending_.clear();
        const detail::batch in(texts);
        sized<sa_encode_args> args;
        args.batch = static_cast<std::int64_t>(texts.size());
        args.tokens = in.longest;
        args.ids = in.ids.data();
        args.lengths = in.lengths.data();
        ctx.check(sa_session_encode(ctx.get(), get(), &args));
    }

    /* Appends tokens, a row for each sequence, and returns the logits of each one's last token: [B,V]. */
    std::vector<float> run(context &ctx, const std::vector<tokens> &texts) {
        pending_.clear();
        const detail::batch in(texts);
        detail::check_count("texts", texts.size(), batch());
        std::vector<float> logits(static_cast<std::size_t>(detail::count({batch(), model_.number(SA_MODEL_OUTPUTS)})));
        sized<sa_session_args> args;
        args.tokens = in.longest;
        args.ids = in.ids.data();
        args.lengths = in.lengths.data();
        args.logits = logits.data();
        ctx.check(sa_session_run(ctx.get(), get(), &args));
        return logits;
    }

    /* Appends a prompt to a session of one sequence and generates tokens. on_token(token, log probability) returns
     * false to end the text. It may throw, and use the context, but not the session. model_rules: what the model's
     * makers forbid and force holds. */
    generated generate(context &ctx, span<const std::int32_t> prompt, std::int64_t max_tokens, const sampling &how = {},
                       const std::function<bool(std::int32_t, float)> &on_token = nullptr, bool model_rules = false) {
        pending_.clear();
        detail::check_count("a batch that generates", static_cast<std::size_t>(batch()), 1);
        if (max_tokens < 1) throw std::invalid_argument("max_tokens is " + std::to_string(max_tokens));
        struct state {
            const std::function<bool(std::int32_t, float)> &on_token;
            detail::caught caught;
        } state{on_token, {}};
        generated out;
        std::int64_t count = 0;
        out.ids.resize(static_cast<std::size_t>(max_tokens));
        out.log_probabilities.resize(static_cast<std::size_t>(max_tokens));
        sized<sa_generate_args> args;
        args.tokens = static_cast<std::int64_t>(prompt.size());
        args.ids = prompt.data();
        args.max_tokens = max_tokens;
        args.sampling = &how;
        args.generated = out.ids.data();
        args.counts = &count;
        args.endings = &out.ending;
        args.log_probabilities = out.log_probabilities.data();
        args.model_rules = model_rules;
        args.user = &state;
        if (on_token)
            args.on_token = [](void *user, std::int64_t, std::int32_t token, float log) -> std::int32_t {
                auto *s = static_cast<struct state *>(user);
                bool more = false;
                s->caught.run([&] { more = s->on_token(token, log); });
                return !more;
            };
        ctx.check(sa_generate(ctx.get(), get(), &args));
        state.caught.rethrow();
        out.ids.resize(static_cast<std::size_t>(count));
        out.log_probabilities.resize(static_cast<std::size_t>(count));
        return out;
    }

    /* The same with text: on_text gets each piece, in whole characters, and returns false to end. A text ends before a
     * stop string. The last token of the text before, which has not been run, is run first; calls in between other than
     * this one drop it. */
    generated generate_text(context &ctx, const selfattn::tokenizer &tokenizer, std::string_view prompt,
                            std::int64_t max_tokens, const std::function<bool(std::string_view)> &on_text,
                            const sampling &how = {}, const std::vector<std::string> &stops = {},
                            bool model_rules = false) {
        tokens ids = std::move(pending_);
        const bool goes_on = !ids.empty() || length() > 0;
        const tokens added = tokenizer.encode(ctx, prompt, goes_on ? SA_ENCODE_NO_TEMPLATE : 0);
        ids.insert(ids.end(), added.begin(), added.end());
        text_stream stream(ctx, tokenizer, ids, stops);
        bool more = true;
        auto on_token = [&](std::int32_t token, float) {
            const std::string piece = stream.add(ctx, token);
            if (!piece.empty()) more = on_text(piece);
            return more && !stream.ended();
        };
        generated out = generate(ctx, ids, max_tokens, how, on_token, model_rules);
        if (!out.ids.empty()) pending_.push_back(out.ids.back());
        if (stream.ended()) out.ending = SA_END_STRING;
        const std::string piece = more ? stream.rest(ctx) : "";
        if (!piece.empty()) on_text(piece);
        return out;
    }

  private:
    selfattn::model model_; /* has to outlive the handle */
    tokens pending_;
    detail::owner<sa_session, sa_session_destroy> handle_;
};

#endif /* SELFATTN_HPP_MODELS */

} // namespace selfattn

#endif /* SELFATTN_HPP */
