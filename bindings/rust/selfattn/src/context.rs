//! Contexts and errors. SPDX-License-Identifier: MIT
use selfattn_sys as sys;
use std::ffi::{CStr, CString};
use std::fmt;
use std::os::raw::c_char;
#[cfg(feature = "models")]
use std::path::Path;
use std::ptr::{null, null_mut};

/// Why a call failed: a status of the header (`sys::SA_ERR_...`) and a sentence with the actual values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    pub status: i32,
    pub message: String,
}

pub type Result<T> = std::result::Result<T, Error>;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl Error {
    pub(crate) fn new(status: i32, message: impl Into<String>) -> Error {
        Error { status, message: message.into() }
    }
}

/// Text of the library. SAFETY: `text` is a string of C, or NULL.
pub(crate) unsafe fn string(text: *const c_char) -> String {
    if text.is_null() {
        return String::new();
    }
    CStr::from_ptr(text).to_string_lossy().into_owned()
}

#[cfg(feature = "models")]
pub(crate) fn path_of(path: &Path) -> Result<CString> {
    let text = path.to_str().ok_or_else(|| Error::new(sys::SA_ERR_TEXT, format!("{path:?} is not UTF-8")))?;
    text_of(text)
}

pub(crate) fn text_of(text: &str) -> Result<CString> {
    CString::new(text).map_err(|_| Error::new(sys::SA_ERR_TEXT, format!("{text:?} has a NUL in it")))
}

/// A struct of C with zeros, and its size in front.
macro_rules! zeroed {
    ($type:ident) => {{
        // SAFETY: all structs of the header may be zero.
        let mut value: selfattn_sys::$type = unsafe { std::mem::zeroed() };
        value.struct_size = std::mem::size_of::<selfattn_sys::$type>() as u64;
        value
    }};
}
pub(crate) use zeroed;

/// How a context works; zeros are the defaults, as in `sa_ctx_options`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Most threads at once; 0: as many as the process has CPUs.
    pub threads: i32,
    /// `sys::SA_PARALLEL_DEFAULT`, `_SERIAL`, `_OPENMP` or `_POOL`.
    pub parallel: i32,
    /// `sys::SA_PATH_...`
    pub path: i32,
    /// `sys::SA_ISA_...`, an upper limit.
    pub isa: i32,
    /// `sys::SA_PRECISION_...`
    pub precision: i32,
}

/// Where work runs: threads and scratch memory. One caller at a time, so it is `Send` and not `Sync`: create one for
/// each thread that calls.
///
/// ```compile_fail
/// fn shared<T: Sync>() {}
/// shared::<selfattn::Context>();
/// ```
pub struct Context {
    raw: *mut sys::sa_ctx,
}

// SAFETY: the header ties a context to one caller at a time, not to a thread.
unsafe impl Send for Context {}

impl Context {
    /// A context with all defaults.
    pub fn new() -> Result<Context> {
        Context::with(&Options::default())
    }

    pub fn with(options: &Options) -> Result<Context> {
        check_library()?;
        let mut given = zeroed!(sa_ctx_options);
        given.threads = options.threads;
        given.parallel = options.parallel;
        given.path = options.path;
        given.isa = options.isa;
        given.precision = options.precision;
        let mut raw = null_mut();
        // SAFETY: both pointers are valid during the call.
        check(null(), unsafe { sys::sa_ctx_create(&given, &mut raw) })?;
        Ok(Context { raw })
    }

    /// How many threads it uses.
    pub fn threads(&self) -> i32 {
        // SAFETY: the handle lives as long as self, as in all calls below.
        unsafe { sys::sa_ctx_threads(self.raw) }
    }

    pub(crate) fn raw(&self) -> *mut sys::sa_ctx {
        self.raw
    }

    pub(crate) fn check(&self, status: i32) -> Result<()> {
        check(self.raw, status)
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: nobody uses the handle any more; layers and models do not need it.
        unsafe { sys::sa_ctx_destroy(&mut self.raw) }
    }
}

/// The error of a call: the sentence stands at the context, or at the thread if there is none or it is busy.
fn check(ctx: *const sys::sa_ctx, status: i32) -> Result<()> {
    if status == sys::SA_OK {
        return Ok(());
    }
    let place = if status == sys::SA_ERR_BUSY { null() } else { ctx };
    // SAFETY: the context is valid or NULL; strings are copied before the next call.
    let message = unsafe { string(sys::sa_ctx_last_error(place)) };
    if !message.is_empty() {
        return Err(Error { status, message });
    }
    // SAFETY: a static string.
    Err(Error { status, message: unsafe { string(sys::sa_status_string(status)) } })
}

/// The error of a call without a context.
pub(crate) fn check_thread(status: i32) -> Result<()> {
    check(null(), status)
}

/// Whether the loaded library is new enough for this crate. [`Context::new`] asks, too.
pub fn check_library() -> Result<()> {
    // SAFETY: these take nothing and return numbers and static strings.
    let (found, text) = unsafe { (sys::sa_version(), string(sys::sa_version_string())) };
    if found >= sys::SA_VERSION {
        return Ok(());
    }
    let needed = format!("{}.{}.{}", sys::SA_VERSION_MAJOR, sys::SA_VERSION_MINOR, sys::SA_VERSION_PATCH);
    Err(Error::new(sys::SA_ERR_UNSUPPORTED, format!("libselfattn is {text}, and this crate needs {needed} or newer")))
}

/// A constant of the loaded library by its name (`"SA_F32"`, `"sizeof(sa_tensor)"`).
pub fn constant(name: &str) -> Result<i64> {
    let (name, mut value) = (text_of(name)?, 0);
    // SAFETY: both pointers are valid during the call.
    check_thread(unsafe { sys::sa_constant(name.as_ptr(), &mut value) })?;
    Ok(value)
}

#[cfg(feature = "models")]
/// `count` as the library counts.
pub(crate) fn count(count: usize) -> i64 {
    count as i64
}
