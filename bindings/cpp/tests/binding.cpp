/* Every case of the shared vectors, and what only this binding has.
 * SPDX-License-Identifier: MIT */
#include <selfattn.hpp>

#include "declared.hpp"
#include "lines.hpp"

#include <cmath>
#include <cstdio>
#include <set>

static int failures = 0;

static void expect(bool right, const std::string &what) {
    if (right) return;
    std::printf("FAILED: %s\n", what.c_str());
    failures++;
}

template <class F> static std::string thrown(const std::string &what, F &&work, sa_status status = -1) {
    try {
        work();
    } catch (const selfattn::error &failure) {
        expect(status == failure.status(), what + ": status " + std::to_string(failure.status()));
        return failure.what();
    } catch (const std::exception &failure) {
        expect(status == -1, what + ": " + failure.what());
        return failure.what();
    }
    expect(false, what + ": nothing was thrown");
    return "";
}

static const table &vectors() {
    static const table read(std::getenv("SELFATTN_VECTOR_LINES"));
    return read;
}

static void same(const std::string &path, const std::vector<float> &found) {
    const std::vector<double> &want = vectors().at(path + ".data").numbers;
    const double tolerance = vectors().number("tolerance", 0);
    expect(found.size() == want.size(), path + " has " + std::to_string(found.size()) + " numbers");
    for (std::size_t i = 0; i < want.size() && i < found.size(); i++)
        if (found[i] != want[i] && !(std::fabs(found[i] - want[i]) <= tolerance)) {
            expect(false, path + " " + std::to_string(i) + " is " + std::to_string(found[i]));
            return;
        }
}

static std::array<std::int64_t, 4> shape4(const std::string &path) {
    const auto sizes = vectors().numbers<std::int64_t>(path + ".shape");
    return {sizes.at(0), sizes.at(1), sizes.at(2), sizes.at(3)};
}

static sa_status status_named(const std::string &name) {
    std::int64_t value = -1;
    expect(sa_constant(name.c_str(), &value) == SA_OK, "no constant " + name);
    return static_cast<sa_status>(value);
}

/* Whether the headers are the library's. A newer library has a newer version, longer structs and more names. */
static void declarations() {
    std::set<std::string> known;
    for (const declaration &here : declared) {
        const std::string name = here.name;
        std::int64_t value = 0;
        const bool found = sa_constant(here.name, &value) == SA_OK;
        const bool grows = !name.compare(0, 10, "SA_VERSION") ||
                           (!name.compare(0, 7, "sizeof(") && name.find('.') == std::string::npos);
        expect(found && (value == here.value || (grows && value > here.value)),
               name + " is " + std::to_string(here.value) + " here, " +
                   (found ? std::to_string(value) + " in the library" : "and not in the library"));
        known.insert(name);
    }
    int unknown = 0;
    for (std::int32_t i = 0; sa_constant_name(i); i++) unknown += !known.count(sa_constant_name(i));
    std::printf("%zu names are declared as the library has them, and it has %d more\n", known.size(), unknown);
}

/* The options of a case: masking and rules, with the memory that they point to. */
struct options {
    explicit options(const std::string &path) {
        const table &t = vectors();
        values.scale = static_cast<float>(t.number(path + ".scale", 0));
        values.softcap = static_cast<float>(t.number(path + ".softcap", 0));
        masking.causal = t.number(path + ".causal", 0) != 0;
        if (t.has(path + ".align")) masking.align = status_named(t.text(path + ".align"));
        if (t.has(path + ".window")) {
            const auto sides = t.numbers<std::int64_t>(path + ".window");
            masking.window = 1, masking.window_left = sides.at(0), masking.window_right = sides.at(1);
        }
        if (t.has(path + ".key_lengths")) lengths = t.numbers<std::int64_t>(path + ".key_lengths");
        if (!lengths.empty()) masking.key_lengths = lengths.data();
        if (t.has(path + ".mask.dtype")) {
            numbers = t.numbers<float>(path + ".mask.data");
            for (float number : numbers) truths.push_back(number != 0);
            const auto shape = shape4(path + ".mask");
            const selfattn::span<const bool> seen(reinterpret_cast<const bool *>(truths.data()), truths.size());
            masking.mask = t.text(path + ".mask.dtype") == "SA_BOOL" ? selfattn::bhsd(seen, shape).get()
                                                                     : selfattn::bhsd(numbers, shape).get();
        }
        if (t.has(path + ".alibi_slopes")) slopes = t.numbers<float>(path + ".alibi_slopes");
        if (!slopes.empty()) rules.alibi_slopes = slopes.data(), values.rules = &rules;
        values.masking = &masking;
    }
    selfattn::attention_options values;
    selfattn::masking masking;
    selfattn::score_rules rules;
    std::vector<std::int64_t> lengths;
    std::vector<float> numbers, slopes;
    std::vector<unsigned char> truths;
};

