//! Parts the page's WebAssembly into what runs before the stage moves and everything else, which arrives a moment later.
//!
//! usage:
//!   split mark IN OUT              OUT reports every function when it is entered: import `split.mark(number)`
//!   split part IN CALLED FIRST REST   CALLED lists the numbers that were reported, one a line
//!
//! FIRST holds the called functions, all data, and for every other function that can be reached from there a stand-in:
//! a call through the function table. When REST is instantiated with FIRST's exports as module `first`, it puts its
//! functions into that table. A stand-in that is called earlier asks for REST through the import `split.load()`, which
//! has to instantiate it before it returns. FIRST's exported global `split_ready` is to be set to 1 once REST is there.

mod facts;
mod mark;
mod part;

use std::collections::BTreeSet;
use std::fs;
use std::process::ExitCode;

/// Anything that can go wrong; the text is for people.
pub type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match args.as_slice() {
        ["mark", input, output] => mark_file(input, output),
        ["part", input, called, first, rest] => part_file(input, called, first, rest),
        _ => Err("usage: split mark IN OUT | split part IN CALLED FIRST REST".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("split: {error}");
            ExitCode::FAILURE
        }
    }
}

fn mark_file(input: &str, output: &str) -> Result<(), Failure> {
    Ok(fs::write(output, mark::mark(&fs::read(input)?)?)?)
}

fn part_file(input: &str, called: &str, first: &str, rest: &str) -> Result<(), Failure> {
    let numbers = fs::read_to_string(called)?;
    let called = numbers.split_whitespace().map(str::parse).collect::<Result<BTreeSet<u32>, _>>()?;
    let parts = part::part(&fs::read(input)?, &called)?;
    fs::write(first, &parts.first)?;
    fs::write(rest, &parts.rest)?;
    eprintln!("{}", parts.summary);
    Ok(())
}
