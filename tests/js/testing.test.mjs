// The fake backend: what it says to a real client, to Supabase's own, and to the example of its guide.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, test } from 'node:test'
import { RealtimeClient } from '@supabase/realtime-js'
import { devDist } from '../../tools/build.mjs'
import { root } from '../../tools/project.mjs'

const entry = pathToFileURL(join(devDist, 'testing.js')).href
const { fakeBackend, manualClock } = await import(entry)

/** @type {any[]} */
let open = []
afterEach(() => {
  for (const backend of open) backend.close()
  open = []
})
/** @param {object} [options] */
function make(options) {
  const backend = fakeBackend(options)
  open.push(backend)
  return backend
}
/** A client that tries again at once. */
const quick = { timing: { reconnectBase: 1, reconnectCap: 5, pollAfter: 20, pollInterval: 10 } }

/** Collects what a story is told; `until` settles when it has been told a state. @param {any} client @param {string} id */
function follow(client, id) {
  /** @type {string[]} */
  const told = []
  /** @type {(() => void)[]} */
  const waiting = []
  const onAsset = (/** @type {any} */ change) => {
    told.push(`${change.asset} ${change.status} ${change.progress}`)
    for (const look of waiting) look()
  }
  client.story(id, { onAsset })
  const until = (/** @type {string} */ line) =>
    new Promise((resolve) => {
      const look = () => told.includes(line) && resolve(undefined)
      waiting.push(look)
      look()
    })
  return { told, until }
}

/** @param {any} client @param {string} code @returns {Promise<any>} */
const error = (client, code) => new Promise((resolve) => client.on('error', (/** @type {any} */ of) => of.code === code && resolve(of)))
/** @param {any} client @param {string} state */
const connection = (client, state) => new Promise((resolve) => (client.connection === state ? resolve(undefined) : client.on('connection', (/** @type {string} */ of) => of === state && resolve(undefined))))
/** @param {any} channel @param {string} wanted */
const status = (channel, wanted) => new Promise((resolve) => channel.subscribe((/** @type {string} */ of, /** @type {any} */ failure) => of === wanted && resolve(failure)))

for (const vsn of ['2.0.0', '1.0.0']) {
  test(`a story is read, followed and updated, in version ${vsn}`, async () => {
    const backend = make()
    backend.story('42', { cover: 'generating', audio: 40 })
    const story = follow(backend.createClient({ vsn }), '42')
    await story.until('audio generating 40')
    await backend.live('story:42')
    backend.update('42', { cover: { status: 'ready', url: 'https://cdn.test/cover.png' } })
    await story.until('cover ready 100')
    assert.ok(!story.told.some((line) => line.startsWith('audio') && line !== 'audio generating 40'), 'what is not named stays')
  })

  test(`broadcasts and presence go between two clients, in version ${vsn}`, async () => {
    const backend = make()
    const [one, other] = [backend.createClient({ vsn }), backend.createClient({ vsn })]
    const sender = one.channel('room', { config: { broadcast: { ack: true } } })
    const heard = new Promise((resolve) => {
      other.channel('room').on('broadcast', { event: 'hello' }, resolve).subscribe()
    })
    await backend.live('room')
    await status(sender, 'SUBSCRIBED')
    await backend.until(() => backend.joined.length === 2)
    assert.equal(await sender.send({ type: 'broadcast', event: 'hello', payload: { n: 1 } }), 'ok')
    assert.deepEqual((await heard).payload, { n: 1 })

    const seen = new Promise((resolve) => {
      const channel = one.channel('who', { config: { presence: { key: 'me' } } })
      channel.on('presence', { event: 'join' }, ({ key, newPresences }) => key === 'ada' && resolve(newPresences[0].page))
      channel.subscribe((/** @type {string} */ of) => of === 'SUBSCRIBED' && channel.track({ page: 1 }))
    })
    await backend.until(() => Boolean(backend.presence('who').state().me))
    backend.presence('who').join('ada', { page: 7 })
    assert.equal(await seen, 7)
    assert.deepEqual(backend.presence('who').state(), { me: [{ page: 1 }], ada: [{ page: 7 }] })
  })
}

