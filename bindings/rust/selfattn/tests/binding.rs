//! The cases that all bindings share, and whether the declarations are those of the library. CTest sets the variables.
//! SPDX-License-Identifier: MIT
use selfattn::*;
use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::ops::ControlFlow;
use std::path::PathBuf;

/// vectors.json as lines "path kind count values".
struct Table(HashMap<String, String>);

/// `None` without the table: then there is nothing to compare with.
fn table() -> Option<Table> {
    let file = std::env::var("SELFATTN_VECTOR_LINES").ok();
    if file.is_none() {
        println!("SKIPPED: SELFATTN_VECTOR_LINES is not set");
    }
    let text = std::fs::read_to_string(file?).unwrap();
    let entry = |line: &str| line.split_once(' ').map(|(path, rest)| (path.to_string(), rest.to_string()));
    Some(Table(text.lines().filter_map(entry).collect()))
}

macro_rules! unless_skipped {
    ($table:expr) => {
        match $table {
            Some(table) => table,
            None => return,
        }
    };
}

fn models() -> bool {
    std::env::var("SELFATTN_MODELS").map_or(true, |on| on != "OFF")
}

fn folder(name: &str) -> PathBuf {
    PathBuf::from(std::env::var("SELFATTN_VECTORS").unwrap()).join(name)
}

impl Table {
    fn find<T: std::str::FromStr>(&self, path: &str) -> Option<Vec<T>> {
        let words = self.0.get(path)?.split(' ').skip(2);
        Some(words.map(|word| word.parse().unwrap_or_else(|_| panic!("{path}: {word}"))).collect())
    }

    fn numbers<T: std::str::FromStr>(&self, path: &str) -> Vec<T> {
        self.find(path).unwrap_or_else(|| panic!("no {path}"))
    }

    fn number(&self, path: &str) -> Option<f64> {
        self.find(path).map(|numbers| numbers[0])
    }

    fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path)?.splitn(3, ' ').nth(2)
    }

    fn count(&self, path: &str) -> usize {
        self.0[path].split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// Data and shape of four axes; a tensor of three has one head.
    fn tensor(&self, path: &str) -> (Vec<f32>, [usize; 4]) {
        let shape: Vec<usize> = self.numbers(&format!("{path}.shape"));
        let four =
            if shape.len() == 3 { [shape[0], 1, shape[1], shape[2]] } else { [shape[0], shape[1], shape[2], shape[3]] };
        (self.numbers(&format!("{path}.data")), four)
    }

    fn check(&self, path: &str, got: &[f32]) {
        let expected: Vec<f32> = self.numbers(path);
        let tolerance = self.number("tolerance").unwrap() as f32;
        assert_eq!(got.len(), expected.len(), "{path}");
        for (i, (a, b)) in got.iter().zip(&expected).enumerate() {
            assert!(a == b || (a - b).abs() <= tolerance, "{path}[{i}]: {a} instead of {b}");
        }
    }

    fn masking<'a>(&self, path: &str, lengths: &'a Option<Vec<i64>>) -> Masking<'a> {
        let align = match self.text(&format!("{path}.align")) {
            None => Align::Default,
            Some("SA_ALIGN_TOP_LEFT") => Align::TopLeft,
            Some("SA_ALIGN_BOTTOM_RIGHT") => Align::BottomRight,
            Some(other) => panic!("{other}"),
        };
        let window = self.find::<i64>(&format!("{path}.window")).map(|w| (w[0], w[1]));
        let causal = self.number(&format!("{path}.causal")) == Some(1.0);
        Masking { causal, align, window, key_lengths: lengths.as_deref(), mask: None }
    }
}

