//! Attention of queries, keys and values: a batch of 1, 2 heads of 8, 5 tokens that see no later one.
//! SPDX-License-Identifier: MIT
use selfattn::{Attention, Context, Masking, Result, Tensor, TensorMut};

fn numbers(step: usize) -> Vec<f32> {
    (0..2 * 5 * 8).map(|i| (i * step % 13) as f32 / 13.0).collect()
}

fn main() -> Result<()> {
    let (q, k, v) = (numbers(3), numbers(5), numbers(7));
    let ctx = Context::new()?;
    let shape = [1, 2, 5, 8]; // batch, heads, tokens, head size
    let mut y = vec![0.0; q.len()];
    let mut attention = Attention::new(Tensor::bhsd(&q, shape)?, Tensor::bhsd(&k, shape)?, Tensor::bhsd(&v, shape)?);
    attention.masking = Masking::causal();
    attention.run(&ctx, TensorMut::bhsd(&mut y, shape)?)?;
    let last: Vec<String> = y[y.len() - 4..].iter().map(|number| format!("{number:.4}")).collect();
    println!("{}", last.join(" "));
    Ok(())
}