static void attention_cases(selfattn::context &ctx) {
    const table &t = vectors();
    for (long i = 0; i < t.at("attention").items; i++) {
        const std::string path = "attention." + std::to_string(i);
        options o(path + ".options");
        const auto q = t.numbers<float>(path + ".query.data"), k = t.numbers<float>(path + ".key.data"),
                   v = t.numbers<float>(path + ".value.data");
        const auto shape = shape4(path + ".output"), weights = shape4(path + ".weights");
        std::vector<float> y(t.at(path + ".output.data").numbers.size()), lse(t.at(path + ".lse.data").numbers.size()),
            looked(t.at(path + ".weights.data").numbers.size());
        o.values.lse = selfattn::bhsd(lse, {shape[0], shape[1], shape[2], 1});
        o.values.weights = selfattn::bhsd(looked, weights);
        selfattn::attention(ctx, selfattn::bhsd(q, shape4(path + ".query")), selfattn::bhsd(k, shape4(path + ".key")),
                            selfattn::bhsd(v, shape4(path + ".value")), selfattn::bhsd(y, shape), o.values);
        same(path + ".output", y);
        same(path + ".lse", lse);
        same(path + ".weights", looked);
    }
}

static void layer_cases(selfattn::context &ctx) {
    const table &t = vectors();
    for (long i = 0; i < t.at("layer").items; i++) {
        const std::string path = "layer." + std::to_string(i), sizes = path + ".config.", w = path + ".weights.";
        options o(path + ".options");
        const selfattn::rope rope;
        selfattn::layer_config config;
        config.model_width = static_cast<std::int64_t>(t.number(sizes + "model_width", 0));
        config.context_width = static_cast<std::int64_t>(t.number(sizes + "context_width", 0));
        config.output_width = static_cast<std::int64_t>(t.number(sizes + "output_width", 0));
        config.query_heads = static_cast<std::int64_t>(t.number(sizes + "query_heads", 0));
        config.kv_heads = static_cast<std::int64_t>(t.number(sizes + "kv_heads", 0));
        config.head_size = static_cast<std::int64_t>(t.number(sizes + "head_size", 0));
        if (t.number(sizes + "rope", 0) != 0) config.rope = &rope;
        std::map<std::string, std::vector<float>> kept;
        for (const auto &[name, place] : std::map<std::string, selfattn::weights *>{{"weight_q", &config.weight_q},
                                                                                    {"weight_k", &config.weight_k},
                                                                                    {"weight_v", &config.weight_v},
                                                                                    {"weight_o", &config.weight_o},
                                                                                    {"bias_q", &config.bias_q},
                                                                                    {"bias_k", &config.bias_k},
                                                                                    {"bias_v", &config.bias_v},
                                                                                    {"bias_o", &config.bias_o}}) {
            if (!t.has(w + name + ".data")) continue;
            kept[name] = t.numbers<float>(w + name + ".data");
            *place = kept[name];
        }
        const selfattn::layer layer(ctx, config);
        const auto x = t.numbers<float>(path + ".x.data");
        const auto in = t.numbers<std::int64_t>(path + ".x.shape"), out = t.numbers<std::int64_t>(path + ".y.shape");
        std::vector<float> y(t.at(path + ".y.data").numbers.size()),
            looked(t.at(path + ".attention.data").numbers.size()), other;
        selfattn::input context;
        if (t.has(path + ".context.data")) {
            other = t.numbers<float>(path + ".context.data");
            const auto shape = t.numbers<std::int64_t>(path + ".context.shape");
            context = selfattn::rows(other, {shape[0], shape[1], shape[2]});
        }
        selfattn::forward_options run;
        run.masking = o.values.masking;
        run.weights = selfattn::bhsd(looked, shape4(path + ".attention"));
        layer.forward(ctx, selfattn::rows(x, {in[0], in[1], in[2]}), context,
                      selfattn::rows(y, {out[0], out[1], out[2]}), run);
        same(path + ".y", y);
        same(path + ".attention", looked);
    }
}

