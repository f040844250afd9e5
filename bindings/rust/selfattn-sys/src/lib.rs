//! What libselfattn's headers declare. They are the manual; the crate `selfattn` is the safe form.
//! SPDX-License-Identifier: MIT
#[rustfmt::skip]
mod declarations;
pub use declarations::*;
