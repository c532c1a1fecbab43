//! wasm-pack, less its check for updates and its crash reports.

use clap::Parser;
use wasm_pack::{Cli, PBAR, command::run_wasm_pack};

fn main() {
    env_logger::init();
    let args = Cli::parse();
    PBAR.set_log_level(args.log_level);
    PBAR.set_quiet(args.quiet);
    if let Err(error) = run_wasm_pack(args.cmd) {
        eprintln!("Error: {error:#}");
        std::process::exit(1);
    }
}
