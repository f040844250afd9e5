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
        self.encode_with(ctx, text, 0)
    }

    /// The same with `flags`: the sum of `sys::SA_ENCODE_NO_TEMPLATE`, ...
    pub fn encode_with(&self, ctx: &Context, text: &str, flags: i32) -> Result<Vec<i32>> {
        let mut ids = vec![0; text.len() + 16];
        loop {
            let (bytes, room, mut count) = (text.len() as i64, ids.len() as i64, 0);
            // SAFETY: ids has room for as many numbers as are said.
            let status = unsafe {
                sys::sa_tokenizer_encode_with(
                    ctx.raw(),
                    self.raw,
                    text.as_ptr().cast(),
                    bytes,
                    flags,
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
}

impl Drop for Tokenizer {
    fn drop(&mut self) {
        // SAFETY: nobody can use it any more.
        unsafe { sys::sa_tokenizer_destroy(&mut self.raw) }
    }
}

/// The text of tokens that come one by one. What might become a stop string is held back.
pub(crate) struct Growing<'a> {
    tokenizer: &'a Tokenizer,
    stop: &'a [&'a str],
    ids: Vec<i32>,
    text: Vec<u8>,
    shown: usize,
    /// A stop string came: the text ends before it.
    pub(crate) ended: bool,
}

impl<'a> Growing<'a> {
    /// The last token of the prompt stands in front: a decoder may drop a space at the beginning of a text.
    pub(crate) fn new(
        ctx: &Context,
        tokenizer: &'a Tokenizer,
        prompt: &[i32],
        stop: &'a [&'a str],
    ) -> Result<Growing<'a>> {
        let ids = prompt[prompt.len().saturating_sub(1)..].to_vec();
        let text = tokenizer.decode(ctx, &ids)?;
        let shown = text.len();
        Ok(Growing { tokenizer, stop, ids, text, shown, ended: false })
    }

    /// What is new and whole with this token.
    pub(crate) fn add(&mut self, ctx: &Context, token: i32) -> Result<String> {
        self.ids.push(token);
        self.text = self.tokenizer.decode(ctx, &self.ids)?;
        let new = &self.text[self.shown..];
        let stops = self.stop.iter().map(|stop| stop.as_bytes()).filter(|stop| !stop.is_empty());
        let begins = stops.clone().filter_map(|stop| new.windows(stop.len()).position(|part| part == stop)).min();
        let held = stops.flat_map(|stop| (1..stop.len()).filter(|&n| new.ends_with(&stop[..n]))).max();
        self.ended = begins.is_some();
        let end = begins.unwrap_or(new.len() - held.unwrap_or(0).max(unfinished(new)));
        Ok(self.show(end))
    }

    /// What was held back, when no more tokens come.
    pub(crate) fn rest(&mut self) -> String {
        self.show(if self.ended { 0 } else { self.text.len() - self.shown })
    }

    fn show(&mut self, bytes: usize) -> String {
        let piece = String::from_utf8_lossy(&self.text[self.shown..][..bytes]).into_owned();
        self.shown += bytes;
        piece
    }
}

/// How many bytes at the end begin a character that is not whole.
fn unfinished(text: &[u8]) -> usize {
    match std::str::from_utf8(text) {
        Err(error) if error.error_len().is_none() => text.len() - error.valid_up_to(),
        _ => 0,
    }
}
