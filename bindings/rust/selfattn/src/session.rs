//! Generation. SPDX-License-Identifier: MIT
use crate::context::{check_thread, count, zeroed, Context, Error, Result};
use crate::model::{padded, Model};
use crate::text::{TextStream, Tokenizer};
use selfattn_sys as sys;
use std::any::Any;
use std::marker::PhantomData;
use std::ops::ControlFlow;
use std::os::raw::c_void;
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::ptr::null_mut;

/// Sizes of a session; zeros are the defaults, as in `sa_session_config`.
#[derive(Debug, Clone, Copy, Default)]
pub struct SessionOptions {
    /// Sequences; 0: 1.
    pub batch: usize,
    /// Most tokens per sequence; 0: memory grows with them.
    pub capacity: usize,
    /// `sys::SA_F32`, `SA_BF16`, `SA_F16` or `SA_I8`.
    pub cache_dtype: i32,
}

/// How tokens are chosen, as in `sa_sampling`; zeros: the most probable one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sampling {
    pub seed: u64,
    pub temperature: f64,
    pub top_k: i64,
    pub top_p: f64,
    pub min_p: f64,
    pub repetition_penalty: f64,
    /// What the model's makers forbid and force holds: `model_rules` of `sa_generate_args`.
    pub model_rules: bool,
}

/// Why a sequence ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    None,
    MaxTokens,
    Token,
    String,
    Caller,
    Full,
}

/// The new tokens of a sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    pub tokens: Vec<i32>,
    pub end: End,
}

/// A decoder with the keys and values of all tokens so far. It borrows the model, and has one caller at a time.
///
/// ```compile_fail
/// fn outlives(ctx: &selfattn::Context) -> selfattn::Session<'static> {
///     let model = selfattn::Model::open(ctx, "model").unwrap();
///     selfattn::Session::new(ctx, &model, &Default::default()).unwrap()
/// }
/// ```
pub struct Session<'m> {
    raw: *mut sys::sa_session,
    batch: usize,
    /// The last token of the text before, which has not been run: the next one begins with it.
    pending: Option<i32>,
    model: PhantomData<&'m Model>,
}

// SAFETY: the header ties a session to one caller at a time, not to a thread.
unsafe impl Send for Session<'_> {}

/// What the callback of C needs: the closure, and what it threw.
struct Listener<'a> {
    on_token: &'a mut dyn FnMut(usize, i32, f32) -> ControlFlow<()>,
    panic: Option<Box<dyn Any + Send>>,
}

unsafe extern "C" fn tell(user: *mut c_void, sequence: i64, token: i32, log_probability: f32) -> i32 {
    let listener = &mut *(user as *mut Listener);
    // A panic must not pass through C: the sequence ends here, and generate() goes on panicking.
    match catch_unwind(AssertUnwindSafe(|| (listener.on_token)(sequence as usize, token, log_probability))) {
        Ok(ControlFlow::Continue(())) => 0,
        Ok(ControlFlow::Break(())) => 1,
        Err(panic) => {
            listener.panic = Some(panic);
            1
        }
    }
}

fn ending(number: i32) -> End {
    match number {
        sys::SA_END_MAX_TOKENS => End::MaxTokens,
        sys::SA_END_TOKEN => End::Token,
        sys::SA_END_STRING => End::String,
        sys::SA_END_CALLER => End::Caller,
        sys::SA_END_FULL => End::Full,
        _ => End::None,
    }
}