test('an id may be any text', async () => {
  for (const id of ['a,b', 'say "hi"', 'back\\slash', ' edge ', '(x)', '50%', 'история']) {
    const backend = make()
    backend.story(id, { cover: 'generating' })
    const story = follow(backend.createClient(), id)
    await story.until('cover generating null')
    await backend.live(`story:${id}`)
    backend.update(id, { cover: 'failed' })
    await story.until('cover failed null')
  }
})

test('bytes arrive as bytes', async () => {
  const backend = make()
  const channel = backend.createClient().channel('bytes', { config: { broadcast: { self: true } } })
  const heard = new Promise((resolve) => channel.on('broadcast', { event: 'b' }, resolve))
  await status(channel, 'SUBSCRIBED')
  channel.send({ type: 'broadcast', event: 'b', payload: new Uint8Array([1, 2, 255]) })
  assert.deepEqual([...new Uint8Array((await heard).payload)], [1, 2, 255])
})

test('after a cut the client joins again, and knows what it missed', async () => {
  const backend = make()
  backend.story('42', { cover: 10 })
  const client = backend.createClient(quick)
  const story = follow(client, '42')
  await backend.live('story:42')
  await connection(client, 'live')
  backend.cut()
  backend.update('42', { cover: 90 })
  await story.until('cover generating 90')
  await connection(client, 'live')
})

test('without a network the client polls, and with one it is live again', async () => {
  const backend = make()
  backend.story('42', { cover: 10 })
  const client = backend.createClient(quick)
  const story = follow(client, '42')
  await connection(client, 'live')
  backend.offline()
  await connection(client, 'polling')
  backend.update('42', { cover: 60 })
  backend.online()
  await story.until('cover generating 60')
  await connection(client, 'live')
})

test('what is told to fail fails once, with the words that were given', async () => {
  const backend = make()
  backend.story('42', { cover: 10 })
  backend.failNext('read', { status: 503, message: 'tea break' })
  const client = backend.createClient(quick)
  const failed = error(client, 'read-failed')
  const story = follow(client, '42')
  assert.equal((await failed).detail, 'tea break')
  await story.until('cover generating 10')

  backend.failNext('join', { about: 'vip', reason: 'Unauthorized: not you' })
  assert.equal((await status(client.channel('vip'), 'CHANNEL_ERROR')).code, 'unauthorized')
})

test('a table that is not in the publication is refused in the words of the real server', async () => {
  const backend = make({ publication: ['profiles'] })
  backend.story('42')
  const client = backend.createClient(quick)
  const refused = error(client, 'changes-refused')
  follow(client, '42')
  assert.match((await refused).detail, /Please check Realtime is enabled .*table: stories/)
})

test('rows that a user may not see are neither read nor told', async () => {
  const backend = make()
  backend.table('notes').insert({ id: 'n1', owner: 'ada', text: 'mine' })
  backend.allowRows('notes', ({ row, user }) => row.owner === user)
  const read = (/** @type {string | undefined} */ user) =>
    new Promise((resolve) => backend.createClient({ accessToken: () => user && backend.token({ user }) }).rows('notes', undefined, { onLive: ({ rows }) => resolve(rows.length) }))
  assert.equal(await read('ada'), 1)
  assert.equal(await read('eve'), 0)
  assert.equal(await read(undefined), 0)
})

test('an expired token ends the channel, and a fresh one brings it back', async () => {
  const backend = make()
  let asked = 0
  const client = backend.createClient({ ...quick, accessToken: () => (asked++, backend.token()) })
  backend.story('42', { cover: 10 })
  const story = follow(client, '42')
  await backend.live('story:42')
  await connection(client, 'live')
  const before = asked
  backend.expire()
  await backend.until(() => backend.joined.length === 0)
  await backend.live('story:42')
  backend.update('42', { cover: 20 })
  await story.until('cover generating 20')
  assert.ok(asked > before)
})

test('a retry is posted, makes the asset pending, and answers as it is told to', async () => {
  const backend = make()
  backend.story('42', { pdf: 'failed' })
  const client = backend.createClient()
  /** @type {string[]} */
  const told = []
  const story = client.story('42', { onAsset: ({ status: of }) => told.push(of) })
  await backend.live('story:42')
  await connection(client, 'live')
  story.retry('pdf')
  await backend.until(() => backend.requests.some(({ method }) => method === 'POST'))
  const { url, body } = backend.requests.find(({ method }) => method === 'POST')
  assert.deepEqual([url, body], [`${backend.apiBase}/stories/42/assets/retry`, { assetTypes: ['pdf'] }])
  await backend.until(() => told.includes('pending'))
})

