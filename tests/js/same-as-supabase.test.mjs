// The same script, given to Supabase's client and to ours: they say the same.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { RealtimeClient } from '@supabase/realtime-js'
import { devDist } from '../../tools/build.mjs'

const { fakeBackend } = await import(pathToFileURL(join(devDist, 'testing.js')).href)

const clients = {
  theirs: (backend) => new RealtimeClient(`${backend.url.replace('https', 'wss')}/realtime/v1`, { transport: backend.WebSocket, params: { apikey: backend.key }, timeout: 500 }),
  ours: (backend) => backend.createClient(),
}

/** What a page hears and is answered, in words that can be compared. */
async function run(backend, client) {
  const said = {}
  const statuses = []
  const heard = { changes: [], broadcasts: [], presence: [] }
  const channel = client.channel('story:42', { config: { presence: { key: 'me' }, broadcast: { self: true, ack: true } } })
  const filter = { schema: 'public', table: 'stories', filter: 'id=eq.42' }
  const chained = channel
    .on('postgres_changes', { event: '*', ...filter }, (change) => heard.changes.push(change))
    .on('postgres_changes', { event: 'DELETE', ...filter }, (change) => heard.changes.push(['deleted', change.old.id]))
    .on('broadcast', { event: 'hello' }, (message) => heard.broadcasts.push(message))
    .on('broadcast', { event: '*' }, ({ event }) => heard.broadcasts.push(event))
    .on('presence', { event: 'join' }, ({ event, key, newPresences }) => heard.presence.push([event, key, newPresences.map(({ page }) => page)]))
    .on('presence', { event: 'leave' }, ({ event, key, leftPresences }) => heard.presence.push([event, key, leftPresences.map(({ page }) => page)]))
  const returned = chained.subscribe((status, error) => statuses.push([status, error === undefined]))
  said.isChained = typeof returned.unsubscribe
  channel.subscribe((status) => statuses.push(['second', status]))
  await backend.until(() => statuses.length > 0)
  await backend.live('story:42')
  said.state = channel.state
  said.topics = client.getChannels().map(({ topic }) => topic)
  backend.story('42', { cover: 10 })
  backend.update('42', { cover: 20 })
  said.sent = await channel.send({ type: 'broadcast', event: 'hello', payload: { n: 1, text: 'é' } })
  said.tracked = await channel.track({ page: 1 })
  await backend.until(() => heard.presence.length === 1)
  said.present = Object.entries(channel.presenceState()).map(([key, metas]) => [key, metas.map(({ page, presence_ref: ref }) => [page, typeof ref])])
  said.untracked = await channel.untrack()
  await backend.until(() => heard.presence.length === 2 && heard.broadcasts.length === 2 && heard.changes.length >= 1)
  said.left = { ...channel.presenceState() }
  said.removed = await client.removeChannel(channel)
  await backend.until(() => statuses.length > 1)
  said.after = [channel.state, client.getChannels().length]
  said.all = await client.removeAllChannels()
  return { said, statuses, heard }
}

test('one script for channels hears and answers the same with both clients', async () => {
  const results = {}
  for (const [name, make] of Object.entries(clients)) {
    const backend = fakeBackend()
    const client = make(backend)
    results[name] = await run(backend, client)
    await (client instanceof RealtimeClient ? client.disconnect() : client.close())
    backend.close()
  }
  // Times are of the moment.
  const plain = (result) => JSON.parse(JSON.stringify(result, (_, value) => (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? 'a time' : value)))
  assert.deepEqual(plain(results.ours), plain(results.theirs))
  assert.equal(results.ours.said.sent, 'ok')
})

/** The script with a server that does not answer: what each call comes to, and whether that was when its time was over. */
async function runWithTimeouts(backend, client) {
  const timed = async (action, about) => {
    const start = performance.now()
    const outcome = await action()
    const took = performance.now() - start
    return [about, outcome, took > 55 && took < 400 ? 'in time' : `${took} ms`]
  }
  const statuses = []
  const channel = client.channel('room', { config: { broadcast: { ack: true }, presence: { key: 'me' } } })
  channel.on('presence', { event: 'sync' }, () => {})
  backend.failNext('join', { silent: true })
  const joined = await timed(() => new Promise((resolve) => channel.subscribe((status) => resolve(statuses.push(status) && status), 60)), 'join')
  await backend.until(() => statuses.includes('SUBSCRIBED'))
  backend.failNext('broadcast', { silent: true })
  const sent = await timed(() => channel.send({ type: 'broadcast', event: 'x', payload: {} }, { timeout: 60 }), 'broadcast')
  backend.failNext('presence', { silent: true })
  const tracked = await timed(() => channel.track({ page: 1 }, { timeout: 60 }), 'presence')
  return [joined, sent, tracked, await channel.unsubscribe(1_000)]
}

test('a join, a message and presence may be given another time with both clients', async () => {
  for (const [name, make] of Object.entries(clients)) {
    const backend = fakeBackend()
    const client = make(backend)
    const [joined, sent, tracked, left] = await runWithTimeouts(backend, client)
    assert.deepEqual([joined, sent, left], [['join', 'TIMED_OUT', 'in time'], ['broadcast', 'timed out', 'in time'], 'ok'], name)
    // Theirs takes the option too, and hands on the number where the options belong: it waits as long as usual.
    assert.deepEqual(tracked, ['presence', 'timed out', name === 'ours' ? 'in time' : tracked[2]], name)
    await (client instanceof RealtimeClient ? client.disconnect() : client.close())
    backend.close()
  }
})
