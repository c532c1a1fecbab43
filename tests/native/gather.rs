//! Stories that are joined together: how many joins a page costs its project, and that none of them silences another.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use storywire::core::asset::Overall;
use storywire::core::effect::{About, ConnectionState, Status};
use storywire::core::error::Fault;
use storywire::core::input::Input;

use super::support::phoenix::asked_for;
use super::support::world::World;

fn uuid(number: usize) -> String {
    format!("6f9619ff-8b86-4d01-b42d-{number:012x}")
}

fn uuids(count: usize) -> Vec<String> {
    (0..count).map(uuid).collect()
}

/// Opens stories in one breath.
fn open(world: &mut World, ids: &[String]) {
    for id in ids {
        world.client.open_story(id);
    }
    world.input(Input::Timeout);
}

fn close(world: &mut World, ids: &[String]) {
    for id in ids {
        world.client.close_story(id);
    }
    world.input(Input::Timeout);
}

/// A world in which these stories are there, and live.
fn live(seed: u64, ids: &[String]) -> World {
    let mut world = World::new(seed);
    write(&mut world, ids, "generating");
    open(&mut world, ids);
    world.pass(3_000);
    assert_eq!(world.connection(), ConnectionState::Live, "{}", world.story());
    world
}

fn write(world: &mut World, ids: &[String], overall: &str) {
    for id in ids {
        world.write(id, json!({"asset_generation_status": {"assets": {"cover": {"status": overall}}}}));
    }
}

fn are(world: &World, ids: &[String], overall: Overall) -> bool {
    ids.iter().all(|id| world.client.assets().overall(id) == Some(overall))
}

/// The joins since the `from`th frame: topic and ids asked for.
fn joins(world: &World, from: usize) -> Vec<(String, Vec<String>)> {
    let frames = world.server.received[from..].iter().filter(|(_, _, frame)| frame[3] == "phx_join");
    let of =
        |frame: &Value| (frame[2].as_str().unwrap().to_owned(), asked_for(&frame[4]["config"]["postgres_changes"][0]));
    frames.map(|(_, _, frame)| of(frame)).collect()
}

#[test]
fn fifty_stories_are_one_join_and_each_hears_of_its_own_row_alone() {
    let ids = uuids(50);
    let mut world = live(1, &ids);
    assert_eq!(joins(&world, 0), [("realtime:story:shared-1".to_owned(), ids.clone())]);
    assert_eq!(world.reads.len(), 2, "one at once, and one when changes flow");
    write(&mut world, &ids[7..8], "completed");
    world.pass(1_000);
    assert!(are(&world, &ids[7..8], Overall::Completed));
    assert!(are(&world, &ids[..7], Overall::Generating) && are(&world, &ids[8..], Overall::Generating));
    // Of a row that is gone the server says its key alone.
    world.delete(&ids[9]);
    world.pass(1_000);
    write(&mut world, &ids[10..], "completed");
    world.pass(1_000);
    assert!(are(&world, &ids[10..], Overall::Completed));
    assert_eq!(world.reads.len(), 2);
}

#[test]
fn more_than_a_hundred_are_a_join_a_hundred() {
    let ids = uuids(250);
    let mut world = live(2, &ids);
    let counts: Vec<usize> = joins(&world, 0).iter().map(|(_, ids)| ids.len()).collect();
    assert_eq!(counts, [100, 100, 50]);
    write(&mut world, &ids, "completed");
    world.pass(1_000);
    assert!(are(&world, &ids, Overall::Completed));
}

#[test]
fn a_story_that_comes_later_has_a_topic_of_its_own_and_the_others_are_let_alone() {
    let ids = uuids(51);
    let mut world = live(3, &ids[..50]);
    write(&mut world, &ids[50..], "generating");
    let (frames, reads) = (world.server.received.len(), world.reads.len());
    open(&mut world, &ids[50..]);
    world.pass(3_000);
    assert_eq!(joins(&world, frames), [(format!("realtime:story:{}", ids[50]), ids[50..].to_vec())]);
    assert!(world.reads[reads..].iter().all(|(_, url, _)| url.ends_with(&format!("id=eq.{}", ids[50]))));
    write(&mut world, &ids, "completed");
    world.pass(1_000);
    assert!(are(&world, &ids, Overall::Completed));
}

#[test]
fn those_that_come_piece_by_piece_are_gathered() {
    let ids = uuids(60);
    let mut world = live(4, &ids[..10]);
    for piece in ids[10..].chunks(10) {
        open(&mut world, piece);
        world.pass(16);
    }
    world.pass(3_000);
    let joined = joins(&world, 0);
    assert_eq!(joined.len(), 2, "{joined:?}");
    assert_eq!(joined[1].1.len(), 50);
}

