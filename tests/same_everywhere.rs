//! The native half of the proof that a run is the same everywhere; `tests/web.rs` has the browser's half.
//! After a change that is meant to change runs: `ORRERY_UPDATE=1 cargo test --test same_everywhere`.

#![cfg(not(target_arch = "wasm32"))]

mod hashes;

#[test]
fn the_log_hashes_of_the_scenarios_are_those_of_the_table() {
    let computed = hashes::computed();
    if std::env::var_os("ORRERY_UPDATE").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hashes/table.txt");
        std::fs::write(path, &computed).expect("the table can be written");
        return;
    }
    assert_eq!(
        computed,
        hashes::TABLE,
        "runs have changed; if that was meant: ORRERY_UPDATE=1 cargo test --test same_everywhere"
    );
}
