//! The `titer` command: everything it does is in the library.

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// A run makes and drops many small texts on several threads, which costs the system's allocator most of its time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    titer::cli::main()
}
