//! Trained transformers over whole inputs. SPDX-License-Identifier: MIT
use crate::context::{count, path_of, zeroed, Context, Error, Result};
use selfattn_sys as sys;
use std::path::Path;
use std::ptr::null_mut;

/// A trained transformer. Immutable: any number of threads may share one.
pub struct Model {
    raw: *mut sys::sa_model,
}

// SAFETY: the header says that any number of threads and contexts may use a model at once.
unsafe impl Send for Model {}
unsafe impl Sync for Model {}

/// Which outputs [`Model::encode`] returns.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    pub hidden: bool,
    pub embedding: bool,
    pub attention: bool,
    pub logits: bool,
}

/// Outputs, in C order. Those that were not wanted are empty.
#[derive(Debug, Clone, Default)]
pub struct Encoded {
    /// T: tokens of the longest sequence; the others are padded at the end.
    pub tokens: usize,
    /// `[B,T,E]`
    pub hidden: Vec<f32>,
    /// `[B, embedding width]`
    pub embedding: Vec<f32>,
    /// `[L,B,H,T,T]`
    pub attention: Vec<f32>,
    /// `[B,V]` of a classifier, else `[B,T,V]`.
    pub logits: Vec<f32>,
}

/// Sequences of any lengths as one array `[B,T]` with padding, and their lengths.
pub(crate) fn padded(sequences: &[&[i32]]) -> (Vec<i32>, Vec<i64>, usize) {
    let longest = sequences.iter().map(|s| s.len()).max().unwrap_or(0);
    let mut ids = vec![0; longest * sequences.len()];
    for (row, sequence) in ids.chunks_mut(longest.max(1)).zip(sequences) {
        row[..sequence.len()].copy_from_slice(sequence);
    }
    (ids, sequences.iter().map(|s| count(s.len())).collect(), longest)
}

/// `numbers` zeros if they are wanted.
fn room(wanted: bool, sizes: &[usize]) -> Result<Vec<f32>> {
    if !wanted {
        return Ok(Vec::new());
    }
    let product = sizes.iter().try_fold(1usize, |all, &size| all.checked_mul(size));
    let numbers = product.ok_or_else(|| Error::new(sys::SA_ERR_OVERFLOW, format!("the sizes {sizes:?} do not fit")))?;
    Ok(vec![0.0; numbers])
}

fn pointer(data: &mut Vec<f32>) -> *mut f32 {
    if data.is_empty() {
        null_mut()
    } else {
        data.as_mut_ptr()
    }
}

impl Model {
    /// Reads weights and config: a folder or a file. Files are mapped; see the header for what that means.
    pub fn open(ctx: &Context, path: impl AsRef<Path>) -> Result<Model> {
        let path = path_of(path.as_ref())?;
        let mut raw = null_mut();
        // SAFETY: the pointers are valid during the call.
        ctx.check(unsafe { sys::sa_model_open(ctx.raw(), path.as_ptr(), &mut raw) })?;
        Ok(Model { raw })
    }

    /// A number about it: `what` is `sys::SA_MODEL_...`. -1 if there is no such number.
    pub fn get(&self, what: i32) -> i64 {
        // SAFETY: the handle lives as long as self.
        unsafe { sys::sa_model_get(self.raw, what) }
    }

    fn size(&self, what: i32) -> usize {
        self.get(what).max(0) as usize
    }

    /// Runs the model over whole sequences of tokens.
    pub fn encode(&self, ctx: &Context, sequences: &[&[i32]], wanted: Wanted) -> Result<Encoded> {
        let (ids, lengths, tokens) = padded(sequences);
        let batch = sequences.len();
        let width = self.size(sys::SA_MODEL_WIDTH);
        let rows = if self.get(sys::SA_MODEL_TOKEN_LOGITS) == 1 { tokens } else { 1 };
        let (layers, heads) = (self.size(sys::SA_MODEL_LAYERS), self.size(sys::SA_MODEL_QUERY_HEADS));
        let mut out = Encoded {
            tokens,
            hidden: room(wanted.hidden, &[batch, tokens, width])?,
            embedding: room(wanted.embedding, &[batch, self.size(sys::SA_MODEL_EMBEDDING_WIDTH).max(width)])?,
            attention: room(wanted.attention, &[layers, batch, heads, tokens, tokens])?,
            logits: room(wanted.logits, &[batch, rows, self.size(sys::SA_MODEL_OUTPUTS).max(1)])?,
        };
        let mut args = zeroed!(sa_encode_args);
        args.batch = count(batch);
        args.tokens = count(tokens);
        args.ids = ids.as_ptr();
        args.lengths = lengths.as_ptr();
        args.hidden = pointer(&mut out.hidden);
        args.embedding = pointer(&mut out.embedding);
        args.attention = pointer(&mut out.attention);
        args.logits = pointer(&mut out.logits);
        // SAFETY: arrays have the sizes that the header states for these numbers of the model.
        ctx.check(unsafe { sys::sa_model_encode(ctx.raw(), self.raw, &args) })?;
        if wanted.embedding {
            out.embedding.truncate(batch * self.size(sys::SA_MODEL_EMBEDDING_WIDTH));
        }
        Ok(out)
    }

    pub(crate) fn raw(&self) -> *const sys::sa_model {
        self.raw
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        // SAFETY: sessions borrow the model, so none is left.
        unsafe { sys::sa_model_destroy(&mut self.raw) }
    }
}