#ifdef SELFATTN_HPP_MODELS
static std::string folder(const std::string &path) {
    return std::string(std::getenv("SELFATTN_VECTORS")) + "/" + vectors().text(path);
}

static void encode_case(selfattn::context &ctx) {
    const table &t = vectors();
    const selfattn::model model(ctx, folder("encode.model"));
    const selfattn::tokenizer tokenizer(ctx, folder("encode.model"));
    std::vector<selfattn::tokens> texts;
    for (long i = 0; i < t.at("encode.texts").items; i++) {
        texts.push_back(tokenizer.encode(ctx, t.text("encode.texts." + std::to_string(i))));
        expect(texts.back() == t.numbers<std::int32_t>("encode.ids." + std::to_string(i)), "tokens of a text");
    }
    const auto pair = tokenizer.encode_pair(ctx, t.text("encode.texts.0"), t.text("encode.texts.1"));
    selfattn::tokens both = texts[0], types(texts[0].size(), 0);
    both.insert(both.end(), texts[1].begin() + 1, texts[1].end());
    types.resize(both.size(), 1);
    expect(pair.first == both && pair.second == types, "tokens of a pair");
    expect(tokenizer.encode_pair(ctx, "the cat", "the cat", 4).first.size() == 4, "a pair that is cut");
    same("encode.embeddings", model.encode(ctx, texts).embedding);
    const selfattn::encoded first = model.encode(ctx, {texts[0]}, selfattn::hidden | selfattn::looks);
    same("encode.hidden", first.hidden);
    same("encode.attention", first.attention);
    expect(first.embedding.empty() && model.type() == "bert", "what was not asked for is empty");
    thrown(
        "an output that a model lacks", [&] { model.encode(ctx, texts, selfattn::pooled); }, SA_ERR_UNSUPPORTED);
}

static void offsets_cases(selfattn::context &ctx) {
    const table &t = vectors();
    for (long i = 0; i < t.at("offsets").items; i++) {
        const std::string path = "offsets." + std::to_string(i), text = t.text(path + ".text");
        const auto [ids, ranges] = selfattn::tokenizer(ctx, folder(path + ".model")).encode_offsets(ctx, text);
        expect(ids == t.numbers<std::int32_t>(path + ".ids"), path + ": other tokens");
        std::vector<std::size_t> places;
        for (const selfattn::range &r : ranges) places.insert(places.end(), {r.first, r.last});
        expect(places == t.numbers<std::size_t>(path + ".bytes"), path + ": other places");
    }
    const selfattn::tokenizer tokenizer(ctx, folder("encode.model"));
    const auto alone = tokenizer.encode_offsets(ctx, "the fox", SA_ENCODE_NO_TEMPLATE);
    expect(alone.first.size() == 2 && alone.second.at(1).first == 4 && alone.second.at(1).last == 7, "no template");
    expect(tokenizer.encode_offsets(ctx, {}, SA_ENCODE_NO_TEMPLATE).second.empty(), "a text without tokens");
}

