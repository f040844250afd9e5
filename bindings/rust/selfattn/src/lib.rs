//! Exact self-attention for CPUs: a safe form of libselfattn.
//!
//! The rules of sharing are types. A [`Context`] has one caller at a time: it can move to another thread, and cannot be
//! shared. [`Layer`], [`Model`] and [`Tokenizer`] are immutable: any number of threads may share one. A [`Session`]
//! borrows its model, and its calls need `&mut`. Every size is checked before memory is touched.
//!
//! SPDX-License-Identifier: MIT
mod attention;
mod context;
mod layer;
#[cfg(feature = "models")]
mod model;
#[cfg(feature = "models")]
mod session;
mod tensor;
#[cfg(feature = "models")]
mod text;

pub use attention::{Align, Attention, Masking};
pub use context::{check_library, constant, Context, Error, Options, Result};
pub use layer::{Forward, Layer, LayerConfig};
#[cfg(feature = "models")]
pub use model::{Encoded, Model, Wanted};
pub use selfattn_sys as sys;
#[cfg(feature = "models")]
pub use session::{End, Generated, Sampling, Session, SessionOptions};
pub use tensor::{Bf16, Element, Tensor, TensorMut, F16};
#[cfg(feature = "models")]
pub use text::Tokenizer;
