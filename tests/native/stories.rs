//! Stories of the page: followed as one row each, what the visitor sees first.

use serde_json::{Value, json};
use storywire::core::Why;
use storywire::core::asset::{Op, Overall, Shape};
use storywire::core::base::Millis;
use storywire::core::effect::{About, ConnectionState, Effect, Notice};
use storywire::core::error::Fault;
use storywire::core::ids::ElementId;
use storywire::core::input::Input;

use super::support::world::World;

fn show(world: &mut World, element: u32, story: &str) {
    world.client.mount(ElementId(element), story, "cover", Shape::default());
}

#[test]
fn an_element_is_enough_to_follow_its_story() {
    let mut world = World::new(1);
    world.write("s", json!({"asset_generation_status": {"assets": {"cover": {"status": "ready", "url": "/c.png"}}}}));
    show(&mut world, 1, "s");
    world.input(Input::Timeout);
    world.pass(2_000);
    assert_eq!(world.server.topics(), ["realtime:story:s"]);
    assert_eq!(world.client.assets().overall("s"), Some(Overall::Completed));
    assert_eq!(world.connection(), ConnectionState::Live);
    let patch = world.client.next_patch().unwrap();
    assert_eq!(patch.element, ElementId(1));
}

#[test]
fn a_story_that_goes_is_let_go_after_a_while_and_one_that_is_put_back_is_kept() {
    let mut world = World::new(2);
    show(&mut world, 1, "s");
    world.input(Input::Timeout);
    world.pass(2_000);
    for _ in 0..3 {
        world.client.unmount(ElementId(1));
        world.input(Input::Timeout);
        world.pass(4_000);
        show(&mut world, 1, "s");
        world.input(Input::Timeout);
        world.pass(4_000);
    }
    assert_eq!((world.server.count("phx_join"), world.server.count("phx_leave")), (1, 0));
    world.client.unmount(ElementId(1));
    world.input(Input::Timeout);
    world.pass(6_000);
    assert_eq!(world.server.topics().len(), 0);
}

#[test]
fn after_a_restart_the_stories_in_view_join_first() {
    let mut world = World::with(3, |config| config.join_burst = 1);
    for number in 0..350 {
        show(&mut world, number, &number.to_string());
    }
    world.input(Input::Timeout);
    world.client.set_visible(ElementId(277), true);
    world.input(Input::Timeout);
    world.pass(5_000);
    assert_eq!(joins(&world).len(), 4);
    let before = world.server.received.len();
    world.cut(1012);
    world.pass(40_000);
    let first = world.server.received[before..].iter().find(|(_, _, frame)| frame[3] == "phx_join");
    assert!(filter_of(&first.unwrap().2).contains(",277,"), "{first:?}");
}

fn filter_of(frame: &Value) -> &str {
    frame[4]["config"]["postgres_changes"][0]["filter"].as_str().unwrap()
}

/// The filters of the joins so far.
fn joins(world: &World) -> Vec<&str> {
    let frames = world.server.received.iter().filter(|(_, _, frame)| frame[3] == "phx_join");
    frames.map(|(_, _, frame)| filter_of(frame)).collect()
}

#[test]
fn a_shelf_of_two_hundred_stories_is_one_socket_and_few_requests() {
    let mut world = World::new(4);
    for number in 0..200 {
        world.write(&number.to_string(), json!({"asset_generation_status": {"overall": "generating"}}));
        show(&mut world, number, &number.to_string());
    }
    world.input(Input::Timeout);
    world.pass(30_000);
    assert_eq!(world.connection(), ConnectionState::Live, "{}", world.story());
    assert_eq!((world.server.joined.len(), joins(&world).len()), (2, 2));
    assert_eq!(world.reads.len(), 4, "two at once, and two when changes flow");
    assert_eq!(world.sockets.len(), 1);
}

#[test]
fn one_frame_is_asked_for_whatever_comes() {
    let mut world = World::new(5);
    show(&mut world, 1, "s");
    world.input(Input::Timeout);
    world.pass(2_000);
    while world.client.next_patch().is_some() {}
    for progress in 1..9 {
        let assets = json!({"assets": {"cover": {"status": "generating", "progress": progress}}});
        let sent = world.server.write(world.now, "s", json!({"asset_generation_status": assets}));
        world.deliver(sent);
    }
    world.log.clear();
    world.pass(1_000);
    assert_eq!(world.log.iter().filter(|line| line.ends_with(&format!("-> {:?}", Effect::Paint))).count(), 1);
    assert!(world.client.next_patch().is_some() && world.client.next_patch().is_none());
}

fn problem(world: &mut World) -> Option<String> {
    let mut problem = None;
    while let Some(patch) = world.client.next_patch() {
        for op in patch.ops {
            if let Op::Attribute { name: "data-story-problem", value } = op {
                problem = value;
            }
        }
    }
    problem
}