test('who asks for a story later is told what it is, once', async () => {
  const backend = make()
  backend.story('42', { cover: 'ready', pdf: 10 })
  const client = backend.createClient()
  client.story('42')
  await connection(client, 'live')
  /** @type {string[]} */
  const told = []
  const hear = ({ asset, status }) => told.push(`${asset} ${status}`)
  const story = client.story('42', { onAsset: hear, onChange: hear })
  client.story('42', { onAsset: () => told.push('closed') }).close()
  await client.ready
  assert.deepEqual(told.sort(), [' generating', 'cover ready', 'pdf generating'])
  assert.deepEqual([story.status, story.assets.cover.status], ['generating', 'ready'])
  backend.update('42', { pdf: 20 })
  await backend.until(() => told.length > 3)
  assert.deepEqual(told.slice(3), ['pdf generating'])
})

test('notifications are marked as read by the function of the guide: some, all, and only those of the user', async () => {
  const backend = make()
  const one = backend.notify('u', { title: 'One' })
  backend.notify('u', { title: 'Two' })
  backend.notify('v', { title: 'Of somebody else' })
  const client = backend.createClient()
  /** @type {number[]} */
  const unread = []
  const bell = client.notifications('u', { onUnread: (/** @type {number} */ count) => unread.push(count) })
  await backend.until(() => unread.at(-1) === 2)
  assert.equal(await bell.markRead(one.id), true)
  assert.deepEqual(backend.table('notifications').rows.map(({ read }) => read), [true, false, false])
  assert.equal(await bell.markAllRead(), true)
  assert.deepEqual(backend.table('notifications').rows.map(({ read }) => read), [true, true, false])
  const calls = backend.requests.filter(({ method }) => method !== 'GET').map(({ url, body }) => [url.split('/rest/v1/')[1], body])
  assert.deepEqual(calls, [['rpc/mark_notifications_read', { user_id: 'u', ids: [one.id] }], ['rpc/mark_notifications_read', { user_id: 'u' }]])
})

test('a notification is a row and a broadcast', async () => {
  const backend = make()
  const client = backend.createClient()
  const row = new Promise((resolve) => client.rows('notifications', { user_id: 'u' }, { onChange: ({ new: of }) => resolve(of) }))
  const said = new Promise((resolve) => client.channel('notifications:u').on('broadcast', { event: 'new_notification' }, resolve).subscribe())
  await backend.until(() => backend.joined.length === 2 && backend.joined.every(({ live }) => live))
  backend.notify('u', { title: 'Ready' })
  assert.equal((await row).title, 'Ready')
  assert.equal((await said).payload.id, (await row).id)
})

test('an event stream is fed by hand, and comes again after it was cut', async () => {
  const backend = make()
  const stream = backend.sse('/jobs/7')
  /** @type {any[]} */
  const events = []
  const opened = backend.createClient().stream(`${backend.apiBase}/jobs/7`, { retryDelay: 300 })
  opened.on('progress', ({ json }) => events.push(json))
  stream.send('progress', 1)
  await backend.until(() => stream.listeners === 1)
  stream.send('progress', { percent: 2 }, { id: 'a' })
  await new Promise((resolve) => opened.on('progress', resolve))
  stream.cut()
  await backend.until(() => stream.listeners === 1)
  assert.equal(backend.requests.at(-1).headers['last-event-id'], 'a')
  assert.deepEqual(events, [1, { percent: 2 }])
})

test('by hand, nothing moves until the clock does', async () => {
  const clock = manualClock()
  const backend = make({ clock, delay: 30, subscribeDelay: 500 })
  backend.story('42', { cover: 10 })
  const client = backend.createClient({ timing: { timeout: 60_000 } })
  const story = follow(client, '42')
  await client.ready
  await clock.advance(29)
  assert.deepEqual([backend.sockets, story.told], [0, []])
  await clock.advance(91)
  assert.deepEqual([backend.sockets, backend.joined, story.told], [1, [{ topic: 'story:42', live: false }], ['cover generating 10']])
  await clock.advance(500)
  assert.deepEqual(backend.joined, [{ topic: 'story:42', live: true }])
})

