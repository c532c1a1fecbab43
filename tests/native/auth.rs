//! Access tokens: asked for once, renewed ahead, never joined without, healed when they expire.

use serde_json::{Value, json};
use storywire::core::Client;
use storywire::core::asset::AssetConfig;
use storywire::core::base::Instant;
use storywire::core::config::Config;
use storywire::core::effect::{About, ConnectionState, Status};
use storywire::core::error::{Fault, Misuse};
use storywire::core::ids::TokenRequest;
use storywire::core::input::{Input, PageEvent, TokenAnswer};

use super::support::world::{START, World, base64, token};

/// A world whose page gives a token for an hour whenever it is asked.
fn asking(seed: u64) -> World {
    let mut world = World::with(seed, |config| config.asks_tokens = true);
    world.token = |asked, now| Some(token(&format!("user-{asked}"), now + 3_600_000));
    world.server.checks_tokens = true;
    world
}

fn joins(world: &World) -> Vec<&Value> {
    world.server.received.iter().map(|(_, _, frame)| frame).filter(|frame| frame[3] == "phx_join").collect()
}

#[test]
fn no_join_goes_out_before_the_token_is_there() {
    let mut world = asking(1);
    world.joined("room");
    assert_eq!(world.tokens_asked, 1);
    assert_eq!(joins(&world)[0][4]["access_token"], token("user-1", START + 3_600_000));
}

#[test]
fn one_question_serves_everybody() {
    let mut world = asking(2);
    for number in 0..10 {
        world.follow(&number.to_string());
    }
    world.pass(5_000);
    assert_eq!(world.tokens_asked, 1);
    assert!(world.reads.iter().all(|(_, _, with)| with.is_some()), "no read went out without the token");
}

#[test]
fn nobody_signed_in_is_an_answer_too() {
    let mut world = World::with(3, |config| config.asks_tokens = true);
    world.joined("room");
    assert_eq!(joins(&world)[0][4].get("access_token"), None);
    world.pass(3_600_000);
    assert_eq!(world.tokens_asked, 1);
}

#[test]
fn a_token_is_renewed_before_it_expires() {
    let mut world = asking(4);
    let room = world.joined("room");
    world.pass(3 * 3_600_000);
    assert_eq!(world.tokens_asked, 4, "a minute before each hour is over");
    assert_eq!(world.sent("access_token").len(), 3);
    assert_eq!(world.statuses(room), [Status::Subscribed], "nobody noticed");
    assert_eq!(world.server.count("phx_join"), 1);
}

#[test]
fn a_short_lived_token_is_renewed_after_three_quarters_of_its_life() {
    let mut world = asking(5);
    world.token = |asked, now| Some(token(&format!("user-{asked}"), now + 60_000));
    let room = world.joined("room");
    world.pass(600_000);
    assert!((12..=15).contains(&world.tokens_asked), "{}", world.tokens_asked);
    assert_eq!(world.statuses(room), [Status::Subscribed]);
}

#[test]
fn the_same_token_again_is_told_to_nobody() {
    let mut world = asking(6);
    world.token = |_, _| Some(token("me", START + 100_000));
    world.joined("room");
    world.pass(80_000);
    assert!(world.tokens_asked > 1);
    assert_eq!(world.sent("access_token").len(), 0);
}

#[test]
fn an_expired_token_is_not_joined_with() {
    let mut world = asking(7);
    world.token = |asked, now| {
        let life = if asked == 1 { 0 } else { 3_600_000 };
        Some(token(&format!("user-{asked}"), now - now % 1000 - 1000 + life))
    };
    world.joined_slowly("room");
    assert_eq!(world.tokens_asked, 2);
    assert_eq!(world.faults(), []);
}

#[test]
fn a_visitor_whose_clock_is_ahead_joins_all_the_same() {
    let mut world = asking(8);
    world.server.checks_tokens = false; // by the server's clock they are good
    world.token = |asked, now| Some(token(&format!("user-{asked}"), now - 7_200_000));
    world.joined_slowly("room");
    assert_eq!(world.tokens_asked, 2);
    world.pass(600_000);
    assert_eq!(world.tokens_asked, 2);
}