#[test]
fn however_they_come_their_topics_are_few() {
    let ids = uuids(300);
    let mut world = World::new(5);
    write(&mut world, &ids, "generating");
    let mut most = 0;
    for id in &ids {
        open(&mut world, std::slice::from_ref(id));
        world.pass(1_000);
        most = most.max(world.server.joined.len());
    }
    assert!(most <= 26, "{most} topics");
    assert_eq!(world.connection(), ConnectionState::Live);
    let asked: Vec<String> =
        world.server.joined.iter().flat_map(|one| asked_for(&one.config["postgres_changes"][0])).collect();
    assert_eq!((asked.len(), asked.iter().collect::<BTreeSet<_>>().len()), (300, 300), "each is asked for once");
    write(&mut world, &ids, "completed");
    world.pass(1_000);
    assert!(are(&world, &ids, Overall::Completed));
    let joined: usize = joins(&world, 0).iter().map(|(_, ids)| ids.len()).sum();
    assert!(joined <= 4 * 300, "each was joined {joined} / 300 times");
}

#[test]
fn after_a_restart_all_of_them_are_one_join() {
    let ids = uuids(15);
    let mut world = World::new(6);
    write(&mut world, &ids, "generating");
    for id in &ids {
        open(&mut world, std::slice::from_ref(id));
        world.pass(1_000);
    }
    assert_eq!(joins(&world, 0).len(), 15);
    let (frames, reads) = (world.server.received.len(), world.reads.len());
    world.cut(1012);
    world.pass(10_000);
    assert_eq!(joins(&world, frames).len(), 1);
    assert_eq!(world.reads.len(), reads + 1);
    assert_eq!(world.connection(), ConnectionState::Live);
    write(&mut world, &ids, "completed");
    world.pass(1_000);
    assert!(are(&world, &ids, Overall::Completed));
}

#[test]
fn those_that_go_cost_nothing_and_are_left_out_when_it_is_joined_anew() {
    let ids = uuids(50);
    let mut world = live(7, &ids);
    let frames = world.server.received.len();
    close(&mut world, &ids[1..]);
    world.pass(10_000);
    write(&mut world, &ids, "completed");
    world.pass(1_000);
    assert!(are(&world, &ids[..1], Overall::Completed));
    assert_eq!(world.server.received[frames..].iter().filter(|(_, _, frame)| frame[3] != "heartbeat").count(), 0);
    world.cut(1012);
    world.pass(10_000);
    assert_eq!(joins(&world, frames), [("realtime:story:shared-1".to_owned(), ids[..1].to_vec())]);
    close(&mut world, &ids[..1]);
    world.pass(10_000);
    assert_eq!(world.server.topics().len(), 0);
    assert_eq!(world.connection(), ConnectionState::Stopped);
}

#[test]
fn one_that_the_column_cannot_hold_is_found_and_silences_no_other() {
    let ids: Vec<String> = (1..=50).map(|number| number.to_string()).collect();
    let mut world = World::new(8);
    write(&mut world, &ids, "generating");
    let bad = ids[30].clone();
    world.server.rows.remove(&bad);
    world.server.malformed = vec![bad.clone()];
    open(&mut world, &ids);
    world.pass(10_000);
    let told: Vec<_> = world.failures().into_iter().filter(|of| of.fault == Fault::ChangesRefused).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!((&told[0].about, told[0].retry_in), (&About::Story(bad.clone()), None));
    assert_eq!(world.connection(), ConnectionState::Live);
    let good: Vec<String> = ids.iter().filter(|id| **id != bad).cloned().collect();
    write(&mut world, &good, "completed");
    world.pass(1_000);
    assert!(are(&world, &good, Overall::Completed));
    assert!(joins(&world, 0).len() <= 14, "{:?}", joins(&world, 0));
    // It is not gathered with the others again.
    let frames = world.server.received.len();
    world.cut(1012);
    world.pass(10_000);
    let again = joins(&world, frames);
    assert_eq!(again.len(), 2, "{again:?}");
    assert!(again.iter().any(|(_, ids)| *ids == [bad.as_str()]));
}

#[test]
fn a_word_among_uuids_does_not_even_delay_them() {
    let mut ids = uuids(49);
    let mut world = World::new(9);
    write(&mut world, &ids, "generating");
    world.server.malformed = vec!["undefined".to_owned()];
    ids.push("undefined".to_owned());
    open(&mut world, &ids);
    world.pass(3_000);
    assert_eq!(joins(&world, 0).iter().map(|(_, ids)| ids.len()).collect::<Vec<_>>(), [49, 1]);
    write(&mut world, &ids[..49], "completed");
    world.pass(1_000);
    assert!(are(&world, &ids[..49], Overall::Completed));
}

