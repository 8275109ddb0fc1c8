//! Speed and size, side by side with Hurl.
//!
//! ```text
//! cargo bench --bench versus_hurl
//! ```
//!
//! Both programs run the same checks (the status, one value of the JSON body, a bound on the
//! latency) against one local responder, in turns, and each figure is the median of
//! [`ROUNDS`](measure::ROUNDS) rounds. Machines differ and are busy, so what counts are the
//! ratios; a figure that misses its goal is marked and fails nothing. A run that does not end
//! as it should (a check that fails, too few checks) does fail the benchmark: its speed would
//! mean nothing.
//!
//! Without Hurl (`cargo install hurl --version 8.0.1 --locked`) it prints our figures alone.
//!
//! The program is its own helper, so that nothing has to be built by hand:
//!
//! - `versus_hurl respond` is the [responder], a process of its own;
//! - `versus_hurl measure …` starts one command, and [measures](measure) it.

mod inputs;
mod measure;
mod responder;
mod scenarios;
mod table;
mod tools;

use std::error::Error;
use std::process::ExitCode;

/// What may go wrong goes to the terminal: there is no telling it apart.
type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let done = match words.first().map(String::as_str) {
        Some("respond") => responder::respond(),
        Some("measure") => measure::measure_one(&words[1..]),
        _ if words.iter().any(|word| word == "--bench") => bench(),
        // `cargo test --all-targets` runs benches too, in a build that is not worth timing.
        _ => {
            println!("nothing is measured here: cargo bench --bench versus_hurl");
            Ok(())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn bench() -> Result<()> {
    let place = tempfile::tempdir()?;
    let responder = responder::Responder::start()?;
    let tools = tools::Tools::find(place.path())?;
    let arena = scenarios::Arena { place: place.path(), responder: &responder, tools: &tools };
    println!("smokedrill {} against {}\n", env!("CARGO_PKG_VERSION"), tools.rival());
    println!("{}", table::HEAD);
    scenarios::five::run(&arena)?;
    scenarios::many::run(&arena)?;
    scenarios::latency::run(&arena)?;
    scenarios::endless::run(&arena)?;
    Ok(())
}
