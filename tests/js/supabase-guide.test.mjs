// The SQL of docs/supabase.md, run from top to bottom by PostgreSQL, and what it promises.
import assert from 'node:assert/strict'
import { PGlite } from '@electric-sql/pglite'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { root } from '../../tools/project.mjs'

/** What a project has before one comes to it, as far as the guide uses it. */
const project = `
  create role anon nologin; create role authenticated nologin; create role service_role nologin bypassrls;
  create schema auth; create schema realtime;
  grant usage on schema public, auth, realtime to anon, authenticated, service_role;
  create table auth.users (id uuid primary key);
  create function auth.uid() returns uuid language sql stable as $$ select nullif(current_setting('test.uid', true), '')::uuid $$;
  create table realtime.messages (id bigint generated always as identity, topic text, extension text, payload jsonb, event text, private boolean);
  alter table realtime.messages enable row level security;
  grant select, insert on realtime.messages to authenticated;
  create function realtime.topic() returns text language sql stable as $$ select current_setting('test.topic', true) $$;
  create function realtime.send(payload jsonb, event text, topic text, private boolean default true) returns void language sql as $$
    insert into realtime.messages (topic, extension, payload, event, private) values (topic, 'broadcast', payload, event, private) $$;
  create publication supabase_realtime;
`
const blocks = [...readFileSync(join(root, 'docs/supabase.md'), 'utf8').matchAll(/```sql\n(.*?)```/gs)].map(([, sql]) => String(sql))
const [ann, bob] = ['00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b']

const database = new PGlite()
after(() => database.close())
await database.exec(project)
await database.exec(`insert into auth.users values ('${ann}'), ('${bob}')`)
for (const block of blocks) await database.exec(block)
// A guide that one follows twice does no harm.
for (const block of blocks) await database.exec(block)

/** A statement in the name of a role, as PostgREST and Realtime run them. @param {string} role @param {string} user @param {string} sql @param {any[]} [values] */
async function as(role, user, sql, values = [], topic = '') {
  return database.transaction(async (all) => {
    await all.exec(`set local role ${role}; set local test.uid = '${user}'; set local test.topic = '${topic}'`)
    return (await all.query(sql, values)).rows
  })
}
/** @param {string} user @param {boolean} isPublic */
async function story(user, isPublic = false) {
  const { rows } = await database.query('insert into public.stories (user_id, is_public, title) values ($1, $2, $3) returning id', [user, isPublic, 'The fox'])
  return /** @type {any} */ (rows[0]).id
}
const progress = (/** @type {any[]} */ ...values) => as('service_role', '', 'select public.update_asset_progress($1, $2, $3, $4, $5)', values)
const assets = async (/** @type {string} */ id) => /** @type {any} */ ((await database.query('select asset_generation_status as status from public.stories where id = $1', [id])).rows[0]).status.assets

test('the guide has its SQL', () => assert.ok(blocks.length >= 9, `${blocks.length} blocks`))

test('a story is seen by its user, a public one by everybody', async () => {
  const own = await story(ann)
  const open = await story(bob, true)
  const seen = async (/** @type {string} */ role, user = '') => (await as(role, user, 'select id from public.stories')).map(({ id }) => id)
  assert.ok((await seen('authenticated', ann)).includes(own))
  assert.ok(!(await seen('authenticated', bob)).includes(own))
  assert.ok(!(await seen('anon')).includes(own))
  assert.ok((await seen('anon')).includes(open))
})

test('pages cannot write a story', async () => {
  const own = await story(ann)
  await assert.rejects(as('authenticated', ann, 'update public.stories set title = $1 where id = $2', ['mine', own]), /permission denied/)
  await assert.rejects(as('authenticated', ann, 'select public.update_asset_progress($1, $2, $3)', [own, 'cover', 'ready']), /permission denied/)
})

test('progress of one asset leaves the others as they are', async () => {
  const id = await story(ann)
  await progress(id, 'cover', 'generating', 40, null)
  await progress(id, 'audio', 'generating', 10, null)
  await progress(id, 'cover', 'ready', null, 'https://example.com/cover.webp')
  const { cover, audio } = await assets(id)
  assert.deepEqual([cover.status, cover.url, 'progress' in cover], ['ready', 'https://example.com/cover.webp', false])
  assert.deepEqual([audio.status, audio.progress], ['generating', 10])
  assert.ok(Date.parse(cover.updatedAt) >= Date.parse(audio.updatedAt), 'each is stamped')
})

