//! Says how close two sentences are in meaning: sentences MODEL SENTENCE SENTENCE
//! SPDX-License-Identifier: MIT
use selfattn::{Context, Model, Tokenizer, Wanted};

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (path, first, second) = match arguments.as_slice() {
        [path, first, second] => (path, first, second),
        _ => return Err("sentences MODEL SENTENCE SENTENCE".into()),
    };
    let ctx = Context::new()?;
    let (model, tokenizer) = (Model::open(&ctx, path)?, Tokenizer::open(&ctx, path)?);
    let ids = [tokenizer.encode(&ctx, first)?, tokenizer.encode(&ctx, second)?];
    let found = model.encode(&ctx, &[&ids[0], &ids[1]], Wanted { embedding: true, ..Wanted::default() })?;
    let (a, b) = found.embedding.split_at(found.embedding.len() / 2); // the vectors lie one behind the other
    println!("\"{first}\" and \"{second}\": {:.3}", dot(a, b) / (dot(a, a) * dot(b, b)).sqrt());
    Ok(())
}
