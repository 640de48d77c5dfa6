//! The same seed and inputs give the same log, however time is sliced and wherever a run is forked.

mod random;

use orrery::sim::{Run, Timeline};
use orrery::time::{SimDuration, SimTime};
use orrery::world::Settings;
use proptest::prelude::*;

/// Simulated seconds of a random run.
const SECONDS: i64 = 400;
const STEPS: u64 = 10_000_000;

fn end() -> SimTime {
    random::start() + SimDuration::from_secs(SECONDS)
}

/// Everything that two equal runs have in common.
fn fingerprint(run: &Run) -> (u64, u64, usize, SimTime) {
    let state = &run.sim.state;
    (run.sim.history.hash(), state.world.revision(), state.alarms.len(), state.now)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_slicing_of_time_and_budget_gives_the_same_log(
        run in random::run(8, SECONDS),
        slices in proptest::collection::vec(0..SECONDS * 1_000, 0..20),
        budget in 1_u64..50,
    ) {
        let mut whole = run.clone();
        whole.play_to(end(), STEPS);
        let mut sliced = run;
        let mut slices = slices;
        slices.sort_unstable();
        for slice in slices {
            let until = random::start() + SimDuration::from_millis(slice);
            for _ in 0..STEPS {
                if sliced.play_to(until, budget).reached {
                    break;
                }
            }
        }
        sliced.play_to(end(), STEPS);
        prop_assert_eq!(fingerprint(&whole), fingerprint(&sliced));
    }

    #[test]
    fn a_clone_that_goes_on_does_what_the_original_does(run in random::run(8, SECONDS), fork in 0..SECONDS) {
        let mut original = run;
        original.play_to(random::start() + SimDuration::from_secs(fork), STEPS);
        let mut clone = original.clone();
        original.play_to(end(), STEPS);
        clone.play_to(end(), STEPS);
        prop_assert_eq!(fingerprint(&original), fingerprint(&clone));
    }

    #[test]
    fn seeking_back_and_playing_on_gives_the_same_log(
        run in random::run(8, SECONDS),
        seeks in proptest::collection::vec(0..SECONDS, 1..5),
    ) {
        let mut timeline = Timeline::new(random::start(), Settings::default());
        for node in 0..3 {
            let order = orrery::kubectl::parse(&format!("node add node-{node} --cpu 2")).expect("a good command");
            timeline.input(order, false);
        }
        for input in run.inputs.iter() {
            timeline.schedule(input.at, input.order.clone());
        }
        timeline.play_to(end(), STEPS);
        let straight = timeline.history().hash();
        for seconds in seeks {
            let to = random::start() + SimDuration::from_secs(seconds);
            prop_assert_eq!(timeline.seek(to), to);
        }
        timeline.play_to(end(), STEPS);
        prop_assert_eq!(straight, timeline.history().hash());
    }
}
