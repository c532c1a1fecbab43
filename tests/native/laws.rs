//! The laws of the core (`src/core/mod.rs`) over random histories. Each failing history that was found stands below as a
//! test of its own.
//!
//! `PROPTEST_CASES` sets how many histories are tried.

use proptest::prelude::*;
use storywire::core::input::PageEvent;

use super::support::history::{Action, History};

fn span() -> impl Strategy<Value = u64> {
    prop_oneof![3 => 0..200u64, 4 => 200..3_000u64, 3 => 3_000..40_000u64]
}

fn page_event() -> impl Strategy<Value = PageEvent> {
    prop::sample::select(vec![
        PageEvent::Visible,
        PageEvent::Hidden,
        PageEvent::Frozen,
        PageEvent::Resumed,
        PageEvent::Online,
        PageEvent::Offline,
    ])
}

fn action() -> impl Strategy<Value = Action> {
    let of_page = prop_oneof![
        4 => (0..4u8).prop_map(Action::Follow),
        2 => (0..4u8).prop_map(Action::Unfollow),
        2 => (0..10u8, prop::bool::weighted(0.7)).prop_map(|(which, shown)| Action::Story(which, shown)),
        4 => (0..4u8).prop_map(Action::Subscribe),
        2 => (0..4u8).prop_map(Action::Unsubscribe),
        1 => (0..4u8).prop_map(Action::Listen),
        3 => (0..4u8, any::<bool>()).prop_map(|(which, latest)| Action::Broadcast(which, latest)),
        3 => (0..4u8, prop::bool::weighted(0.7)).prop_map(|(which, shown)| Action::Track(which, shown)),
        2 => (0..4u8).prop_map(Action::SetToken),
        1 => any::<bool>().prop_map(Action::TokenStuck),
        1 => any::<bool>().prop_map(Action::TokenFails),
        4 => page_event().prop_map(Action::Page),
    ];
    let of_network = prop_oneof![
        4 => prop::sample::select(vec![1000, 1001, 1006, 1011, 1012]).prop_map(Action::Cut),
        2 => any::<bool>().prop_map(Action::Down),
        1 => any::<bool>().prop_map(Action::NoSockets),
        3 => any::<bool>().prop_map(Action::Stall),
        1 => any::<bool>().prop_map(Action::Echo),
        1 => (0..2_000u64).prop_map(Action::Latency),
        1 => prop::collection::vec(any::<u8>(), 0..20).prop_map(Action::Junk),
    ];
    let of_server = prop_oneof![
        1 => any::<bool>().prop_map(Action::Mute),
        3 => (0..9u8).prop_map(Action::Refuse),
        1 => Just(Action::Expire),
        1 => any::<bool>().prop_map(Action::SilentChanges),
        1 => (0..6_000u64).prop_map(Action::SubscribeDelay),
        1 => (0..3_000u64).prop_map(Action::FeedDelay),
        1 => Just(Action::DatabaseAway),
        1 => any::<bool>().prop_map(Action::DatabaseBack),
        1 => (0..6u8).prop_map(Action::Crash),
        2 => (0..9u8).prop_map(Action::ReadAnswer),
        1 => (0..12_000u64).prop_map(Action::ReadDelay),
        8 => (0..14u8, 0..5u8).prop_map(|(which, kind)| Action::Write(which, kind)),
        2 => (0..14u8).prop_map(Action::Delete),
    ];
    let time = prop_oneof![8 => span().prop_map(Action::Pass), 1 => (0..200_000u64).prop_map(Action::Sleep)];
    prop_oneof![3 => of_page, 2 => of_network, 3 => of_server, 4 => time]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_laws_hold_whatever_happens(
        seed in any::<u64>(),
        asks in any::<bool>(),
        actions in prop::collection::vec(action(), 1..60),
    ) {
        History::run(seed, asks, &actions);
    }
}
