//! The `titer` command: everything it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    titer::cli::main()
}
