// In a server: an import does nothing, a client waits for a browser, and nothing keeps the process alive.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { project, run } from './packed.mjs'

const consumer = await project()

/** Runs a script of the consumer's, and gives what it said. @param {string} code */
async function node(code) {
  const file = join(consumer.folder, `script-${Math.random().toString(36).slice(2)}.mjs`)
  writeFileSync(file, code)
  return run(process.execPath, ['--unhandled-rejections=strict', file], { timeout: 20_000 })
}

for (const entry of ['storywire', 'storywire/auto', 'storywire/eventsource', 'storywire/testing', 'storywire/wized']) {
  test(`importing ${entry} on a server does nothing`, async () => {
    const { stdout, stderr } = await node(`
      const before = Reflect.ownKeys(globalThis).length
      const calls = []
      for (const name of ['fetch', 'setTimeout', 'setInterval', 'queueMicrotask']) {
        const own = globalThis[name]
        globalThis[name] = (...args) => { calls.push(name); return own(...args) }
      }
      const module = await import(${JSON.stringify(entry)})
      await new Promise((resolve) => process.nextTick(resolve))
      console.log(JSON.stringify({ added: Reflect.ownKeys(globalThis).length - before, calls, exports: Object.keys(module).length }))
    `)
    assert.equal(stderr, '')
    const { added, calls } = JSON.parse(stdout)
    assert.deepEqual({ added, calls }, { added: 0, calls: [] })
  })
}

test('a client that is made on a server, as frameworks do while they render, waits and says nothing', async () => {
  const { stdout, stderr } = await node(`
    import { createClient } from 'storywire'
    const client = createClient('https://xyz.supabase.co', 'sb_publishable_k')
    const errors = []
    client.on('error', (error) => errors.push(error.code))
    client.story('1', {})
    client.channel('room').on('broadcast', { event: '*' }, () => {}).subscribe()
    await Promise.race([client.ready, new Promise((resolve) => setTimeout(resolve, 1000).unref())])
    console.log(JSON.stringify({ errors, connection: client.connection }))
    client.close()
  `)
  assert.equal(stderr, '')
  assert.deepEqual(JSON.parse(stdout), { errors: [], connection: 'stopped' })
})
