//! Four threads share one layer; each has a context of its own. SPDX-License-Identifier: MIT
use selfattn::{Context, Layer, LayerConfig, Masking, Options, Result, Tensor, TensorMut};
use std::thread;

const TOKENS: usize = 5;
const WIDTH: usize = 64;

fn forward(layer: &Layer, x: &[f32]) -> Result<Vec<f32>> {
    let ctx = Context::with(&Options { threads: 1, ..Options::default() })?;
    let mut y = vec![0.0; x.len()];
    let shape = [1, 1, TOKENS, WIDTH];
    layer.forward(&ctx, Tensor::bshd(x, shape)?, &Masking::causal(), TensorMut::bshd(&mut y, shape)?)?;
    Ok(y)
}

fn main() -> Result<()> {
    let x: Vec<f32> = (0..TOKENS * WIDTH).map(|i| (i * i % 13) as f32 / 13.0).collect();
    let weights: Vec<f32> = (0..4 * WIDTH * WIDTH).map(|i| ((i * 7 % 31) as f32 - 15.0) / 160.0).collect();
    let w: Vec<&[f32]> = weights.chunks(WIDTH * WIDTH).collect();
    let layer = Layer::new(
        &Context::new()?,
        &LayerConfig {
            model_width: WIDTH,
            query_heads: 4,
            weight_q: w[0],
            weight_k: w[1],
            weight_v: w[2],
            weight_o: Some(w[3]),
            ..LayerConfig::default()
        },
    )?;
    let results = thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| forward(&layer, &x))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Result<Vec<_>>>()
    })?;
    assert!(results.iter().all(|y| *y == results[0]));
    println!("4 threads, the same bits, y[0] = {:.4}", results[0][0]);
    Ok(())
}