#[test]
fn a_story_that_is_not_there_keeps_its_problem_although_changes_flow() {
    let mut world = World::new(6);
    world.client.mount_story(ElementId(1), "s");
    world.input(Input::Timeout);
    world.pass(3_000);
    assert_eq!(world.connection(), ConnectionState::Live);
    assert_eq!(problem(&mut world).as_deref(), Some("unknown-story"));
}

#[test]
fn a_story_that_is_live_again_has_no_problem_although_its_row_is_the_same() {
    let mut world = World::new(7);
    world.write("s", json!({"asset_generation_status": {"overall": "generating"}}));
    world.client.mount_story(ElementId(1), "s");
    world.input(Input::Timeout);
    world.pass(3_000);
    assert_eq!(problem(&mut world), None);
    world.up = false;
    world.cut(1006);
    world.pass(20_000);
    assert_eq!(problem(&mut world).as_deref(), Some("unreachable"));
    world.up = true;
    world.pass(60_000);
    assert_eq!(world.connection(), ConnectionState::Live);
    // The attribute is taken away.
    world.client.mount_story(ElementId(1), "s");
    assert_eq!(problem(&mut world), None);
}

/// What a driver does with a frame that took `spent`; gives the number of patches.
fn frame(world: &mut World, spent: u64) -> usize {
    let mut patches = 0;
    while world.client.next_patch().is_some() {
        patches += 1;
    }
    world.act(|client, now| client.end_frame(now, Millis(spent)));
    patches
}

fn frames_asked(world: &World) -> usize {
    world.log.iter().filter(|line| line.ends_with(&format!("-> {:?}", Effect::Paint))).count()
}

fn change(world: &mut World, status: &str, progress: u64) {
    let assets = json!({"assets": {"cover": {"status": status, "progress": progress}}});
    let sent = world.server.write(world.now, "s", json!({"asset_generation_status": assets}));
    world.deliver(sent);
}

/// A story that is live and painted.
fn shown(seed: u64) -> World {
    let mut world = World::new(seed);
    show(&mut world, 1, "s");
    world.input(Input::Timeout);
    world.pass(2_000);
    change(&mut world, "generating", 1);
    world.pass(1_000);
    frame(&mut world, 0);
    world.pass(1_000);
    world
}

#[test]
fn bars_move_ten_times_a_second_and_a_status_shows_at_once() {
    let mut world = shown(6);
    let mut painted = 0;
    for progress in 2..62 {
        world.log.clear();
        change(&mut world, "generating", progress);
        world.pass(16);
        if frames_asked(&world) > 0 {
            painted += frame(&mut world, 0);
        }
    }
    assert!((8..=10).contains(&painted), "{painted} frames in a second of sixty changes");
    world.pass(1_000);
    frame(&mut world, 0);
    world.pass(1_000);
    // The first after a rest does not wait, nor does a status that comes right after it.
    for (status, progress) in [("generating", 70), ("failed", 70)] {
        world.log.clear();
        change(&mut world, status, progress);
        world.pass(world.latency + 60);
        assert_eq!(frames_asked(&world), 1, "{status}");
        assert_eq!(frame(&mut world, 0), 1);
    }
}

#[test]
fn bars_rest_the_longer_the_more_a_frame_took() {
    // And never longer than a second, whatever else the page was busy with.
    for spent in [100, 60_000] {
        let mut world = shown(7);
        change(&mut world, "generating", 40);
        world.pass(world.latency + 60);
        frame(&mut world, spent);
        world.log.clear();
        change(&mut world, "generating", 50);
        world.pass(700);
        assert_eq!(frames_asked(&world), 0);
        world.pass(400);
        assert_eq!(frames_asked(&world), 1, "after {spent}");
    }
}

#[test]
fn a_frame_for_something_else_moves_no_bar_before_its_turn_and_puts_off_none() {
    let mut world = World::new(10);
    show(&mut world, 1, "s");
    show(&mut world, 2, "t");
    world.input(Input::Timeout);
    world.pass(2_000);
    let say = |world: &mut World, status: &str, progress: u64| {
        for (story, cover) in
            [("s", json!({"status": "generating", "progress": progress})), ("t", json!({"status": status}))]
        {
            let status = json!({"asset_generation_status": {"assets": {"cover": cover}}});
            let sent = world.server.write(world.now, story, status);
            world.deliver(sent);
        }
        world.pass(world.latency + 60);
    };
    say(&mut world, "pending", 1);
    frame(&mut world, 0);
    world.pass(1_000);
    say(&mut world, "pending", 2);
    assert_eq!(frame(&mut world, 100), 1, "after a rest, at once");
    say(&mut world, "failed", 3);
    assert_eq!(frame(&mut world, 100), 1, "the status, and not the bar");
    world.log.clear();
    world.pass(750);
    assert_eq!(frames_asked(&world), 1, "eight hundred after the bar had moved, not after the status");
    assert_eq!(frame(&mut world, 0), 1);
}