static void generate_case(selfattn::context &ctx) {
    const table &t = vectors();
    const selfattn::tokenizer tokenizer(ctx, folder("generate.model"));
    const auto prompt = t.numbers<std::int32_t>("generate.prompt_ids");
    const selfattn::encoded read =
        selfattn::model(ctx, folder("generate.model")).encode(ctx, {prompt}, selfattn::looks);
    same("generate.attention", read.attention);
    selfattn::session session(ctx, selfattn::model(ctx, folder("generate.model"))); /* keeps the model */
    const auto max = static_cast<std::int64_t>(t.number("generate.max_tokens", 0));
    std::string text;
    auto add = [&](std::string_view piece) {
        expect((static_cast<unsigned char>(piece[0]) & 0xc0) != 0x80, "a piece begins with a whole character");
        text += piece;
        return true;
    };
    expect(tokenizer.encode(ctx, t.text("generate.prompt")) == prompt, "tokens of the prompt");
    const selfattn::generated found = session.generate_text(ctx, tokenizer, t.text("generate.prompt"), max, add);
    expect(text == t.text("generate.text"), "the text is: " + text);
    expect(found.ids == t.numbers<std::int32_t>("generate.tokens"), "new tokens");
    expect(found.ending == status_named(t.text("generate.ending")), "the ending");
    same("generate.log_probabilities", found.log_probabilities);

    session.truncate(0);
    const std::string said = thrown("an exception in a callback", [&] {
        session.generate(ctx, prompt, max, {}, [](std::int32_t, float) -> bool { throw std::runtime_error("mine"); });
    });
    expect(said == "mine", "the exception is the callback's: " + said);

    session.truncate(0);
    std::vector<float> logits = session.run(ctx, {prompt});
    expect(std::max_element(logits.begin(), logits.end()) - logits.begin() == found.ids[0], "logits");
    expect(session.length() == static_cast<std::int64_t>(prompt.size()), "length");

    selfattn::model_options convert;
    convert.convert = 1, convert.weights = SA_BF16;
    std::int64_t last = 0;
    const selfattn::model small(ctx, folder("generate.model"), convert,
                                [&](std::int64_t done, std::int64_t) { last = done; });
    expect(last > 0 && small.end_tokens() == selfattn::tokens{0}, "progress of a conversion");
    expect(tokenizer.token(tokenizer.find("Once")) == "Once" && tokenizer.find("no such") == -1, "names of tokens");
}
/* Texts in several calls of one session, and stop strings. */
static void stream_cases(selfattn::context &ctx) {
    const table &t = vectors();
    const selfattn::tokenizer tokenizer(ctx, folder("generate.model"));
    selfattn::session session(ctx, selfattn::model(ctx, folder("generate.model")));
    for (long i = 0; i < t.at("stream").items; i++) {
        const std::string path = "stream." + std::to_string(i);
        session.truncate(0);
        for (long n = 0; n < t.at(path + ".calls").items; n++) {
            const std::string call = path + ".calls." + std::to_string(n);
            std::vector<std::string> stops;
            for (long s = 0; s < t.at(call + ".stop").items; s++)
                stops.push_back(t.text(call + ".stop." + std::to_string(s)));
            std::string text;
            auto add = [&](std::string_view piece) {
                text += piece;
                return true;
            };
            const auto found = session.generate_text(ctx, tokenizer, t.text(call + ".prompt"),
                                                     static_cast<std::int64_t>(t.number(call + ".max_tokens", 0)), add,
                                                     {}, stops, t.number(call + ".model_rules", 0) != 0);
            const std::string name = t.text(path + ".name") + ": ";
            expect(text == t.text(call + ".text"), name + text);
            expect(found.ending == status_named(t.text(call + ".ending")), name + "the ending");
            expect(session.length() == static_cast<std::int64_t>(t.number(call + ".length", 0)), name + "the length");
        }
    }
}
#endif

static void error_cases(selfattn::context &ctx) {
    const table &t = vectors();
    for (long i = 0; i < t.at("errors").items; i++) {
        const std::string path = "errors." + std::to_string(i), call = t.text(path + ".call");
        const sa_status status = status_named(t.text(path + ".status"));
        std::string said;
        if (call == "attention") {
            std::array<std::vector<float>, 4> data;
            std::array<selfattn::output, 4> views;
            const char *names[] = {".query", ".key", ".value", ".query"};
            for (std::size_t n = 0; n < 4; n++) {
                auto shape = t.numbers<std::int64_t>(path + names[n]);
                if (n == 3) shape[3] = t.numbers<std::int64_t>(path + ".value")[3];
                data[n].resize(static_cast<std::size_t>(shape[0] * shape[1] * shape[2] * shape[3]));
                views[n] = selfattn::bhsd(data[n], {shape[0], shape[1], shape[2], shape[3]});
            }
            options o(path + ".options");
            said = thrown(
                path, [&] { selfattn::attention(ctx, views[0], views[1], views[2], views[3], o.values); }, status);
        } else if (call == "layer") {
            selfattn::layer_config config;
            config.model_width = static_cast<std::int64_t>(t.number(path + ".config.model_width", 0));
            config.query_heads = static_cast<std::int64_t>(t.number(path + ".config.query_heads", 0));
            const std::int64_t q = config.query_heads * (config.model_width / config.query_heads);
            const std::vector<float> zeros(static_cast<std::size_t>(q * config.model_width));
            config.weight_q = config.weight_k = config.weight_v = config.weight_o = zeros;
            said = thrown(
                path, [&] { selfattn::layer layer(ctx, config); }, status);
        } else if (call == "constant") {
            std::int64_t value;
            const std::string name = t.text(path + ".constant");
            said = thrown(
                path, [&] { selfattn::detail::check(sa_constant(name.c_str(), &value)); }, status);
        } else if (call == "model_open") {
#ifdef SELFATTN_HPP_MODELS
            said = thrown(
                path, [&] { selfattn::model model(ctx, t.text(path + ".path")); }, status);
#else
            continue;
#endif
        } else {
            expect(false, path + ": unknown call " + call);
        }
        for (long n = 0; n < t.at(path + ".says").items; n++) {
            const std::string word = t.text(path + ".says." + std::to_string(n));
            expect(said.find(word) != std::string::npos, path + " does not say " + word + ": " + said);
        }
    }
}

