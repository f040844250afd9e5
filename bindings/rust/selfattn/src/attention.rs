//! Masks, and attention without projections. SPDX-License-Identifier: MIT
use crate::context::{zeroed, Context, Error, Result};
use crate::tensor::{absent, Tensor, TensorMut};
use selfattn_sys as sys;

/// Where query t stands among the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// `TopLeft` without lengths of keys, `BottomRight` with them.
    Default,
    TopLeft,
    BottomRight,
    /// At `t + offset`.
    Offset(i64),
}

/// Which keys a query sees. All rules hold together; the default shows every key.
#[derive(Clone, Copy)]
pub struct Masking<'a> {
    /// Real keys of each sequence; the others are padding.
    pub key_lengths: Option<&'a [i64]>,
    pub causal: bool,
    pub align: Align,
    /// Keys before and after a query's own position; -1: all of them.
    pub window: Option<(i64, i64)>,
    /// `bool` (true: seen) or numbers that are added to scores. Axes of size 1 are repeated, that of the keys too.
    pub mask: Option<Tensor<'a>>,
}

impl Default for Masking<'_> {
    fn default() -> Self {
        Masking { key_lengths: None, causal: false, align: Align::Default, window: None, mask: None }
    }
}

impl<'a> Masking<'a> {
    /// A query sees no later key.
    pub fn causal() -> Self {
        Masking { causal: true, ..Masking::default() }
    }

    /// What the library reads, for a batch of this size.
    pub(crate) fn raw(&self, batch: i64) -> Result<sys::sa_masking> {
        let mut raw = zeroed!(sa_masking);
        if let Some(lengths) = self.key_lengths {
            if lengths.len() as i64 != batch {
                let why = format!("there are {} lengths of keys for {batch} sequences", lengths.len());
                return Err(Error::new(sys::SA_ERR_SHAPE, why));
            }
            raw.key_lengths = lengths.as_ptr();
        }
        raw.causal = self.causal as i32;
        raw.align = match self.align {
            Align::Default => sys::SA_ALIGN_DEFAULT,
            Align::TopLeft => sys::SA_ALIGN_TOP_LEFT,
            Align::BottomRight => sys::SA_ALIGN_BOTTOM_RIGHT,
            Align::Offset(offset) => {
                raw.offset = offset;
                sys::SA_ALIGN_OFFSET
            }
        };
        if let Some((left, right)) = self.window {
            raw.window = 1;
            raw.window_left = left;
            raw.window_right = right;
        }
        if let Some(mask) = &self.mask {
            raw.mask = mask.raw;
            raw.mask_keys = sys::SA_MASK_KEYS_REPEATED;
        }
        Ok(raw)
    }
}

/// Scaled dot-product attention: inputs, options and optional outputs.
///
/// ```
/// use selfattn::{Attention, Context, Masking, Tensor, TensorMut};
/// # fn main() -> selfattn::Result<()> {
/// let (q, k, v) = ([1.0f32; 12], [0.5f32; 12], [2.0f32; 12]);
/// let mut output = [0.0f32; 12];
/// let shape = [1, 2, 3, 2]; // batch, heads, tokens, head size
/// let mut attention = Attention::new(Tensor::bhsd(&q, shape)?, Tensor::bhsd(&k, shape)?, Tensor::bhsd(&v, shape)?);
/// attention.masking = Masking::causal();
/// attention.run(&Context::new()?, TensorMut::bhsd(&mut output, shape)?)?;
/// assert_eq!(output, v);
/// # Ok(())
/// # }
/// ```
pub struct Attention<'a> {
    pub query: Tensor<'a>,
    pub key: Tensor<'a>,
    pub value: Tensor<'a>,
    /// 0: 1 / sqrt(head size).
    pub scale: f32,
    /// 0: none.
    pub softcap: f32,
    pub masking: Masking<'a>,
    /// `[H]`: adds slope * (place of the key - place of the query) to each score.
    pub alibi_slopes: Option<&'a [f32]>,
    /// `[B,H,T,1]` of `f32`: log of the sum of exp(score).
    pub lse: Option<TensorMut<'a>>,
    /// `[B,H,T,S]` of `f32`: probabilities.
    pub weights: Option<TensorMut<'a>>,
}

impl<'a> Attention<'a> {
    /// `[B,H,T,D]`, `[B,K,S,D]` and `[B,K,S,Dv]`; K divides H.
    pub fn new(query: Tensor<'a>, key: Tensor<'a>, value: Tensor<'a>) -> Self {
        let masking = Masking::default();
        let (scale, softcap) = (0.0, 0.0);
        Attention { query, key, value, scale, softcap, masking, alibi_slopes: None, lse: None, weights: None }
    }

    /// Writes `[B,H,T,Dv]`.
    pub fn run(&mut self, ctx: &Context, output: TensorMut) -> Result<()> {
        let masking = self.masking.raw(self.query.raw.size[0])?;
        let mut args = zeroed!(sa_attention_args);
        args.query = self.query.raw;
        args.key = self.key.raw;
        args.value = self.value.raw;
        args.output = output.raw;
        args.scale = self.scale;
        args.softcap = self.softcap;
        args.masking = &masking;
        args.lse = self.lse.as_ref().map_or_else(absent, |t| t.raw);
        args.weights = self.weights.as_ref().map_or_else(absent, |t| t.raw);
        let mut rules = zeroed!(sa_score_rules);
        if let Some(slopes) = self.alibi_slopes {
            if slopes.len() as i64 != args.query.size[1] {
                let why = format!("there are {} slopes for {} heads", slopes.len(), args.query.size[1]);
                return Err(Error::new(sys::SA_ERR_SHAPE, why));
            }
            rules.alibi_slopes = slopes.as_ptr();
            args.rules = &rules;
        }
        // SAFETY: views lie inside of slices that are borrowed, those that are written exclusively.
        ctx.check(unsafe { sys::sa_attention(ctx.raw(), &args) })
    }
}
