//! Reading rows over HTTP: one request for many sets, tried again as the answer asks, and polling without a socket.

use super::{News, Reading, Rows, Set, key_text};
use crate::core::WHOLE;
use crate::core::base::json_write::push_number;
use crate::core::base::{Instant, Json, Kind, Millis, Rng, cut, has};
use crate::core::config::Config;
use crate::core::effect::{Effect, RowsEvent};
use crate::core::error::Fault;
use crate::core::ids::{RequestId, RowsId};
use crate::core::input::Answer;
use crate::core::realtime::{Ctx, Realtime, push_encoded, quote_value};

/// The most rows that one request asks for by their keys.
const BATCH_LIMIT: usize = 100;

/// How long a read waits for others like it while topics are still being joined one after the other.
pub(super) const GATHER: Millis = Millis(1_000);

/// One read under way, for one set or for several that differ only in the value of one column.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) request: RequestId,
    pub(crate) sets: Vec<RowsId>,
    pub(crate) until: Instant,
    /// Whether there are several, told apart by the values of the column that they filter by.
    shared: bool,
    /// Which token it was sent with.
    token: u32,
}

impl Rows {
    /// Sends the reads whose time has come, gives up those that take too long, and reads what has been silent for long.
    pub(crate) fn fire_due(&mut self, ctx: &mut Ctx, realtime: &mut Realtime) {
        while let Some(late) = self.batches.iter().find(|batch| batch.until <= ctx.now) {
            let request = late.request;
            ctx.push(Effect::AbortRead(request));
            self.handle_answer(ctx, realtime, request, Answer { status: 0, retry_after: None, body: "" });
        }
        for set in &mut self.sets {
            if set.restless && set.reading == Reading::No && set.quiet.is_some_and(|at| at <= ctx.now) {
                set.reading = Reading::Wanted { at: ctx.now };
                set.quiet_wait = Millis((set.quiet_wait.0 * 2).min(ctx.config.quiet_cap.0));
            }
        }
        let now = ctx.now;
        let due = |reading: Reading| matches!(reading, Reading::Wanted { at } if at <= now);
        if !self.sets.iter().any(|set| due(set.reading)) {
            return;
        }
        if !realtime.may_read(ctx) {
            // Without a token nothing is read; its arrival brings us here again.
            let failing = realtime.lacks_token(now);
            for set in self.sets.iter_mut().filter(|set| due(set.reading)) {
                set.reading = Reading::Wanted { at: ctx.now + ctx.config.push_timeout };
                if failing {
                    self.news.push(set.failure(Fault::TokenUnavailable, "", None));
                }
            }
            return;
        }
        while let Some(first) = self.sets.iter().position(|set| due(set.reading)) {
            self.send_read(ctx, realtime, first);
        }
        self.most = None;
    }

    /// The token has come: the reads that waited for it go out now.
    pub(crate) fn hurry(&mut self, now: Instant) {
        for set in &mut self.sets {
            if set.reading != Reading::No
                && set.backoff.attempts() == 0
                && let Reading::Wanted { at } = &mut set.reading
            {
                *at = now;
            }
        }
    }

    fn send_read(&mut self, ctx: &mut Ctx, realtime: &Realtime, first: usize) {
        self.last_request += 1;
        let request = RequestId(self.last_request);
        let Some(query) = self.sets.get(first).map(|set| set.query.clone()) else { return };
        let column = self.sets.get(first).and_then(Set::equal_to).map(|(column, _)| column.to_owned());
        let alone = self.sets.get(first).is_none_or(|set| set.alone);
        let most = self.most.unwrap_or(BATCH_LIMIT);
        let mut ids = Vec::new();
        let mut values: Vec<String> = Vec::new();
        for (at, set) in self.sets.iter_mut().enumerate() {
            // What is due soon comes along, unless the server asked for that wait.
            let soon = ctx.now + if set.backoff.attempts() == 0 { GATHER } else { Millis(0) };
            let due = matches!(set.reading, Reading::Wanted { at } if at <= soon);
            let same_shape =
                set.query.table == query.table && set.query.schema == query.schema && set.query.select == query.select;
            let value =
                set.equal_to().filter(|(of, _)| column.as_deref() == Some(*of)).map(|(_, value)| value.to_owned());
            let joins = due && same_shape && value.is_some() && !alone && !set.alone && ids.len() < most;
            if at == first || joins {
                set.reading = Reading::Sent { request };
                ids.push(set.id);
                if let Some(value) = value {
                    values.push(value);
                }
            }
        }
        let shared = ids.len() > 1;
        let mut url = ctx.config.rest_url.clone();
        url.push('/');
        push_encoded(&mut url, &query.table);
        url.push_str("?select=");
        push_encoded(&mut url, &query.select);
        if let Some((name, value)) = query.filter.as_deref().and_then(|filter| cut(filter, b'=')) {
            url.push('&');
            push_encoded(&mut url, name);
            url.push('=');
            if shared {
                url.push_str("in.(");
                for (at, value) in values.iter().enumerate() {
                    if at > 0 {
                        url.push(',');
                    }
                    push_encoded(&mut url, &quote_value(value));
                }
                url.push(')');
            } else {
                push_encoded(&mut url, value);
            }
        }
        if WHOLE && !query.order.is_empty() {
            url.push_str("&order=");
            push_encoded(&mut url, &query.order);
        }
        if WHOLE && let Some(limit) = query.limit {
            url.push_str("&limit=");
            push_number(&mut url, u64::from(limit));
        }
        let token = realtime.read_token(&ctx.config);
        ctx.push(Effect::Read { request, url, schema: query.schema, token });
        let until = ctx.now + ctx.config.read_timeout;
        self.batches.push(Batch { request, sets: ids, until, shared, token: realtime.token_version() });
    }