impl<'m> Session<'m> {
    pub fn new(ctx: &Context, model: &'m Model, options: &SessionOptions) -> Result<Session<'m>> {
        let mut config = zeroed!(sa_session_config);
        config.batch = count(options.batch);
        config.capacity = count(options.capacity);
        config.cache_dtype = options.cache_dtype;
        let mut raw = null_mut();
        // SAFETY: the model is valid, and outlives the session by its lifetime.
        ctx.check(unsafe { sys::sa_session_create(ctx.raw(), model.raw(), &config, &mut raw) })?;
        Ok(Session { raw, batch: options.batch.max(1), pending: None, model: PhantomData })
    }

    /// Tokens of a sequence.
    pub fn length(&self, sequence: usize) -> usize {
        // SAFETY: the handle lives as long as self.
        unsafe { sys::sa_session_length(self.raw, count(sequence)).max(0) as usize }
    }

    /// Removes the tokens of all sequences from number `length` on.
    pub fn truncate(&mut self, length: usize) -> Result<()> {
        self.pending = None;
        // SAFETY: as above.
        check_thread(unsafe { sys::sa_session_truncate(self.raw, -1, count(length)) })
    }

    /// Appends a prompt to each sequence and generates at most `max_tokens` new tokens. `on_token` gets the sequence,
    /// the token and the log of its probability, as they come. Afterwards each sequence has its prompt and all new
    /// tokens but the last one, which has not been run: begin the next prompt with it.
    pub fn generate(
        &mut self,
        ctx: &Context,
        prompts: &[&[i32]],
        max_tokens: usize,
        sampling: &Sampling,
        mut on_token: impl FnMut(usize, i32, f32) -> ControlFlow<()>,
    ) -> Result<Vec<Generated>> {
        self.run(ctx, prompts, max_tokens, sampling, &mut on_token)
    }

    /// The same for one text in a session of one sequence: `on_text` gets new pieces of whole characters. The text ends
    /// before the first of the `stop` strings. The next call goes on behind it, with a prompt that may be empty.
    /// Returns the new text.
    #[allow(clippy::too_many_arguments)]
    pub fn generate_text(
        &mut self,
        ctx: &Context,
        tokenizer: &Tokenizer,
        prompt: &str,
        max_tokens: usize,
        sampling: &Sampling,
        stop: &[&str],
        mut on_text: impl FnMut(&str) -> ControlFlow<()>,
    ) -> Result<String> {
        let goes_on = self.pending.is_some() || self.length(0) > 0;
        let flags = if goes_on { sys::SA_ENCODE_NO_TEMPLATE } else { 0 };
        let mut ids: Vec<i32> = self.pending.into_iter().collect();
        ids.extend(tokenizer.encode_with(ctx, prompt, flags)?);
        let mut stream = TextStream::new(ctx, tokenizer, &ids, stop)?;
        let (mut text, mut failure, mut go_on) = (String::new(), None, true);
        let mut show = |piece: &str| {
            text.push_str(piece);
            piece.is_empty() || on_text(piece).is_continue()
        };
        let mut step = |_, token, _| {
            match stream.add(ctx, token) {
                Ok(piece) => go_on = show(&piece),
                Err(error) => failure = Some(error),
            }
            if go_on && failure.is_none() && !stream.ended() {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        };
        let written = self.run(ctx, &[&ids], max_tokens, sampling, &mut step)?;
        failure.map_or(Ok(()), Err)?;
        self.pending = written[0].tokens.last().copied();
        if go_on {
            show(&stream.rest(ctx)?);
        }
        Ok(text)
    }

    fn run(
        &mut self,
        ctx: &Context,
        prompts: &[&[i32]],
        max_tokens: usize,
        sampling: &Sampling,
        on_token: &mut dyn FnMut(usize, i32, f32) -> ControlFlow<()>,
    ) -> Result<Vec<Generated>> {
        if prompts.len() != self.batch {
            let why = format!("there are {} prompts for {} sequences", prompts.len(), self.batch);
            return Err(Error::new(sys::SA_ERR_SHAPE, why));
        }
        self.pending = None;
        let (ids, lengths, tokens) = padded(prompts);
        let room = self.batch.checked_mul(max_tokens);
        let room = room.ok_or_else(|| Error::new(sys::SA_ERR_OVERFLOW, format!("{max_tokens} tokens do not fit")))?;
        let (mut generated, mut counts, mut endings) =
            (vec![0i32; room], vec![0i64; self.batch], vec![0i32; self.batch]);
        let chosen = sampling.raw();
        let mut listener = Listener { on_token, panic: None };
        let mut args = zeroed!(sa_generate_args);
        args.tokens = count(tokens);
        if tokens > 0 {
            args.ids = ids.as_ptr();
            args.lengths = lengths.as_ptr();
        }
        args.max_tokens = count(max_tokens);
        args.sampling = &chosen;
        args.generated = generated.as_mut_ptr();
        args.counts = counts.as_mut_ptr();
        args.endings = endings.as_mut_ptr();
        args.model_rules = sampling.model_rules.into();
        args.on_token = Some(tell);
        args.user = &mut listener as *mut Listener as *mut c_void;
        // SAFETY: arrays have the stated sizes; the callback gets the listener, which lives during the call.
        let status = unsafe { sys::sa_generate(ctx.raw(), self.raw, &args) };
        if let Some(panic) = listener.panic {
            resume_unwind(panic);
        }
        ctx.check(status)?;
        let rows = generated.chunks(max_tokens.max(1)).zip(&counts).zip(&endings);
        Ok(rows.map(|((row, &n), &end)| Generated { tokens: row[..n as usize].to_vec(), end: ending(end) }).collect())
    }
}

impl Sampling {
    fn raw(&self) -> sys::sa_sampling {
        let mut raw = zeroed!(sa_sampling);
        raw.seed = self.seed;
        raw.temperature = self.temperature;
        raw.top_k = self.top_k;
        raw.top_p = self.top_p;
        raw.min_p = self.min_p;
        raw.repetition_penalty = self.repetition_penalty;
        raw
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        // SAFETY: nobody can use it any more, and the model is alive.
        unsafe { sys::sa_session_destroy(&mut self.raw) }
    }
}
