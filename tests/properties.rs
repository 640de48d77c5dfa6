//! Invariants of the world, checked after every step of random runs of all kinds.

mod random;

use orrery::sim::Run;
use orrery::time::SimDuration;
use proptest::prelude::*;

const SECONDS: i64 = 300;
/// Steps after which a random run is taken to be looping: the busiest seen needed some 20,000.
const MAX_STEPS: u64 = 400_000;

fn play_checking(mut run: Run) -> Result<(), TestCaseError> {
    let end = random::start() + SimDuration::from_secs(SECONDS);
    for _ in 0..MAX_STEPS {
        let progress = run.play_to(end, 1);
        let violations = run.sim.state.world.violations();
        prop_assert!(violations.is_empty(), "{}: {violations:?}", run.sim.state.now);
        if progress.reached {
            return Ok(());
        }
    }
    Err(TestCaseError::fail(format!("still busy at {} after {MAX_STEPS} steps", run.sim.state.now)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_world_is_sound_after_every_step(run in random::run(8, SECONDS)) {
        play_checking(run)?;
    }
}
