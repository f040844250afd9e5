//! A block of a transformer's encoder, made of a layer: attention, then a feed-forward net, each added to its input and
//! normalised. SPDX-License-Identifier: MIT
use selfattn::{Context, Layer, LayerConfig, Masking, Result, Tensor, TensorMut};

const TOKENS: usize = 5;
const WIDTH: usize = 64;
const INNER: usize = 128;

/// Adds `more` to x; then each row gets mean 0 and variance 1.
fn add_and_norm(x: &mut [f32], more: &[f32]) {
    x.iter_mut().zip(more).for_each(|(a, b)| *a += b);
    for row in x.chunks_mut(WIDTH) {
        let mean = row.iter().sum::<f32>() / WIDTH as f32;
        let variance = row.iter().map(|a| (a - mean) * (a - mean)).sum::<f32>() / WIDTH as f32;
        row.iter_mut().for_each(|a| *a = (*a - mean) / (variance + 1e-5).sqrt());
    }
}

/// Rows times a matrix [out][in].
fn linear(x: &[f32], weight: &[f32], inputs: usize) -> Vec<f32> {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum();
    x.chunks(inputs).flat_map(|row| weight.chunks(inputs).map(move |w| dot(row, w))).collect()
}

fn main() -> Result<()> {
    let numbers = |count: usize| (0..count).map(|i| ((i * 7 % 31) as f32 - 15.0) / 160.0).collect::<Vec<f32>>();
    let mut x: Vec<f32> = (0..TOKENS * WIDTH).map(|i| (i * i % 13) as f32 / 13.0).collect();
    let (matrix, up, down) = (numbers(WIDTH * WIDTH), numbers(INNER * WIDTH), numbers(WIDTH * INNER));
    let ctx = Context::new()?;
    let layer = Layer::new(
        &ctx,
        &LayerConfig {
            model_width: WIDTH,
            query_heads: 4,
            weight_q: &matrix,
            weight_k: &matrix,
            weight_v: &matrix,
            weight_o: Some(&matrix),
            ..LayerConfig::default()
        },
    )?;

    let mut y = vec![0.0; TOKENS * WIDTH];
    let shape = [1, 1, TOKENS, WIDTH]; // batch, heads, tokens, width
    layer.forward(&ctx, Tensor::bshd(&x, shape)?, &Masking::default(), TensorMut::bshd(&mut y, shape)?)?;
    add_and_norm(&mut x, &y);
    let mut inner = linear(&x, &up, WIDTH);
    inner.iter_mut().for_each(|a| *a = a.max(0.0));
    add_and_norm(&mut x, &linear(&inner, &down, INNER));
    println!("{:.4} {:.4} {:.4} {:.4}", x[0], x[1], x[2], x[3]);
    Ok(())
}