static void views_that_do_not_fit(selfattn::context &ctx) {
    std::vector<float> six(6);
    expect(thrown("a view",
                  [&] {
                      selfattn::bhsd(six, {1, 1, 2, 4});
                  }) == "a view has 6 numbers: 8 are needed",
           "view");
    thrown("a product", [&] { selfattn::bhsd(six, {INT64_MAX, 2, 1, 1}); });
    selfattn::layer_config config;
    config.model_width = 4, config.query_heads = 2;
    config.weight_q = config.weight_k = config.weight_v = six;
    expect(thrown("a matrix", [&] { selfattn::layer layer(ctx, config); }) == "weight_q has 6 numbers: 16 are needed",
           "matrix");
    std::vector<selfattn::bfloat16> halves(16);
    std::vector<float> whole(16);
    config.weight_q = whole, config.weight_k = halves;
    thrown("two types", [&] { selfattn::layer layer(ctx, config); });
}

static void caches(selfattn::context &ctx) {
    selfattn::cache_config config;
    config.batch = 2, config.kv_heads = 1, config.head_size = 2;
    selfattn::cache cache(ctx, config);
    const std::vector<float> k{1, 2, 3, 4, 5, 6, 7, 8}, q{1, 0, 0, 1};
    std::vector<float> y(4), whole(4);
    const std::vector<std::int64_t> lengths{2, 2}, swap{1, 0};
    cache.append(ctx, selfattn::bhsd(k, {2, 1, 2, 2}), selfattn::bhsd(k, {2, 1, 2, 2}), 0, lengths);
    selfattn::attention(ctx, selfattn::bhsd(q, {2, 1, 1, 2}), cache, selfattn::bhsd(y, {2, 1, 1, 2}));
    selfattn::attention(ctx, selfattn::bhsd(q, {2, 1, 1, 2}), selfattn::bhsd(k, {2, 1, 2, 2}),
                        selfattn::bhsd(k, {2, 1, 2, 2}), selfattn::bhsd(whole, {2, 1, 1, 2}));
    for (std::size_t i = 0; i < 4; i++) expect(std::fabs(y[i] - whole[i]) < 1e-6F, "attention by a cache");
    cache.reorder(swap);
    cache.truncate(1, 0);
    expect(cache.length(0) == 1 && cache.length(1) == 2 && cache.bytes() > 0, "lengths of a cache");
    thrown(
        "a sequence that is not there", [&] { cache.fork(0, 7); }, SA_ERR_VALUE);
    thrown("too few numbers", [&] { cache.reorder(std::vector<std::int64_t>{0}); });
}

int main() {
    try {
        selfattn::context ctx = selfattn::context::with_threads(2);
        expect(ctx.threads() == 2, "threads");
        declarations();
        attention_cases(ctx);
        layer_cases(ctx);
        error_cases(ctx);
        views_that_do_not_fit(ctx);
        caches(ctx);
#ifdef SELFATTN_HPP_MODELS
        encode_case(ctx);
        offsets_cases(ctx);
        generate_case(ctx);
        stream_cases(ctx);
#endif
    } catch (const std::exception &failure) {
        expect(false, failure.what());
    }
    std::printf("%d failures\n", failures);
    return failures != 0;
}
