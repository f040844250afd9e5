//! Tokenizers, and text that comes token by token. SPDX-License-Identifier: MIT
use crate::context::{path_of, Context, Result};
use selfattn_sys as sys;
use std::path::Path;
use std::ptr::null_mut;

/// Turns text into token numbers and back. Immutable: any number of threads may share one.
pub struct Tokenizer {
    raw: *mut sys::sa_tokenizer,
}

// SAFETY: the header says that any number of threads may use a tokenizer at once.
unsafe impl Send for Tokenizer {}
unsafe impl Sync for Tokenizer {}

impl Tokenizer {
    /// Reads a file, or the first one that a folder has.
    pub fn open(ctx: &Context, path: impl AsRef<Path>) -> Result<Tokenizer> {
        let path = path_of(path.as_ref())?;
        let mut raw = null_mut();
        // SAFETY: the pointers are valid during the call.
        ctx.check(unsafe { sys::sa_tokenizer_open(ctx.raw(), path.as_ptr(), &mut raw) })?;
        Ok(Tokenizer { raw })
    }

    /// Token numbers, with those that the tokenizer puts around a text.
    pub fn encode(&self, ctx: &Context, text: &str) -> Result<Vec<i32>> {
        let mut ids = vec![0; text.len() + 16];
        loop {
            let (bytes, room, mut count) = (text.len() as i64, ids.len() as i64, 0);
            // SAFETY: ids has room for as many numbers as are said.
            let status = unsafe {
                sys::sa_tokenizer_encode(
                    ctx.raw(),
                    self.raw,
                    text.as_ptr().cast(),
                    bytes,
                    ids.as_mut_ptr(),
                    room,
                    &mut count,
                )
            };
            let enough = count <= room;
            if enough {
                ctx.check(status)?;
            }
            ids.resize(count as usize, 0);
            if enough {
                return Ok(ids);
            }
        }
    }

    /// The text of tokens; the last one may end inside of a character.
    pub fn decode(&self, ctx: &Context, ids: &[i32]) -> Result<Vec<u8>> {
        let mut bytes = 0;
        let mut call = |text: &mut Vec<u8>| {
            let (out, room) = if text.is_empty() { (null_mut(), 0) } else { (text.as_mut_ptr().cast(), text.len()) };
            // SAFETY: text has room for as many bytes as are said.
            ctx.check(unsafe {
                sys::sa_tokenizer_decode(
                    ctx.raw(),
                    self.raw,
                    ids.as_ptr(),
                    ids.len() as i64,
                    out,
                    room as i64,
                    &mut bytes,
                )
            })?;
            text.resize(bytes as usize, 0);
            Ok(())
        };
        let mut text = Vec::new();
        call(&mut text)?;
        call(&mut text)?;
        Ok(text)
    }

    pub(crate) fn raw(&self) -> *const sys::sa_tokenizer {
        self.raw
    }
}

impl Drop for Tokenizer {
    fn drop(&mut self) {
        // SAFETY: nobody can use it any more.
        unsafe { sys::sa_tokenizer_destroy(&mut self.raw) }
    }
}

/// Whole characters of a text that grows.
pub(crate) struct Growing {
    shown: usize,
}

impl Growing {
    /// Of which so many bytes are known.
    pub(crate) fn new(shown: usize) -> Growing {
        Growing { shown }
    }

    /// What is new in `text` since the last call, up to its last whole character.
    pub(crate) fn piece<'a>(&mut self, text: &'a [u8]) -> std::borrow::Cow<'a, str> {
        let rest = &text[self.shown.min(text.len())..];
        let whole = match std::str::from_utf8(rest) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => rest.len(),
        };
        self.shown += whole;
        String::from_utf8_lossy(&rest[..whole])
    }
}