    /// The end of a read; one that nobody waits for changes nothing.
    pub(crate) fn handle_answer(
        &mut self,
        ctx: &mut Ctx,
        realtime: &mut Realtime,
        request: RequestId,
        answer: Answer<'_>,
    ) {
        let Some(at) = self.batches.iter().position(|batch| batch.request == request) else { return };
        let batch = self.batches.remove(at);
        let json = Json::parse(answer.body);
        match (answer.status, json) {
            (200..=299, Some(rows)) if rows.kind() == Kind::Array => self.take_rows(ctx, realtime, &batch, rows),
            (200..=299, _) => self.retry(ctx, &batch, Fault::BadAnswer, "", None),
            (401, Some(_)) => self.renew(ctx, realtime, &batch, &message_of(json)),
            (400, Some(json)) if batch.shared && is_about_data(json) => self.divide(ctx, &batch),
            // Too many ids, or too long ones, for something on the way.
            (414, _) if batch.shared => self.divide(ctx, &batch),
            // What is no JSON was not said by the project, but by something that stands in between.
            (0 | 402 | 408 | 425 | 429 | 500..=599, _) | (_, None) => {
                self.retry(ctx, &batch, Fault::ReadFailed, &message_of(json), answer.retry_after);
            }
            _ => self.refuse(ctx, realtime, &batch, Fault::ReadRefused, &message_of(json)),
        }
    }

    fn take_rows(&mut self, ctx: &mut Ctx, realtime: &mut Realtime, batch: &Batch, rows: Json<'_>) {
        for set in &mut self.sets {
            // A set that was asked about anew while this read was under way waits for the later one.
            if set.reading != (Reading::Sent { request: batch.request }) {
                continue;
            }
            let mut mine = Vec::new();
            let of = set.equal_to().filter(|_| batch.shared);
            for row in rows.items() {
                if of.is_none_or(|(column, value)| row.get(column).is_some_and(|of| key_text(of) == value)) {
                    mine.push(row);
                }
            }
            if batch.shared && mine.is_empty() {
                // The database may write the value in another way than the page did: by itself it is sure to be found.
                set.alone = true;
                set.reading = Reading::Wanted { at: ctx.now };
                continue;
            }
            set.reading = Reading::No;
            set.backoff.reset();
            set.refreshed = false;
            let before = self.news.len();
            set.apply_read(&mine, &mut self.news);
            let found = self.news.len() > before;
            set.missed |= found && set.known;
            set.known = true;
            if !batch.shared
                && let (Some(entry), Some((_, value))) = (set.entries.first(), set.equal_to())
                && entry.key != value
            {
                realtime.unlist(ctx, set.channel);
            }
            let id = set.id;
            self.news.push((id, News::Event(RowsEvent::Read)));
            if found {
                set.quiet_wait = ctx.config.quiet_interval;
                set.poll_wait = ctx.config.poll_interval;
            }
            if set.again {
                set.again = false;
                set.reading = Reading::Wanted { at: ctx.now };
                continue;
            }
            // Nothing follows it: it is read again and again, less and less often while nothing is found.
            let down = realtime.down_for(ctx.now).is_some_and(|span| span >= ctx.config.poll_after);
            let missing = set.query.single && set.entries.is_empty();
            let wait = set.poll_wait;
            if missing || !set.flowing && (set.failing || down) {
                set.reading = Reading::Wanted { at: ctx.now + wait };
                let cap = if missing { ctx.config.quiet_cap } else { ctx.config.poll_cap };
                set.poll_wait = Millis((wait.0 * 2).min(cap.0));
            }
            if missing && !set.missing {
                set.missing = true;
                self.news.push(set.failure(Fault::RowMissing, "", Some(wait)));
            }
            // Silence was not what it seemed if a read after it finds something.
            if set.flowing && (!set.live || set.missed) {
                set.live = true;
                let missed = core::mem::take(&mut set.missed);
                self.news.push((id, News::Event(RowsEvent::Live(!missed))));
            }
            set.quiet = set.live.then(|| ctx.now + set.quiet_wait);
        }
    }

