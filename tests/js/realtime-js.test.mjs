// Proof that the local backend is no private dialect: Supabase's own client meets it and finds what it knows.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { RealtimeClient } from '@supabase/realtime-js'
import { buildServer, startServer } from '../../tools/server.mjs'

// Node 20 has no WebSocket of its own; the one that playwright-core brings along is `ws`.
const transport = globalThis.WebSocket ?? (await import('playwright-core/lib/utilsBundle')).default.ws
const key = 'sb_publishable_storywire_local'
const patience = 5000

// Supabase's client leaves timers of up to 10 s behind, which must not keep this process; the backend does until it ends.
const { setTimeout } = globalThis
globalThis.setTimeout = (...args) => setTimeout(...args).unref()

/** @type {{ url: string, stop: () => Promise<void> }} */
let server
before(async () => {
  server = await startServer(await buildServer(), { port: 0, dist: 'dist' })
})
after(() => server.stop())

/** A client that goes when its test does. */
function client(t, params = {}) {
  const realtime = new RealtimeClient(`${server.url.replace(/^http/, 'ws')}/realtime/v1`, { transport, params: { apikey: key, ...params } })
  t.after(() => realtime.disconnect())
  return realtime
}

/** Calls `start` with a callback and waits until that is called. */
function once(what, start) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${what} did not come within ${patience} ms`)), patience)
    start((value) => {
      clearTimeout(late)
      resolve(value)
    })
  })
}

const subscribed = (channel) =>
  once('SUBSCRIBED', (done) =>
    channel.subscribe((status, error) => {
      if (status === 'SUBSCRIBED') done(status)
      else if (error) done(error)
    }),
  ).then((status) => assert.equal(status, 'SUBSCRIBED'))

const post = async (path, body) => {
  const headers = { apikey: key, 'content-type': 'application/json', prefer: 'return=representation' }
  const response = await fetch(`${server.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  assert.ok(response.ok, `${path}: ${response.status}`)
  return response.json()
}

for (const vsn of ['1.0.0', '2.0.0']) {
  describe(`realtime-js on vsn ${vsn}`, () => {
    test('receives the changes of one story, from the atomic merge to the row', async (t) => {
      const [story] = await post('/rest/v1/stories', { title: 'One' })
      const channel = client(t, { vsn }).channel(`story:${story.id}`)
      const flowing = once('the system message', (done) => channel.on('system', {}, done))
      const change = once('the change', (done) =>
        channel.on('postgres_changes', { event: 'UPDATE', schema: 'public', table: 'stories', filter: `id=eq.${story.id}` }, done),
      )
      await subscribed(channel)
      const system = await flowing
      assert.equal(`${system.extension} ${system.status}`, 'postgres_changes ok')
      await post('/rest/v1/rpc/update_asset_progress', { story: story.id, asset: 'cover', status: 'generating', progress: 40 })
      const { eventType, schema, table, old, errors, ...payload } = await change
      assert.deepEqual({ eventType, schema, table, old, errors }, { eventType: 'UPDATE', schema: 'public', table: 'stories', old: { id: story.id }, errors: null })
      assert.equal(payload.new.asset_generation_status.assets.cover.progress, 40)
      assert.match(payload.commit_timestamp, /^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/)
    })

    test('broadcasts with acknowledgement, to itself and to others', async (t) => {
      const [one, two] = [client(t, { vsn }), client(t, { vsn })].map((realtime) =>
        realtime.channel('room', { config: { broadcast: { self: true, ack: true } } }),
      )
      const heard = [one, two].map((channel) => once('the broadcast', (done) => channel.on('broadcast', { event: 'hello' }, done)))
      await Promise.all([subscribed(one), subscribed(two)])
      assert.equal(await one.send({ type: 'broadcast', event: 'hello', payload: { text: 'héllo ✓', n: 1 } }), 'ok')
      for (const { event, payload } of await Promise.all(heard)) {
        assert.deepEqual({ event, payload }, { event: 'hello', payload: { text: 'héllo ✓', n: 1 } })
      }
    })

    test('tracks presence, sees others join, change and leave', async (t) => {
      const [alice, bob] = ['alice', 'bob'].map((name) =>
        client(t, { vsn }).channel(`desk-${vsn}`, { config: { presence: { key: name, enabled: true } } }),
      )
      const joined = once('the join', (done) => bob.on('presence', { event: 'join' }, ({ key }) => key === 'alice' && done(key)))
      const left = once('the leave', (done) => bob.on('presence', { event: 'leave' }, ({ key }) => key === 'alice' && done(key)))
      bob.on('presence', { event: 'sync' }, () => {})
      await Promise.all([subscribed(alice), subscribed(bob)])
      assert.equal(await alice.track({ mood: 'ok' }), 'ok')
      await joined
      assert.equal(bob.presenceState().alice[0].mood, 'ok')
      assert.equal(await alice.untrack(), 'ok')
      await left
      assert.deepEqual(bob.presenceState(), {})
    })

    test('leaves, and may come back', async (t) => {
      const realtime = client(t, { vsn })
      const channel = realtime.channel('door')
      await subscribed(channel)
      assert.equal(await channel.unsubscribe(), 'ok')
      await subscribed(realtime.channel('door'))
    })
  })
}

test('realtime-js sends bytes on vsn 2.0.0 and gets the same bytes', async (t) => {
  const [one, two] = [client(t, { vsn: '2.0.0' }), client(t, { vsn: '2.0.0' })].map((realtime) =>
    realtime.channel('bytes', { config: { broadcast: { ack: true } } }),
  )
  const heard = once('the bytes', (done) => two.on('broadcast', { event: 'blob' }, done))
  await Promise.all([subscribed(one), subscribed(two)])
  const bytes = Uint8Array.from([0, 1, 2, 254, 255])
  assert.equal(await one.send({ type: 'broadcast', event: 'blob', payload: bytes.buffer }), 'ok')
  const { payload } = await heard
  assert.deepEqual([...new Uint8Array(payload)], [...bytes])
})

test('realtime-js gets a notification that the database sent', async (t) => {
  const user = '11111111-1111-4111-8111-111111111111'
  const channel = client(t, { vsn: '2.0.0' }).channel(`notifications:${user}`)
  const heard = once('the notification', (done) => channel.on('broadcast', { event: 'new_notification' }, done))
  await subscribed(channel)
  const row = await post('/rest/v1/rpc/send_notification', { user_id: user, type: 'story', title: 'Ready', message: 'Your story is ready.' })
  assert.deepEqual((await heard).payload, row)
})

test('realtime-js broadcasts over HTTP without a socket', async (t) => {
  const listener = client(t, { vsn: '2.0.0' }).channel('post')
  const heard = once('the broadcast', (done) => listener.on('broadcast', { event: 'e' }, done))
  await subscribed(listener)
  const response = await client(t, { vsn: '2.0.0' }).channel('post').httpSend('e', { a: 1 })
  assert.equal(response.success, true)
  assert.deepEqual((await heard).payload, { a: 1 })
})

test('realtime-js is refused with a wrong key and says so', async (t) => {
  const realtime = new RealtimeClient(`${server.url.replace(/^http/, 'ws')}/realtime/v1`, { transport, params: { apikey: 'wrong' } })
  t.after(() => realtime.disconnect())
  const status = await once('the refusal', (done) => realtime.channel('x').subscribe(done))
  assert.equal(status, 'CHANNEL_ERROR')
})
