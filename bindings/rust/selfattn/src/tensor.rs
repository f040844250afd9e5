//! Views of slices with four axes: batch, heads, sequence, head size. SPDX-License-Identifier: MIT
use crate::context::{Error, Result};
use selfattn_sys as sys;
use std::marker::PhantomData;
use std::mem::size_of;
use std::os::raw::c_void;

/// The upper half of an `f32`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct Bf16(pub u16);

/// IEEE binary16, as its bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct F16(pub u16);

mod sealed {
    pub trait Sealed {}
}

/// A type that tensors have; `bool` is for masks only.
pub trait Element: Copy + sealed::Sealed {
    const DTYPE: i32;
}

macro_rules! element {
    ($($type:ty: $dtype:ident,)*) => {
        $(impl sealed::Sealed for $type {}
        impl Element for $type {
            const DTYPE: i32 = sys::$dtype;
        })*
    };
}
element! { f32: SA_F32, Bf16: SA_BF16, F16: SA_F16, bool: SA_BOOL, }

/// A view of memory that is read.
#[derive(Clone, Copy)]
pub struct Tensor<'a> {
    pub(crate) raw: sys::sa_tensor,
    data: PhantomData<&'a ()>,
}

/// A view of memory that is written.
pub struct TensorMut<'a> {
    pub(crate) raw: sys::sa_tensor,
    data: PhantomData<&'a mut ()>,
}

/// Strides of a contiguous array whose axes lie in this order, outermost first; the array has `len` elements.
fn contiguous(size: [usize; 4], order: [usize; 4], len: usize) -> Result<[isize; 4]> {
    let mut stride = [0; 4];
    let mut step = 1usize;
    for axis in order.into_iter().rev() {
        stride[axis] = step as isize;
        step = step.checked_mul(size[axis]).ok_or_else(|| shape(format!("the sizes {size:?} do not fit")))?;
    }
    if step != len {
        return Err(shape(format!("the shape {size:?} has {step} elements, and the slice {len}")));
    }
    Ok(stride)
}

fn shape(message: String) -> Error {
    Error::new(sys::SA_ERR_SHAPE, message)
}

/// Fails unless all elements of the view, whose first one is `offset`, are among `len`.
fn inside(size: [usize; 4], stride: [isize; 4], offset: usize, len: usize) -> Result<()> {
    let (mut first, mut last) = (offset as i128, offset as i128);
    for axis in 0..4 {
        let reach = (size[axis] as i128 - 1).max(0) * stride[axis] as i128;
        *(if reach < 0 { &mut first } else { &mut last }) += reach;
    }
    if size.contains(&0) || first >= 0 && last < len as i128 {
        return Ok(());
    }
    Err(shape(format!("sizes {size:?} with strides {stride:?} reach elements {first} to {last} of {len}")))
}

fn raw(data: *mut c_void, dtype: i32, size: [usize; 4], stride: [isize; 4]) -> sys::sa_tensor {
    sys::sa_tensor { data, dtype, reserved: 0, size: size.map(|n| n as i64), stride: stride.map(|n| n as i64) }
}

const BHSD: [usize; 4] = [0, 1, 2, 3];
const BSHD: [usize; 4] = [0, 2, 1, 3];

impl<'a> Tensor<'a> {
    /// A contiguous array `[batch][head][sequence][head size]`.
    pub fn bhsd<T: Element>(data: &'a [T], size: [usize; 4]) -> Result<Self> {
        Self::strided(data, 0, size, contiguous(size, BHSD, data.len())?)
    }

    /// A contiguous array `[batch][sequence][head][head size]`. `size` is in the order batch, heads, sequence, head
    /// size, as everywhere.
    pub fn bshd<T: Element>(data: &'a [T], size: [usize; 4]) -> Result<Self> {
        Self::strided(data, 0, size, contiguous(size, BSHD, data.len())?)
    }

    /// Any view: the first element is `data[offset]`; strides count elements, and may be 0 or negative.
    pub fn strided<T: Element>(data: &'a [T], offset: usize, size: [usize; 4], stride: [isize; 4]) -> Result<Self> {
        inside(size, stride, offset, data.len())?;
        let first = data.as_ptr().wrapping_add(offset) as *mut c_void;
        Ok(Tensor { raw: raw(first, T::DTYPE, size, stride), data: PhantomData })
    }
}

impl<'a> TensorMut<'a> {
    /// As [`Tensor::bhsd`].
    pub fn bhsd<T: Element>(data: &'a mut [T], size: [usize; 4]) -> Result<Self> {
        let stride = contiguous(size, BHSD, data.len())?;
        Self::strided(data, 0, size, stride)
    }

    /// As [`Tensor::bshd`].
    pub fn bshd<T: Element>(data: &'a mut [T], size: [usize; 4]) -> Result<Self> {
        let stride = contiguous(size, BSHD, data.len())?;
        Self::strided(data, 0, size, stride)
    }

    /// As [`Tensor::strided`]. The library refuses a view that has an element twice.
    pub fn strided<T: Element>(data: &'a mut [T], offset: usize, size: [usize; 4], stride: [isize; 4]) -> Result<Self> {
        inside(size, stride, offset, data.len())?;
        debug_assert!(size_of::<T>() <= 4);
        let first = data.as_mut_ptr().wrapping_add(offset) as *mut c_void;
        Ok(TensorMut { raw: raw(first, T::DTYPE, size, stride), data: PhantomData })
    }
}

/// A tensor that is not there.
pub(crate) fn absent() -> sys::sa_tensor {
    raw(std::ptr::null_mut(), 0, [0; 4], [0; 4])
}