test('a row without the JSON, or with another shape of it, is no obstacle', async () => {
  const id = await story(ann)
  await database.query(`update public.stories set asset_generation_status = '{}' where id = $1`, [id])
  await progress(id, 'pdf', 'failed', null, null)
  assert.equal((await assets(id)).pdf.status, 'failed')
})

test('when the last asset is done, its user is notified once, and nobody else', async () => {
  const id = await story(bob)
  const mine = () => as('authenticated', bob, `select type, title, data from public.notifications where data ->> 'story' = $1`, [id])
  await progress(id, 'cover', 'generating', 50, null)
  await progress(id, 'audio', 'pending', null, null)
  await progress(id, 'cover', 'ready', null, 'https://example.com/c.webp')
  assert.deepEqual(await mine(), [])
  await progress(id, 'audio', 'failed', null, null)
  await progress(id, 'audio', 'failed', null, null)
  assert.deepEqual((await mine()).map(({ type, title }) => [type, title]), [['story_failed', 'The fox is done in part']])
  assert.deepEqual(await as('authenticated', ann, `select id from public.notifications where data ->> 'story' = $1`, [id]), [])
  const { rows } = await database.query(`select topic, event, private from realtime.messages where payload -> 'data' ->> 'story' = $1`, [id])
  assert.deepEqual(rows, [{ topic: `notifications:${bob}`, event: 'new_notification', private: true }])
})

test('users mark their own notifications as read, and change nothing else of them', async () => {
  for (const user of [ann, bob]) await database.query(`insert into public.notifications (user_id, type, title) values ($1, 'info', 'Hello')`, [user])
  await database.query('update public.notifications set read = true where user_id = $1', [bob])
  await database.query(`insert into public.notifications (user_id, type, title) values ($1, 'info', 'One more')`, [bob])
  const marked = async (/** @type {string} */ user, of = user) => (await as('authenticated', user, 'select public.mark_notifications_read($1) as count', [of]))[0]?.count
  assert.equal(await marked(ann, bob), 0, 'those of another stay')
  assert.equal(await marked(bob), 1)
  assert.equal(await marked(bob), 0)
  await assert.rejects(as('authenticated', bob, `update public.notifications set title = 'x'`), /permission denied/)
})

test('private channels are open to those whom the story is open to', async () => {
  const id = await story(ann)
  await database.exec(`insert into realtime.messages (topic, extension) values ('room:${id}', 'broadcast'), ('presence:story:${id}', 'presence'), ('notifications:${ann}', 'broadcast')`)
  const hears = async (/** @type {string} */ user, /** @type {string} */ topic) => (await as('authenticated', user, 'select 1 from realtime.messages where topic = $1 limit 1', [topic], topic)).length === 1
  const speaks = (/** @type {string} */ user, /** @type {string} */ topic) =>
    as('authenticated', user, `insert into realtime.messages (topic, extension) values ($1, 'broadcast')`, [topic], topic).then(() => true, () => false)
  assert.deepEqual([await hears(ann, `room:${id}`), await hears(bob, `room:${id}`)], [true, false])
  assert.deepEqual([await hears(ann, `presence:story:${id}`), await hears(bob, `presence:story:${id}`)], [true, false])
  assert.deepEqual([await speaks(ann, `room:${id}`), await speaks(bob, `room:${id}`)], [true, false])
  assert.deepEqual([await hears(ann, `notifications:${ann}`), await hears(bob, `notifications:${ann}`)], [true, false])
  assert.equal(await speaks(ann, `notifications:${ann}`), false, 'only the database sends notifications')
})

test('the tables are in the publication', async () => {
  const { rows } = await database.query(`select tablename from pg_publication_tables where pubname = 'supabase_realtime' order by 1`)
  assert.deepEqual(rows.map(({ tablename }) => tablename), ['notifications', 'stories'])
})