#[test]
fn a_flood_between_two_frames_is_told_once_and_keeps_nothing() {
    let mut world = shown(8);
    world.notices.clear();
    for number in 0..2_000 {
        change(&mut world, "generating", number % 90 + 5);
    }
    world.pass(1_000);
    frame(&mut world, 0);
    let told: Vec<_> = world.notices.iter().filter(|(_, notice)| matches!(notice, Notice::Asset(_))).collect();
    assert_eq!(told.len(), 2, "the first at once, the rest with the frame: {told:?}");
}

#[test]
fn many_changes_are_told_a_few_at_a_time_and_without_frames_of_their_own() {
    let mut world = World::new(11);
    for number in 0..50 {
        show(&mut world, number, &number.to_string());
    }
    world.input(Input::Timeout);
    world.pass(20_000);
    frame(&mut world, 0);
    world.pass(1_000);
    let say = |world: &mut World, progress: u64| {
        for number in 0..50 {
            let cover = json!({"status": "generating", "progress": progress});
            let assets = json!({"assets": {"cover": cover, "audio": cover, "pdf": cover}});
            let sent = world.server.write(world.now, &number.to_string(), json!({"asset_generation_status": assets}));
            world.deliver(sent);
        }
    };
    say(&mut world, 10);
    world.pass(1_000);
    frame(&mut world, 0);
    world.pass(1_000);
    world.notices.clear();
    say(&mut world, 20);
    world.pass(world.latency + 100);
    world.log.clear();
    let told = |world: &World| world.notices.iter().filter(|(_, notice)| matches!(notice, Notice::Asset(_))).count();
    let before = told(&world);
    frame(&mut world, 0);
    assert_eq!(told(&world) - before, 64, "of 150, of which the first were told at once");
    world.pass(16);
    assert_eq!(told(&world) - before, 128);
    world.pass(16);
    assert_eq!(told(&world), 150);
    assert_eq!(frames_asked(&world), 0);
    assert_eq!(world.client.next_timeout().map(|deadline| deadline.why == Why::Tell), Some(false));
}

/// A page that filters a long list: cards go, others come, and the first ones are back before anything was let go.
#[test]
fn a_story_that_comes_back_before_it_was_let_go_shows_what_it_showed() {
    let mut world = World::new(9);
    for number in 0..200 {
        let assets = json!({"assets": {"cover": {"status": "generating", "progress": 42}}});
        world.write(&number.to_string(), json!({"asset_generation_status": assets}));
    }
    for number in 0..80 {
        show(&mut world, number, &number.to_string());
    }
    world.input(Input::Timeout);
    world.pass(20_000);
    for (away, there) in [(0..80, 100..180), (100..180, 0..80)] {
        for number in away {
            world.client.unmount(ElementId(number));
        }
        for number in there {
            show(&mut world, number, &number.to_string());
        }
        world.input(Input::Timeout);
        world.pass(1_000);
    }
    world.pass(30_000);
    for number in 0..80 {
        let progress = world.client.assets().asset(&number.to_string(), "cover").map(|asset| asset.progress());
        assert_eq!(progress, Some(Some(42)), "story {number}");
    }
}

#[test]
fn a_story_that_is_read_at_intervals_has_no_problem() {
    let mut world = World::new(10);
    world.server.refuse_join = Some("DatabaseLackOfConnections: no".into());
    world.write("s", json!({"asset_generation_status": {"overall": "generating"}}));
    world.client.mount_story(ElementId(1), "s");
    world.input(Input::Timeout);
    world.pass(20_000);
    assert_eq!((problem(&mut world), world.connection()), (None, ConnectionState::Polling));
}

#[test]
fn a_read_that_works_again_takes_the_problem_away_although_the_row_is_the_same() {
    let mut world = World::new(11);
    world.no_sockets = true;
    world.write("s", json!({"asset_generation_status": {"overall": "generating"}}));
    world.client.mount_story(ElementId(1), "s");
    world.input(Input::Timeout);
    world.pass(3_000);
    world.read_answer = Some((503, "{}".into()));
    world.pass(20_000);
    assert_eq!(problem(&mut world).as_deref(), Some("unreachable"));
    world.read_answer = None;
    world.pass(40_000);
    world.client.mount_story(ElementId(1), "s");
    assert_eq!(problem(&mut world), None);
}

#[test]
fn a_story_for_which_there_is_no_topic_left_says_so() {
    let mut world = World::with(12, |config| config.topic_limit = 1);
    world.joined("room");
    world.client.mount_story(ElementId(1), "s");
    world.input(Input::Timeout);
    world.pass(1_000);
    let failures = world.failures();
    assert_eq!(failures.len(), 1);
    assert_eq!((&failures[0].about, failures[0].fault), (&About::Story("s".into()), Fault::TooManyChannels));
    assert_eq!(problem(&mut world).as_deref(), Some("unreachable"));
}