#[test]
fn a_table_that_is_not_published_is_told_and_not_searched_for_the_culprit() {
    let ids = uuids(50);
    let mut world = World::new(10);
    write(&mut world, &ids, "generating");
    world.server.unpublished = true;
    open(&mut world, &ids);
    world.pass(20_000);
    assert_eq!(joins(&world, 0).len(), 1);
    assert_eq!(world.failures().iter().filter(|of| of.fault == Fault::ChangesRefused).count(), 50);
    assert_eq!(world.connection(), ConnectionState::Polling);
}

#[test]
fn ids_of_any_characters_are_followed() {
    let odd = ["a,b", "say \"hi\"", "back\\slash", "(round)", "{{story.id}}", " edges ", "ÄÖ", "plain-slug", "a&b=c"];
    let ids: Vec<String> = odd.map(str::to_owned).to_vec();
    for ids in [&ids[..], &ids[..1], &ids[4..5], &ids[8..]] {
        let mut world = live(11, ids);
        assert_eq!(joins(&world, 0).len(), 1);
        assert_eq!(joins(&world, 0)[0].1, ids);
        write(&mut world, ids, "completed");
        world.pass(1_000);
        assert!(are(&world, ids, Overall::Completed));
    }
}

#[test]
fn one_that_the_database_writes_in_another_way_is_followed_by_itself() {
    let ids = uuids(10);
    let mut world = World::new(12);
    world.server.lowers = true;
    write(&mut world, &ids, "generating");
    let mut shown = ids.clone();
    shown[3] = shown[3].to_uppercase();
    open(&mut world, &shown);
    world.pass(5_000);
    assert_eq!(world.connection(), ConnectionState::Live);
    write(&mut world, &ids, "completed");
    world.pass(1_000);
    assert!(are(&world, &shown, Overall::Completed), "{}", world.story());
    assert_eq!(joins(&world, 0).len(), 2);
    let frames = world.server.received.len();
    world.cut(1012);
    world.pass(10_000);
    assert_eq!(joins(&world, frames).len(), 1, "each by an entry of its own");
    write(&mut world, &ids, "generating");
    world.pass(1_000);
    assert!(are(&world, &shown, Overall::Generating));
}

#[test]
fn a_change_that_names_no_row_is_a_reason_to_read_them_all() {
    let ids = uuids(10);
    let mut world = live(13, &ids);
    let reads = world.reads.len();
    let id = world.change_id();
    let topic = world.server.joined[0].topic.clone();
    world.send(
        &json!([null, null, topic, "postgres_changes", {"ids": [id], "data": {"schema": "public", "table": "stories",
        "type": "UPDATE", "commit_timestamp": null, "columns": [], "record": {}, "old_record": {},
        "errors": ["Error 401: Unauthorized"]}}]),
    );
    world.pass(1_000);
    assert_eq!(world.reads.len(), reads + 1);
}

#[test]
fn channels_of_the_page_keep_their_topics() {
    let ids = uuids(20);
    let mut world = World::new(14);
    // One that is there before its story shares its join, one that comes after has a join of its own.
    let before = world.joined(&format!("story:{}", ids[0]));
    write(&mut world, &ids, "generating");
    open(&mut world, &ids);
    world.pass(3_000);
    let after = world.joined(&format!("story:{}", ids[1]));
    assert_eq!(world.server.joined.len(), 3, "{:?}", world.server.topics());
    for channel in [before, after] {
        world.broadcast(channel, "x", "{}");
    }
    world.cut(1012);
    world.pass(10_000);
    assert_eq!(world.server.joined.len(), 3, "{:?}", world.server.topics());
    assert!([before, after].iter().all(|channel| world.last_status(*channel) == Some(Status::Subscribed)));
    write(&mut world, &ids, "completed");
    world.pass(1_000);
    assert!(are(&world, &ids, Overall::Completed));
    // One on the topic of all.
    let shared = world.channel("story:shared-2");
    world.listen(shared, 7, "*", Some(&format!("id=eq.{}", ids[4])));
    world.subscribe(shared);
    world.pass(3_000);
    write(&mut world, &ids, "generating");
    world.pass(1_000);
    assert!(are(&world, &ids, Overall::Generating));
    assert_eq!(world.changes(shared).len(), 1);
}

#[test]
fn a_refused_join_holds_up_no_newcomer() {
    let ids = uuids(30);
    let mut world = World::new(15);
    write(&mut world, &ids, "generating");
    world.server.refuse_next = vec!["DatabaseLackOfConnections: no".into(), "DatabaseLackOfConnections: no".into()];
    open(&mut world, &ids[..20]);
    world.pass(6_000);
    open(&mut world, &ids[20..]);
    world.pass(90_000);
    assert_eq!(world.connection(), ConnectionState::Live);
    assert_eq!(world.server.joined.len(), 2, "{:?}", world.server.topics());
    write(&mut world, &ids, "completed");
    world.pass(1_000);
    assert!(are(&world, &ids, Overall::Completed));
}
