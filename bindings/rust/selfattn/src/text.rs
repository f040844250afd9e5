//! Tokenizers, and text that comes token by token. SPDX-License-Identifier: MIT
use crate::context::{path_of, text_of, Context, Result};
use selfattn_sys as sys;
use std::marker::PhantomData;
use std::ops::Range;
use std::os::raw::c_char;
use std::path::Path;
use std::ptr::{null, null_mut};

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

    /// Token numbers, and for each token the range of the text's bytes that it stands for. A token of some bytes of a
    /// character has those alone: `text.get(range)` is `None`, `text.as_bytes()[range]` has them.
    pub fn encode_offsets(&self, ctx: &Context, text: &str, flags: i32) -> Result<(Vec<i32>, Vec<Range<usize>>)> {
        let mut count = 0;
        let mut call = |ids: &mut [i32], places: &mut [[i64; 2]]| {
            // SAFETY: ids and places have room for as many tokens as are said.
            ctx.check(unsafe {
                sys::sa_tokenizer_encode_offsets(
                    ctx.raw(),
                    self.raw,
                    text.as_ptr().cast(),
                    text.len() as i64,
                    flags,
                    ids.as_mut_ptr(),
                    places.as_mut_ptr().cast(),
                    ids.len() as i64,
                    &mut count,
                )
            })?;
            Ok(count as usize)
        };
        let count = call(&mut [], &mut [])?;
        let (mut ids, mut places) = (vec![0; count], vec![[0; 2]; count]);
        if count > 0 {
            call(&mut ids, &mut places)?;
        }
        Ok((ids, places.iter().map(|&[first, last]| first as usize..last as usize).collect()))
    }

    /// Two texts as one input, for models that compare texts: token numbers, and their types. `most`: the longer text
    /// is cut until so many tokens are left; 0: none is cut.
    pub fn encode_pair(&self, ctx: &Context, first: &str, second: &str, most: i64) -> Result<(Vec<i32>, Vec<i32>)> {
        let mut count = 0;
        let mut call = |ids: &mut [i32], types: &mut [i32]| {
            // SAFETY: ids and types have room for as many numbers as are said.
            ctx.check(unsafe {
                sys::sa_tokenizer_encode_pair(
                    ctx.raw(),
                    self.raw,
                    first.as_ptr().cast(),
                    first.len() as i64,
                    second.as_ptr().cast(),
                    second.len() as i64,
                    0,
                    most,
                    ids.as_mut_ptr(),
                    types.as_mut_ptr(),
                    ids.len() as i64,
                    &mut count,
                )
            })?;
            Ok(count as usize)
        };
        let count = call(&mut [], &mut [])?;
        let (mut ids, mut types) = (vec![0; count], vec![0; count]);
        if count > 0 {
            call(&mut ids, &mut types)?;
        }
        Ok((ids, types))
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

/// The text of tokens that come one by one, in whole characters. What might become a stop string is held back.
pub(crate) struct TextStream<'a> {
    raw: *mut sys::sa_text_stream,
    room: Vec<u8>,
    tokenizer: PhantomData<&'a Tokenizer>,
}

impl<'a> TextStream<'a> {
    /// The last token of the prompt stands in front: a decoder may drop a space at the beginning of a text.
    pub(crate) fn new(ctx: &Context, tokenizer: &'a Tokenizer, prompt: &[i32], stop: &[&str]) -> Result<Self> {
        let before = prompt.last().copied().unwrap_or(-1);
        let texts = stop.iter().map(|text| text_of(text)).collect::<Result<Vec<_>>>()?;
        let list: Vec<_> = texts.iter().map(|text| text.as_ptr()).collect();
        let strings = if list.is_empty() { null() } else { list.as_ptr() };
        let mut raw = null_mut();
        // SAFETY: the pointers are valid during the call, and the strings are copied.
        ctx.check(unsafe {
            sys::sa_text_stream_create(ctx.raw(), tokenizer.raw, before, strings, list.len() as i64, &mut raw)
        })?;
        // SAFETY: the stream has just been made.
        let room = vec![0; unsafe { sys::sa_text_stream_room(raw) } as usize];
        Ok(TextStream { raw, room, tokenizer: PhantomData })
    }

    /// A stop string came: the text ends before it.
    pub(crate) fn ended(&self) -> bool {
        // SAFETY: no call is using the stream.
        unsafe { sys::sa_text_stream_ended(self.raw) == 1 }
    }

    /// What is new and whole with this token.
    pub(crate) fn add(&mut self, ctx: &Context, token: i32) -> Result<String> {
        let (raw, room) = (self.raw, self.room.len() as i64);
        // SAFETY: text has so much room.
        self.write(ctx, |text, bytes| unsafe { sys::sa_text_stream_add(ctx.raw(), raw, token, text, room, bytes) })
    }

    /// What was held back, when no more tokens come.
    pub(crate) fn rest(&mut self, ctx: &Context) -> Result<String> {
        let (raw, room) = (self.raw, self.room.len() as i64);
        // SAFETY: text has so much room.
        self.write(ctx, |text, bytes| unsafe { sys::sa_text_stream_rest(ctx.raw(), raw, text, room, bytes) })
    }

    fn write(&mut self, ctx: &Context, call: impl FnOnce(*mut c_char, &mut i64) -> sys::sa_status) -> Result<String> {
        let mut bytes = 0;
        ctx.check(call(self.room.as_mut_ptr().cast(), &mut bytes))?;
        Ok(String::from_utf8_lossy(&self.room[..bytes as usize]).into_owned())
    }
}

impl Drop for TextStream<'_> {
    fn drop(&mut self) {
        // SAFETY: nobody can use it any more.
        unsafe { sys::sa_text_stream_destroy(&mut self.raw) }
    }
}