test('the same calls give the same rows and the same messages', async () => {
  const record = async () => {
    const clock = manualClock()
    const backend = make({ clock, delay: 5 })
    backend.story('42', { cover: 10 })
    backend.notify('u', { title: 'Hello' })
    const client = backend.createClient()
    client.story('42')
    await client.ready
    await clock.advance(100)
    backend.update('42', { cover: 'ready' })
    await clock.advance(100)
    return JSON.stringify([backend.messages, backend.table('notifications').rows])
  }
  assert.equal(await record(), await record())
})

test("a wrong key is refused as Supabase refuses it", async () => {
  const backend = make()
  const answer = await backend.fetch(`${backend.url}/rest/v1/stories`, { headers: { apikey: 'wrong' } })
  assert.deepEqual([answer.status, (await answer.json()).message], [401, 'Invalid API key'])
})

test('tables answer as PostgREST does: filters, order, a range, one object', async () => {
  const backend = make()
  for (const [id, age] of [['a', 30], ['b', 20], ['c', null]]) backend.table('people').insert({ id, age })
  const read = async (/** @type {string} */ query, headers = {}) => {
    const response = await backend.fetch(`${backend.url}/rest/v1/people?${query}`, { headers: { apikey: backend.key, ...headers } })
    return [response.status, await response.json()]
  }
  assert.deepEqual(await read('select=id&age=gt.10&order=age.asc'), [200, [{ id: 'b' }, { id: 'a' }]])
  assert.deepEqual(await read('select=id&age=is.null'), [200, [{ id: 'c' }]])
  assert.deepEqual(await read('select=id&id=not.in.(a,"c")'), [200, [{ id: 'b' }]])
  assert.deepEqual(await read('select=id&limit=1&offset=1'), [200, [{ id: 'b' }]])
  assert.deepEqual(await read('select=id&id=eq.a', { accept: 'application/vnd.pgrst.object+json' }), [200, { id: 'a' }])
  assert.equal((await read('age=eq', {}))[0], 400)
})

test("Supabase's own client finds in it what it expects of a server", async () => {
  const backend = make()
  const client = new RealtimeClient(`${backend.url.replace('https', 'wss')}/realtime/v1`, { transport: backend.WebSocket, params: { apikey: backend.key }, timeout: 500 })
  const channel = client.channel('story:42', { config: { presence: { key: 'me', enabled: true }, broadcast: { self: true } } })
  /** @type {any} */
  const heard = {}
  channel.on('postgres_changes', { event: 'UPDATE', schema: 'public', table: 'stories', filter: 'id=eq.42' }, (change) => (heard.change = change))
  channel.on('broadcast', { event: 'hello' }, (message) => (heard.message = message))
  channel.on('presence', { event: 'sync' }, () => (heard.presence = Object.keys(channel.presenceState())))
  await new Promise((resolve) => channel.subscribe((state) => state === 'SUBSCRIBED' && resolve(undefined)))
  await backend.live('story:42')
  backend.story('42', { cover: 10 })
  backend.update('42', { cover: 20 })
  await channel.send({ type: 'broadcast', event: 'hello', payload: { n: 1 } })
  await channel.track({ page: 1 })
  await backend.until(() => heard.change && heard.message && heard.presence?.length === 1)
  assert.equal(heard.change.new.asset_generation_status.assets.cover.progress, 20)
  assert.deepEqual([heard.message.payload, heard.presence], [{ n: 1 }, ['me']])
  await client.disconnect()
})

test('the example of the guide passes', () => {
  const [, example = ''] = /```js\n(.*?)```/s.exec(readFileSync(join(root, 'docs', 'testing.md'), 'utf8')) ?? []
  // Beside the tests, so that it finds happy-dom.
  const file = join(root, 'tests', 'js', '.example.mjs')
  writeFileSync(file, example.replace("'storywire/testing'", JSON.stringify(entry)))
  try {
    const { status: code, stdout } = spawnSync(process.execPath, ['--test-reporter=spec', file], { encoding: 'utf8', timeout: 20_000, env: { ...process.env, NODE_TEST_CONTEXT: '' } })
    assert.equal(code, 0, stdout)
    assert.match(stdout, /✔ a PDF that fails can be asked for again/)
  } finally {
    rmSync(file)
  }
})
