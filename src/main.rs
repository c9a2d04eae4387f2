//! titer
fn main() {}