#[test]
fn declarations_are_the_librarys() {
    let mut wrong = Vec::new();
    let declared = sys::declared();
    for (name, value) in &declared {
        let mut found = 0;
        let text = CString::new(*name).unwrap();
        let status = unsafe { sys::sa_constant(text.as_ptr(), &mut found) };
        // A newer library has a newer version, and longer structs.
        let grown = name.starts_with("SA_VERSION") || name.starts_with("sizeof(") && !name.contains('.');
        if status != sys::SA_OK && models() || status == sys::SA_OK && found != *value && !(grown && found > *value) {
            wrong.push(format!("{name}: {value} here, {found} in the library"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let names = (0..).map(|i| unsafe { sys::sa_constant_name(i) }).take_while(|name| !name.is_null());
    let names = names.map(|name| unsafe { CStr::from_ptr(name) }.to_str().unwrap());
    let unknown = names.filter(|name| !declared.iter().any(|(known, _)| known == name)).count();
    println!("{} names, {unknown} more in the library", declared.len());
}

#[test]
fn attention_has_the_expected_numbers() {
    let table = unless_skipped!(table());
    let ctx = Context::new().unwrap();
    for case in 0..table.count("attention") {
        let at = |name: &str| format!("attention.{case}.{name}");
        let ((q, qs), (k, ks), (v, vs)) =
            (table.tensor(&at("query")), table.tensor(&at("key")), table.tensor(&at("value")));
        let lengths = table.find::<i64>(&at("options.key_lengths"));
        let slopes: Option<Vec<f32>> = table.find(&at("options.alibi_slopes"));
        let view = |data, shape| Tensor::bhsd(data, shape).unwrap();
        let mut masking = table.masking(&at("options"), &lengths);
        let mask = table.0.contains_key(&at("options.mask.dtype")).then(|| table.tensor(&at("options.mask")));
        let seen: Vec<bool> = mask.iter().flat_map(|(data, _)| data.iter().map(|x| *x != 0.0)).collect();
        if let Some((data, shape)) = &mask {
            let truth = table.text(&at("options.mask.dtype")) == Some("SA_BOOL");
            masking.mask =
                Some(if truth { Tensor::bhsd(&seen, *shape).unwrap() } else { Tensor::bhsd(data, *shape).unwrap() });
        }
        let (out, row, all) = ([qs[0], qs[1], qs[2], vs[3]], [qs[0], qs[1], qs[2], 1], [qs[0], qs[1], qs[2], ks[2]]);
        let zeros = |shape: [usize; 4]| vec![0.0f32; shape.iter().product()];
        let (mut output, mut lse, mut weights) = (zeros(out), zeros(row), zeros(all));
        let mut attention = Attention {
            masking,
            scale: table.number(&at("options.scale")).unwrap_or(0.0) as f32,
            softcap: table.number(&at("options.softcap")).unwrap_or(0.0) as f32,
            alibi_slopes: slopes.as_deref(),
            lse: Some(TensorMut::bhsd(&mut lse, row).unwrap()),
            weights: Some(TensorMut::bhsd(&mut weights, all).unwrap()),
            ..Attention::new(view(&q, qs), view(&k, ks), view(&v, vs))
        };
        attention.run(&ctx, TensorMut::bhsd(&mut output, out).unwrap()).unwrap();
        table.check(&at("output.data"), &output);
        table.check(&at("lse.data"), &lse);
        table.check(&at("weights.data"), &weights);
    }
}

#[test]
fn layers_have_the_expected_numbers() {
    let table = unless_skipped!(table());
    let ctx = Context::new().unwrap();
    for case in 0..table.count("layer") {
        let at = |name: &str| format!("layer.{case}.{name}");
        let size = |name: &str| table.number(&at(&format!("config.{name}"))).unwrap_or(0.0) as usize;
        let matrix = |name: &str| table.find::<f32>(&at(&format!("weights.{name}.data")));
        let (q, k, v, o) = (matrix("weight_q"), matrix("weight_k"), matrix("weight_v"), matrix("weight_o"));
        let (bias_q, bias_k, bias_v, bias_o) = (matrix("bias_q"), matrix("bias_k"), matrix("bias_v"), matrix("bias_o"));
        let config = LayerConfig {
            model_width: size("model_width"),
            context_width: size("context_width"),
            output_width: size("output_width"),
            query_heads: size("query_heads"),
            kv_heads: size("kv_heads"),
            head_size: size("head_size"),
            value_head_size: 0,
            weight_q: q.as_deref().unwrap(),
            weight_k: k.as_deref().unwrap(),
            weight_v: v.as_deref().unwrap(),
            weight_o: o.as_deref(),
            bias_q: bias_q.as_deref(),
            bias_k: bias_k.as_deref(),
            bias_v: bias_v.as_deref(),
            bias_o: bias_o.as_deref(),
            scale: 0.0,
            rope_theta: (size("rope") == 1).then_some(0.0),
        };
        let layer = Layer::new(&ctx, &config).unwrap();
        let (x, xs) = table.tensor(&at("x"));
        let context = table.0.contains_key(&at("context.shape")).then(|| table.tensor(&at("context")));
        let keys = context.as_ref().map_or(xs[2], |(_, shape)| shape[2]);
        let (ys, all) = ([xs[0], 1, xs[2], layer.output_width()], [xs[0], config.query_heads, xs[2], keys]);
        let (mut y, mut weights) = (vec![0.0; ys.iter().product()], vec![0.0; all.iter().product()]);
        let mut input = Forward {
            context: context.as_ref().map(|(data, shape)| Tensor::bshd(data, *shape).unwrap()),
            masking: table.masking(&at("options"), &None),
            weights: Some(TensorMut::bhsd(&mut weights, all).unwrap()),
            ..Forward::new(Tensor::bshd(&x, xs).unwrap())
        };
        layer.run(&ctx, &mut input, TensorMut::bshd(&mut y, ys).unwrap()).unwrap();
        table.check(&at("y.data"), &y);
        table.check(&at("attention.data"), &weights);
    }
}

#[test]
fn encoders_have_the_expected_numbers() {
    let table = unless_skipped!(table().filter(|_| models()));
    let ctx = Context::new().unwrap();
    let path = folder(table.text("encode.model").unwrap());
    let (model, tokenizer) = (Model::open(&ctx, &path).unwrap(), Tokenizer::open(&ctx, &path).unwrap());
    let texts = (0..table.count("encode.texts")).map(|i| table.text(&format!("encode.texts.{i}")).unwrap());
    let ids: Vec<Vec<i32>> = texts.map(|text| tokenizer.encode(&ctx, text).unwrap()).collect();
    for (i, row) in ids.iter().enumerate() {
        assert_eq!(*row, table.numbers::<i32>(&format!("encode.ids.{i}")));
    }
    let rows: Vec<&[i32]> = ids.iter().map(|row| row.as_slice()).collect();
    let wanted = Wanted { embedding: true, ..Wanted::default() };
    let (first, second) = (table.text("encode.texts.0").unwrap(), table.text("encode.texts.1").unwrap());
    let (pair, types) = tokenizer.encode_pair(&ctx, first, second, 0).unwrap();
    assert_eq!(pair, [&ids[0][..], &ids[1][1..]].concat());
    assert_eq!(types, [vec![0; ids[0].len()], vec![1; ids[1].len() - 1]].concat());
    assert_eq!(tokenizer.encode_pair(&ctx, first, second, 5).unwrap().0.len(), 5);
    table.check("encode.embeddings.data", &model.encode(&ctx, &rows, wanted).unwrap().embedding);
    let first = model.encode(&ctx, &rows[..1], Wanted { hidden: true, attention: true, ..wanted }).unwrap();
    table.check("encode.hidden.data", &first.hidden);
    table.check("encode.attention.data", &first.attention);
}

#[test]
fn tokens_stand_where_they_should() {
    let table = unless_skipped!(table().filter(|_| models()));
    let ctx = Context::new().unwrap();
    for i in 0..table.count("offsets") {
        let at = |name: &str| format!("offsets.{i}.{name}");
        let tokenizer = Tokenizer::open(&ctx, folder(table.text(&at("model")).unwrap())).unwrap();
        let (ids, ranges) = tokenizer.encode_offsets(&ctx, table.text(&at("text")).unwrap(), 0).unwrap();
        assert_eq!(ids, table.numbers::<i32>(&at("ids")));
        let places: Vec<usize> = ranges.iter().flat_map(|range| [range.start, range.end]).collect();
        assert_eq!(places, table.numbers::<usize>(&at("bytes")));
    }
    let tokenizer = Tokenizer::open(&ctx, folder("encoder")).unwrap();
    let (text, bare) = ("the naïve fox", sys::SA_ENCODE_NO_TEMPLATE);
    let (_, ranges) = tokenizer.encode_offsets(&ctx, text, bare).unwrap();
    assert_eq!(ranges.into_iter().map(|range| &text[range]).collect::<Vec<_>>(), ["the", "naïve", "fox"]);
    assert_eq!(tokenizer.encode_offsets(&ctx, "", bare).unwrap(), (vec![], vec![]));
}

#[test]
fn decoders_write_the_expected_text() {
    let table = unless_skipped!(table().filter(|_| models()));
    let ctx = Context::new().unwrap();
    let path = folder(table.text("generate.model").unwrap());
    let (model, tokenizer) = (Model::open(&ctx, &path).unwrap(), Tokenizer::open(&ctx, &path).unwrap());
    let (prompt, tokens) =
        (table.text("generate.prompt").unwrap(), table.number("generate.max_tokens").unwrap() as usize);
    let ids = tokenizer.encode(&ctx, prompt).unwrap();
    assert_eq!(ids, table.numbers::<i32>("generate.prompt_ids"));
    let all = model.encode(&ctx, &[&ids], Wanted { attention: true, ..Wanted::default() }).unwrap();
    table.check("generate.attention.data", &all.attention);

    let mut session = Session::new(&ctx, &model, &SessionOptions::default()).unwrap();
    let mut logs = Vec::new();
    let listen = |_, _, log| {
        logs.push(log);
        ControlFlow::Continue(())
    };
    let written = session.generate(&ctx, &[&ids], tokens, &Sampling::default(), listen).unwrap();
    assert_eq!(written[0].tokens, table.numbers::<i32>("generate.tokens"));
    assert_eq!((written[0].end, table.text("generate.ending")), (End::Token, Some("SA_END_TOKEN")));
    table.check("generate.log_probabilities.data", &logs);

    // A batch with prompts of two lengths: the sentence goes on wherever it is.
    let mut two = Session::new(&ctx, &model, &SessionOptions { batch: 2, ..SessionOptions::default() }).unwrap();
    let go_on = |_, _, _| ControlFlow::Continue(());
    let both = two.generate(&ctx, &[&ids, &ids[..2]], tokens, &Sampling::default(), go_on).unwrap();
    let sentence = [&ids[..], &written[0].tokens[..]].concat();
    assert_eq!((&both[0], &both[1].tokens[..]), (&written[0], &sentence[2..]));

    let mut pieces = String::new();
    let stream = |session: &mut Session, stop: &[&str], listen: &mut dyn FnMut(&str) -> ControlFlow<()>| {
        session.truncate(0).unwrap();
        session
            .generate_text(&ctx, &tokenizer, prompt, tokens, &Sampling::default(), stop, |piece| listen(piece))
            .unwrap()
    };
    let text = stream(&mut session, &[], &mut |piece| {
        pieces.push_str(piece);
        ControlFlow::Continue(())
    });
    assert_eq!((text.as_str(), pieces.as_str()), (table.text("generate.text").unwrap(), text.as_str()));
    let mut count = 0;
    stream(&mut session, &[], &mut |_| {
        count += 1;
        ControlFlow::Break(())
    });
    assert_eq!(count, 1);
    let thrown = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        stream(&mut session, &[], &mut |_| panic!("through C"))
    }));
    assert_eq!(thrown.unwrap_err().downcast_ref::<&str>(), Some(&"through C"));
}

#[test]
fn texts_go_on_and_stop() {
    let table = unless_skipped!(table().filter(|_| models()));
    let ctx = Context::new().unwrap();
    let path = folder(table.text("generate.model").unwrap());
    let (model, tokenizer) = (Model::open(&ctx, &path).unwrap(), Tokenizer::open(&ctx, &path).unwrap());
    for case in 0..table.count("stream") {
        let mut session = Session::new(&ctx, &model, &SessionOptions::default()).unwrap();
        for call in 0..table.count(&format!("stream.{case}.calls")) {
            let at = |name: &str| format!("stream.{case}.calls.{call}.{name}");
            let number = |name: &str| table.number(&at(name)).unwrap() as usize;
            let sampling = Sampling { model_rules: number("model_rules") == 1, ..Sampling::default() };
            let stop: Vec<&str> =
                (0..table.count(&at("stop"))).map(|i| table.text(&at(&format!("stop.{i}"))).unwrap()).collect();
            let mut pieces = String::new();
            let prompt = table.text(&at("prompt")).unwrap();
            let show = |piece: &str| {
                pieces.push_str(piece);
                ControlFlow::Continue(())
            };
            let text = session.generate_text(&ctx, &tokenizer, prompt, number("max_tokens"), &sampling, &stop, show);
            let expected = table.text(&at("text")).unwrap();
            assert_eq!((text.unwrap().as_str(), pieces.as_str()), (expected, expected));
            assert_eq!(session.length(0), number("length"), "{}", at("length"));
        }
    }
}

fn fails(table: &Table, at: impl Fn(&str) -> String, ctx: &Context) -> Option<Error> {
    let shape = |name: &str| <[usize; 4]>::try_from(table.numbers::<usize>(&at(name))).unwrap();
    let zeros = |shape: [usize; 4]| vec![0.0f32; shape.iter().product()];
    match table.text(&at("call")).unwrap() {
        "attention" => {
            let (qs, ks, vs) = (shape("query"), shape("key"), shape("value"));
            let (q, k, v, out) = (zeros(qs), zeros(ks), zeros(vs), [qs[0], qs[1], qs[2], vs[3]]);
            let view = |data, shape| Tensor::bhsd(data, shape).unwrap();
            let mut attention = Attention::new(view(&q, qs), view(&k, ks), view(&v, vs));
            attention.softcap = table.number(&at("options.softcap")).unwrap_or(0.0) as f32;
            attention.run(ctx, TensorMut::bhsd(&mut zeros(out), out).unwrap()).err()
        }
        "layer" => {
            let size = |name: &str| table.number(&at(&format!("config.{name}"))).unwrap_or(0.0) as usize;
            let (model_width, query_heads) = (size("model_width"), size("query_heads"));
            let zeros = vec![0.0; model_width * model_width];
            let (weight_q, weight_k, weight_v) = (&zeros[..], &zeros[..], &zeros[..]);
            let given =
                LayerConfig { model_width, query_heads, weight_q, weight_k, weight_v, ..LayerConfig::default() };
            Layer::new(ctx, &given).err()
        }
        "model_open" => Model::open(ctx, table.text(&at("path")).unwrap()).err(),
        "constant" => constant(table.text(&at("constant")).unwrap()).err(),
        other => panic!("{other}"),
    }
}

#[test]
fn errors_have_a_status_and_a_sentence() {
    let table = unless_skipped!(table());
    let ctx = Context::new().unwrap();
    for case in 0..table.count("errors") {
        let at = |name: &str| format!("errors.{case}.{name}");
        if !models() && table.text(&at("call")) == Some("model_open") {
            continue;
        }
        let error = fails(&table, at, &ctx).unwrap_or_else(|| panic!("{:?} worked", table.text(&at("name"))));
        assert_eq!(error.status as i64, constant(table.text(&at("status")).unwrap()).unwrap(), "{error}");
        for i in 0..table.count(&at("says")) {
            let word = table.text(&at(&format!("says.{i}"))).unwrap();
            assert!(error.message.contains(word), "{word} is not in: {error}");
        }
    }
    assert!(Tensor::bhsd(&[0.0f32; 5], [1, 1, 2, 3]).is_err());
    assert!(Tensor::strided(&[0.0f32; 5], 0, [1, 1, 2, 3], [0, 0, -1, 1]).is_err());
}
