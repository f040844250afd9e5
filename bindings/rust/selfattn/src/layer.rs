//! A layer of attention with its projections. SPDX-License-Identifier: MIT
use crate::attention::Masking;
use crate::context::{zeroed, Context, Error, Result};
use crate::tensor::{absent, Tensor, TensorMut};
use selfattn_sys as sys;
use std::ptr::{null, null_mut};

/// Sizes and weights of a layer. Matrices are `[out][in]`, as PyTorch's `nn.Linear` has them; 0 means what the header
/// says. Without `weight_o` there is no output projection.
#[derive(Clone, Copy, Default)]
pub struct LayerConfig<'a> {
    pub model_width: usize,
    pub context_width: usize,
    pub output_width: usize,
    pub query_heads: usize,
    pub kv_heads: usize,
    pub head_size: usize,
    pub value_head_size: usize,
    pub weight_q: &'a [f32],
    pub weight_k: &'a [f32],
    pub weight_v: &'a [f32],
    pub weight_o: Option<&'a [f32]>,
    pub bias_q: Option<&'a [f32]>,
    pub bias_k: Option<&'a [f32]>,
    pub bias_v: Option<&'a [f32]>,
    pub bias_o: Option<&'a [f32]>,
    /// 0: 1 / sqrt(head size).
    pub scale: f32,
    /// Rotates queries and keys with this base, in halves.
    pub rope_theta: Option<f64>,
}

/// What a layer reads, and an optional output.
pub struct Forward<'a> {
    /// `[B,1,T,model width]`
    pub x: Tensor<'a>,
    /// `[B,1,S,context width]`: where keys and values come from, in cross-attention.
    pub context: Option<Tensor<'a>>,
    pub masking: Masking<'a>,
    /// `[B,H,T,S]` of `f32`: probabilities.
    pub weights: Option<TensorMut<'a>>,
}

impl<'a> Forward<'a> {
    pub fn new(x: Tensor<'a>) -> Self {
        Forward { x, context: None, masking: Masking::default(), weights: None }
    }
}

/// Immutable: any number of threads may share one.
pub struct Layer {
    raw: *mut sys::sa_layer,
}

// SAFETY: the header says that any number of threads and contexts may use a layer at once.
unsafe impl Send for Layer {}
unsafe impl Sync for Layer {}

fn or(value: usize, otherwise: usize) -> usize {
    if value == 0 {
        otherwise
    } else {
        value
    }
}

/// The pointer of an array that has to have `rows` * `columns` numbers.
fn array(name: &str, data: &[f32], rows: usize, columns: usize) -> Result<*const std::os::raw::c_void> {
    if rows.checked_mul(columns) != Some(data.len()) {
        let why = format!("{name} has {} numbers, and the sizes ask for {rows} times {columns}", data.len());
        return Err(Error::new(sys::SA_ERR_SHAPE, why));
    }
    Ok(data.as_ptr().cast())
}

/// The same, NULL without data.
fn optional(name: &str, data: Option<&[f32]>, rows: usize, columns: usize) -> Result<*const std::os::raw::c_void> {
    data.map_or(Ok(null()), |data| array(name, data, rows, columns))
}

impl LayerConfig<'_> {
    fn raw(&self) -> Result<sys::sa_layer_config> {
        let mut raw = zeroed!(sa_layer_config);
        let width = self.model_width;
        let context = or(self.context_width, width);
        let head = or(self.head_size, width.checked_div(self.query_heads).unwrap_or(0));
        // The library refuses such heads, with its own sentence; it has to be asked before the matrices are looked at.
        let known = self.head_size != 0 || head * self.query_heads == width && head != 0;
        let value = or(self.value_head_size, head);
        let kv = or(self.kv_heads, self.query_heads);
        let rows = |heads: usize, size: usize| {
            heads.checked_mul(size).ok_or_else(|| Error::new(sys::SA_ERR_OVERFLOW, "heads times head size do not fit"))
        };
        let (rows_q, rows_k, rows_v) = (rows(self.query_heads, head)?, rows(kv, head)?, rows(kv, value)?);
        let (joined, out) = (rows(self.query_heads, value)?, or(self.output_width, width));
        raw.model_width = width as i64;
        raw.context_width = self.context_width as i64;
        raw.output_width = self.output_width as i64;
        raw.query_heads = self.query_heads as i64;
        raw.kv_heads = self.kv_heads as i64;
        raw.head_size = self.head_size as i64;
        raw.value_head_size = self.value_head_size as i64;
        if !known {
            return Ok(raw);
        }
        raw.weight_q = array("weight_q", self.weight_q, rows_q, width)?;
        raw.weight_k = array("weight_k", self.weight_k, rows_k, context)?;
        raw.weight_v = array("weight_v", self.weight_v, rows_v, context)?;
        raw.weight_o = optional("weight_o", self.weight_o, out, joined)?;
        raw.bias_q = optional("bias_q", self.bias_q, rows_q, 1)?;
        raw.bias_k = optional("bias_k", self.bias_k, rows_k, 1)?;
        raw.bias_v = optional("bias_v", self.bias_v, rows_v, 1)?;
        raw.bias_o = optional("bias_o", self.bias_o, out, 1)?;
        raw.scale = self.scale;
        Ok(raw)
    }
}

impl Layer {
    /// Copies the weights. The layer does not need the context afterwards.
    pub fn new(ctx: &Context, config: &LayerConfig) -> Result<Layer> {
        let mut given = config.raw()?;
        let mut rope = zeroed!(sa_rope);
        if let Some(theta) = config.rope_theta {
            rope.theta = theta;
            given.rope = &rope;
        }
        let mut raw = null_mut();
        // SAFETY: arrays have the sizes that the config states, and live during the call.
        ctx.check(unsafe { sys::sa_layer_create(ctx.raw(), &given, &mut raw) })?;
        Ok(Layer { raw })
    }

    /// Self-attention: `x` is `[B,1,T,model width]`, `y` `[B,1,T,output width]`.
    pub fn forward(&self, ctx: &Context, x: Tensor, masking: &Masking, y: TensorMut) -> Result<()> {
        self.run(ctx, &mut Forward { masking: *masking, ..Forward::new(x) }, y)
    }

    /// The same with all inputs.
    pub fn run(&self, ctx: &Context, input: &mut Forward, y: TensorMut) -> Result<()> {
        let masking = input.masking.raw(input.x.raw.size[0])?;
        let mut args = zeroed!(sa_forward_args);
        args.x = input.x.raw;
        args.context = input.context.map_or_else(absent, |t| t.raw);
        args.y = y.raw;
        args.masking = &masking;
        args.weights = input.weights.as_ref().map_or_else(absent, |t| t.raw);
        // SAFETY: views lie inside of slices that are borrowed, those that are written exclusively.
        ctx.check(unsafe { sys::sa_forward(ctx.raw(), self.raw, &args) })
    }

    /// Numbers in a row of the result.
    pub fn output_width(&self) -> usize {
        // SAFETY: the handle lives as long as self.
        unsafe { sys::sa_layer_output_width(self.raw) as usize }
    }
}

impl Drop for Layer {
    fn drop(&mut self) {
        // SAFETY: nobody can use it any more.
        unsafe { sys::sa_layer_destroy(&mut self.raw) }
    }
}
