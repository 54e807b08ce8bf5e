//! The benchmarks: each a function that prints its figures.

pub mod inside;