    /// No socket can be had: what is not followed is read at intervals from now on.
    pub(crate) fn start_polling(&mut self, now: Instant) {
        for set in self.sets.iter_mut().filter(|set| set.reading == Reading::No) {
            set.reading = Reading::Wanted { at: now };
        }
    }

    fn retry(&mut self, ctx: &mut Ctx, batch: &Batch, fault: Fault, detail: &str, retry_after: Option<u32>) {
        // One draw for all sets of the batch, so that they stay together.
        let mut wait = None;
        for at in 0..self.sets.len() {
            let Some(set) = self.awaiting(at, batch) else { continue };
            let drawn = set.backoff.next_delay(&mut ctx.rng);
            let wait = *wait.get_or_insert_with(|| stretch(drawn, retry_after, &ctx.config, &mut ctx.rng));
            set.reading = Reading::Wanted { at: ctx.now + wait };
            let failure = set.failure(fault, detail, Some(wait));
            self.news.push(failure);
            self.take_held(at);
        }
    }

    /// One of the values is none that the column can hold, and so nothing was read: each half is read by itself, until the
    /// one that is wrong stands alone.
    fn divide(&mut self, ctx: &Ctx, batch: &Batch) {
        self.most = Some((batch.sets.len() / 2).max(1));
        for at in 0..self.sets.len() {
            if let Some(set) = self.awaiting(at, batch) {
                set.reading = Reading::Wanted { at: ctx.now };
            }
        }
    }

    /// The set at `at` if it waits for this read.
    fn awaiting(&mut self, at: usize, batch: &Batch) -> Option<&mut Set> {
        self.sets.get_mut(at).filter(|set| set.reading == Reading::Sent { request: batch.request })
    }

    /// 401: the key is wrong, or the token is not taken any more; a new one is asked for once.
    fn renew(&mut self, ctx: &mut Ctx, realtime: &mut Realtime, batch: &Batch, message: &str) {
        if has(message, "API key") {
            self.refuse(ctx, realtime, batch, Fault::KeyRefused, message);
            realtime.refuse_key(ctx, message);
            return;
        }
        let renewing = batch.token == realtime.token_version()
            && self.sets.iter().any(|set| batch.sets.contains(&set.id) && !set.refreshed)
            && realtime.refresh_token(ctx);
        if !renewing {
            let fault = if has(message, "expired") { Fault::TokenExpired } else { Fault::ReadRefused };
            self.refuse(ctx, realtime, batch, fault, message);
            return;
        }
        for set in self.sets.iter_mut().filter(|set| set.reading == Reading::Sent { request: batch.request }) {
            set.refreshed = true;
            set.reading = Reading::Wanted { at: ctx.now };
        }
    }

    fn refuse(&mut self, ctx: &Ctx, realtime: &Realtime, batch: &Batch, fault: Fault, detail: &str) {
        // It was sent with an earlier token, and what the server thinks of this one is not known.
        let outdated = batch.token != realtime.token_version();
        for at in 0..self.sets.len() {
            let Some(set) = self.awaiting(at, batch) else { continue };
            if outdated {
                set.reading = Reading::Wanted { at: ctx.now };
                continue;
            }
            set.reading = Reading::Refused;
            let failure = set.failure(fault, detail, None);
            self.news.push(failure);
            self.take_held(at);
        }
    }
}

/// At least what the server asked for, at most the cap for throttled clients, and never all at once.
fn stretch(drawn: Millis, retry_after: Option<u32>, config: &Config, rng: &mut Rng) -> Millis {
    let asked = Millis(u64::from(retry_after.unwrap_or(0))).times(1000).min(config.throttle_cap).0;
    let spread = if asked > 0 { rng.up_to(asked / 4) } else { 0 };
    Millis(drawn.0.max(asked + spread))
}

/// Whether the error is one of the values, as a text where a UUID should stand (PostgreSQL, class 22: data exception).
fn is_about_data(error: Json<'_>) -> bool {
    error.get_str("code").is_some_and(|code| code.starts_with("22"))
}

/// The server's own words, in the shape of PostgREST or of Supabase's gateway.
fn message_of(json: Option<Json<'_>>) -> String {
    let Some(json) = json else { return String::new() };
    json.get_str("message").or_else(|| json.get_str("error")).unwrap_or_default().into_owned()
}