#[test]
fn a_closed_channel_whose_token_expired_joins_again_with_a_new_one() {
    let mut world = asking(9);
    let room = world.joined("room");
    let rows = world.live("7");
    let sent = world.server.expire();
    world.deliver(sent);
    world.pass(5_000);
    assert_eq!(world.statuses(room), [Status::Subscribed, Status::Errored, Status::Subscribed]);
    assert_eq!(world.tokens_asked, 2);
    let [first, .., last] = joins(&world)[..] else { panic!() };
    assert_ne!(first[4]["access_token"], last[4]["access_token"]);
    assert_eq!(world.lives(rows).len(), 2);
    assert!(world.faults().contains(&Fault::TokenExpired));
    assert!(world.failures().iter().all(|failure| failure.retry_in.is_some()));
}

#[test]
fn a_page_that_slept_past_the_expiry_joins_with_a_new_token() {
    let mut world = asking(10);
    let room = world.joined("room");
    world.cut(1006);
    world.sleep(7_200_000);
    world.page(PageEvent::Visible);
    world.pass(10_000);
    assert_eq!(world.last_status(room), Some(Status::Subscribed));
    assert_eq!(world.tokens_asked, 2);
    assert!(!world.faults().contains(&Fault::TokenExpired), "the old token was not tried: {}", world.story());
}

#[test]
fn a_token_set_by_hand_that_expires_stops_until_there_is_another() {
    let mut world = World::new(11);
    world.server.checks_tokens = true;
    world.set_token(Some(&token("me", START + 60_000)));
    let room = world.joined("room");
    world.pass(600_000);
    assert_eq!(world.last_status(room), Some(Status::Errored));
    assert_eq!(world.failures()[0].fault, Fault::TokenExpired);
    assert_eq!(world.failures().last().unwrap().retry_in, None);
    assert_eq!(world.connection(), ConnectionState::Stopped);
    assert_eq!(world.deadline(), None, "no socket is kept for what was refused: {}", world.story());
    world.set_token(Some(&token("me", world.now + 3_600_000)));
    world.pass(5_000);
    assert_eq!(world.last_status(room), Some(Status::Subscribed));
}

#[test]
fn a_close_that_crosses_the_new_token_on_the_wire_heals() {
    let mut world = World::new(12);
    world.set_token(Some(&token("me", START + 60_000)));
    let room = world.joined("room");
    let sent = world.server.expire();
    world.set_token(Some(&token("me", START + 3_600_000)));
    world.deliver(sent);
    world.pass(5_000);
    assert_eq!(world.last_status(room), Some(Status::Subscribed), "{}", world.story());
}

#[test]
fn a_read_refused_for_its_token_asks_for_another_once() {
    let mut world = asking(13);
    world.token = |asked, now| Some(token(&format!("user-{asked}"), now + 3_600_000));
    world.write("7", json!({"n": 1}));
    world.read_answer = Some((401, r#"{"message":"JWT expired"}"#.into()));
    let rows = world.follow("7");
    world.pass(30_000);
    assert_eq!((world.tokens_asked, world.reads.len()), (2, 2));
    let refused = world.failures().into_iter().find(|of| of.about == About::Rows(rows)).unwrap();
    assert_eq!((refused.fault, refused.retry_in), (Fault::TokenExpired, None));
}

#[test]
fn a_function_that_fails_is_asked_again_with_backoff() {
    let mut world = asking(14);
    world.token_fails = true;
    let room = world.channel("room");
    world.subscribe(room);
    world.pass(300_000);
    assert!((15..60).contains(&world.tokens_asked), "{}", world.tokens_asked);
    assert!(world.failures().iter().all(|of| of.about == About::Token && of.fault == Fault::TokenUnavailable));
    assert_eq!(world.server.count("phx_join"), 0);
    world.token_fails = false;
    world.pass(31_000);
    assert_eq!(world.last_status(room), Some(Status::Subscribed));
}

#[test]
fn a_function_that_never_answers_is_asked_again() {
    let mut world = asking(15);
    world.token_stuck = true;
    let room = world.channel("room");
    world.subscribe(room);
    world.pass(10_500);
    assert_eq!(world.faults(), [Fault::TokenUnavailable]);
    world.token_stuck = false;
    world.pass(31_000);
    assert_eq!(world.last_status(room), Some(Status::Subscribed));
}

#[test]
fn a_slow_answer_is_taken_although_it_was_asked_again_meanwhile() {
    let mut world = asking(16);
    world.token_stuck = true;
    let room = world.channel("room");
    world.subscribe(room);
    world.pass(14_000);
    assert_eq!(world.tokens_asked, 2);
    let text = token("slow", world.now + 3_600_000);
    world.input(Input::Token(TokenRequest(1), TokenAnswer::Token(&text)));
    world.pass(1_000);
    assert_eq!(world.last_status(room), Some(Status::Subscribed));
    assert_eq!(joins(&world)[0][4]["access_token"], text);
}

#[test]
fn an_answer_from_before_a_sign_out_changes_nothing() {
    let mut world = asking(17);
    world.token_stuck = true;
    world.channel("room");
    let room = world.channel("room");
    world.subscribe(room);
    world.pass(100);
    world.set_token(None); // signed out: the page is asked anew
    assert_eq!(world.tokens_asked, 2);
    let old = token("old", world.now + 3_600_000);
    world.input(Input::Token(TokenRequest(1), TokenAnswer::Token(&old)));
    world.input(Input::Token(TokenRequest(2), TokenAnswer::Nobody));
    world.pass(1_000);
    assert_eq!(joins(&world)[0][4].get("access_token"), None);
}

#[test]
fn a_question_that_was_never_asked_has_no_answer() {
    let mut world = World::new(18);
    world.joined("room");
    let text = token("who", world.now + 3_600_000);
    world.input(Input::Token(TokenRequest(9), TokenAnswer::Token(&text)));
    world.pass(1_000);
    assert_eq!(world.sent("access_token").len(), 0);
}

#[test]
fn after_signing_out_topics_are_joined_without_the_users_rights() {
    let mut world = World::new(19);
    world.set_token(Some(&token("me", START + 3_600_000)));
    let room = world.joined("room");
    let rows = world.live("7");
    world.set_token(None);
    world.pass(3_000);
    assert!(world.server.joined.iter().all(|joined| joined.token.is_none()), "{}", world.story());
    assert_eq!(world.server.joined.len(), 2);
    assert_eq!(world.statuses(room), [Status::Subscribed]);
    assert_eq!(world.lives(rows).len(), 2, "and the rows are read as anybody sees them");
    assert_eq!(world.reads.last().unwrap().2, None);
}

#[test]
fn another_user_is_told_to_every_topic() {
    let mut world = World::new(20);
    world.set_token(Some(&token("one", START + 3_600_000)));
    world.joined("room");
    let rows = world.live("7");
    world.set_token(Some(&token("two", START + 3_600_000)));
    world.pass(3_000);
    assert_eq!(world.sent("access_token").len(), 2);
    assert_eq!(world.lives(rows).len(), 2, "the subscription was made anew, so the row was read anew");
}

#[test]
fn service_keys_are_refused_wherever_they_come_from() {
    let claims = json!({"role": "service_role", "exp": 4_000_000_000_u64}).to_string();
    let service = format!("e30.{}.x", base64(claims.as_bytes()));
    for key in ["sb_secret_abc", &service] {
        let config = Config::new("ws://test".into(), "http://test".into(), key.into());
        let client = Client::new(config, AssetConfig::new(), Instant(START), 1);
        assert_eq!(client.err(), Some(Misuse::ServiceKey));
        let mut world = World::new(21);
        assert_eq!(world.client.set_token(Instant(START), Some(key)), Err(Misuse::ServiceKey));
    }
    let mut world = asking(22);
    world.token_stuck = true;
    let room = world.channel("room");
    world.subscribe(room);
    world.pass(100);
    world.input(Input::Token(TokenRequest(1), TokenAnswer::Token(&service)));
    world.pass(100);
    assert_eq!(world.faults(), [Fault::ServiceToken]);
    assert_eq!(world.server.count("phx_join"), 0);
    assert!(!world.server.received.iter().any(|(_, _, frame)| frame.to_string().contains(&service)));
}

#[test]
fn a_publishable_key_given_as_a_token_is_not_sent() {
    let mut world = World::new(23);
    world.set_token(Some("sb_publishable_x"));
    world.joined("room");
    world.live("7");
    assert_eq!(joins(&world)[0][4].get("access_token"), None);
    assert!(world.reads.iter().all(|(_, _, token)| token.is_none()));
}

#[test]
fn what_is_no_token_at_all_is_the_servers_to_refuse() {
    let mut world = World::new(24);
    world.server.refuse_join = Some("MalformedJWT: The token provided is not a valid JWT".into());
    world.set_token(Some("garbage"));
    let room = world.channel("room");
    world.subscribe(room);
    world.pass(10_000);
    assert_eq!(joins(&world)[0][4]["access_token"], "garbage", "joining without would be silently anonymous");
    assert_eq!(world.faults(), [Fault::TokenInvalid]);
}

#[test]
fn an_anon_key_of_the_old_kind_stands_where_a_token_stands() {
    let anon = token("anon", START + 3_600_000);
    let mut world = World::with(25, |config| config.key = anon.clone());
    world.live("7");
    assert_eq!(world.reads[0].2, Some(anon));
    assert_eq!(joins(&world)[0][4].get("access_token"), None, "the handshake has it already");
}

#[test]
fn a_join_that_worked_is_a_reason_to_ask_for_a_token_again_later() {
    let mut world = asking(26);
    world.server.refuse_next = vec!["InvalidJWTToken: the token is odd".into()];
    let room = world.channel("room");
    world.subscribe(room);
    world.pass(20_000);
    assert_eq!((world.last_status(room), world.tokens_asked), (Some(Status::Subscribed), 2));
    world.server.refuse_next = vec!["InvalidJWTToken: the token is odd".into()];
    world.cut(1012);
    world.pass(30_000);
    assert_eq!((world.last_status(room), world.tokens_asked), (Some(Status::Subscribed), 3), "{}", world.story());
    world.server.refuse_next = vec!["InvalidJWTToken: the token is odd".into(); 2];
    world.cut(1012);
    world.pass(30_000);
    assert_eq!(world.last_status(room), Some(Status::Errored), "twice in a row is for good");
    assert_eq!(world.failures().last().unwrap().retry_in, None);
}

#[test]
fn what_was_refused_to_a_user_who_has_signed_out_is_asked_for_anew() {
    let mut world = World::with(27, |config| config.asks_tokens = true);
    world.set_token(Some(&token("me", START + 3_600_000)));
    world.write("7", json!({"n": 1}));
    world.read_answer = Some((403, "{}".into()));
    world.read_delay = 2_000;
    let rows = world.follow("7");
    world.pass(1_000);
    world.read_answer = None;
    world.set_token(None); // the function says: nobody
    world.pass(3_000);
    assert_eq!((world.faults(), world.rows(rows)), (vec![], json!([{"id": "7", "n": 1}])), "{}", world.story());
}

#[test]
fn a_function_that_works_again_is_forgiven_what_failed_before() {
    for seed in 0..8 {
        let mut world = asking(seed);
        world.token = |asked, now| Some(token(&format!("user-{asked}"), now + 600_000));
        world.token_fails = true;
        let room = world.channel("room");
        world.subscribe(room);
        world.pass(200_000);
        world.token_fails = false;
        world.pass(31_000);
        assert_eq!(world.last_status(room), Some(Status::Subscribed));
        let before = world.failures().len();
        world.token_fails = true;
        world.pass(600_000);
        assert!(world.failures()[before].retry_in.unwrap().0 <= 1_000, "{:?}", world.failures()[before]);
    }
}

#[test]
fn a_token_that_is_about_to_expire_is_not_asked_for_without_a_pause() {
    let mut world = asking(28);
    world.server.checks_tokens = false;
    world.token = |asked, now| Some(token(&format!("user-{asked}"), now - now % 1000 + 2_000));
    world.joined("room");
    world.pass(60_000);
    assert!(world.tokens_asked <= 14, "{}", world.tokens_asked);
}

#[test]
fn the_same_token_again_is_no_reason_to_try_what_it_may_not() {
    let mut world = asking(29);
    world.server.checks_tokens = false;
    world.token = |_, _| Some(token("me", START + 100_000));
    let room = world.joined("room");
    world.pass(80_000);
    assert!(world.tokens_asked > 1);
    let join_ref = world.server.joined[0].join_ref.clone();
    let payload = json!({"extension": "system", "status": "error", "message": "You no longer have permission"});
    world.send(&json!([join_ref, null, "realtime:room", "system", payload]));
    world.send(&json!([join_ref, join_ref, "realtime:room", "phx_close", {}]));
    world.pass(10_000);
    assert_eq!(world.last_status(room), Some(Status::Errored));
    assert_eq!(world.failures().last().unwrap().retry_in, None);
    assert_eq!(world.server.count("phx_join"), 1);
}

#[test]
fn a_token_without_an_end_or_with_padding_is_read_all_the_same() {
    for exp in ["18446744073709551615", "1e300", "-5", "\"soon\"", "null"] {
        let mut world = asking(30);
        world.server.checks_tokens = false;
        let room = world.channel("room");
        world.token_stuck = true;
        world.subscribe(room);
        world.pass(100);
        let claims = base64(format!(r#"{{"exp":{exp}}}"#).as_bytes());
        world.input(Input::Token(TokenRequest(1), TokenAnswer::Token(&format!("e30.{claims}.x"))));
        world.pass(1_000);
        assert_eq!(world.last_status(room), Some(Status::Subscribed), "{exp}");
    }
    let claims = base64(br#"{"role":"service_role"}"#);
    assert_ne!(claims.len() % 4, 0);
    let padded = format!("e30.{claims}{}.x", "=".repeat(4 - claims.len() % 4));
    assert!(storywire::core::realtime::is_service_key(&padded));
}

#[test]
fn a_read_that_was_sent_with_an_earlier_token_does_not_cost_the_new_one() {
    let mut world = asking(31);
    world.write("7", json!({"n": 1}));
    world.read_delay = 2_000;
    world.read_answer = Some((401, r#"{"message":"JWT expired"}"#.into()));
    let rows = world.follow("7");
    world.pass(1_000);
    let asked = world.tokens_asked;
    world.set_token(Some(&token("other", START + 3_600_000)));
    world.read_answer = None;
    world.pass(10_000);
    assert_eq!((world.tokens_asked, world.rows(rows)), (asked, json!([{"id": "7", "n": 1}])), "{}", world.story());
}

#[test]
fn what_is_wrong_with_the_project_is_wrong_with_any_token() {
    let mut world = World::new(32);
    world.set_token(Some(&token("one", START + 3_600_000)));
    world.server.refuse_join = Some("TenantNotFound: no".into());
    let room = world.channel("room");
    world.subscribe(room);
    world.pass(1_000);
    world.set_token(Some(&token("two", START + 3_600_000)));
    world.pass(6_000);
    assert_eq!((world.failures()[0].fault, world.failures()[0].retry_in), (Fault::Configuration, None));
}
