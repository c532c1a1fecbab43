// Reads over REST, as the core asks for them: what goes out, and what every kind of end comes back as.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, test } from 'node:test'
import { PageClient } from '../../js/page-client.js'

/** @type {Record<string, (response: import('node:http').ServerResponse) => void>} */
const answers = {
  '/rows': (response) => response.end('[{"id":1}]'),
  '/busy': (response) => response.writeHead(429, { 'retry-after': '7' }).end('{}'),
  '/later': (response) => response.writeHead(503, { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }).end(),
  '/cut': (response) => {
    response.writeHead(200, { 'content-length': '100' }).write('[{"id":')
    setTimeout(() => response.destroy(), 20)
  },
  '/silent': () => {},
}
/** @type {import('node:http').IncomingHttpHeaders} */
let heard = {}
const server = createServer((request, response) => {
  heard = request.headers
  answers[String(request.url)]?.(response)
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
const address = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`
const client = new PageClient(address, 'sb_publishable_k', {}, () => new Promise(() => {}))
after(() => {
  client.close()
  server.closeAllConnections()
  server.close()
})
const read = (/** @type {string} */ path, schema = 'public', token = '', signal = new AbortController().signal) =>
  client.get(address + path, schema, token, signal)

test('a read gives the status and the whole text, with the key as a header', async () => {
  assert.deepEqual(await read('/rows'), [200, '[{"id":1}]', ''])
  assert.equal(heard.apikey, 'sb_publishable_k')
  assert.equal(heard.authorization, undefined, 'the key alone, where nobody is signed in')
  assert.equal(heard['accept-profile'], undefined)
})

test('the token and another schema go as headers', async () => {
  await read('/rows', 'stories', 'a.b.c')
  assert.equal(heard.authorization, 'Bearer a.b.c')
  assert.equal(heard['accept-profile'], 'stories')
})

test('how long to wait comes as the server says it; the core reads seconds', async () => {
  assert.deepEqual(await read('/busy'), [429, '{}', '7'])
  assert.deepEqual(await read('/later'), [503, '', 'Wed, 21 Oct 2026 07:28:00 GMT'])
})

test('a body that is cut, a dead host and a read that is given up have no status', async () => {
  assert.deepEqual(await read('/cut'), [0, '', ''])
  assert.deepEqual(await client.get('http://127.0.0.1:9/', 'public', '', new AbortController().signal), [0, '', ''])
  const abort = new AbortController()
  const silent = read('/silent', 'public', '', abort.signal)
  abort.abort()
  assert.deepEqual(await silent, [0, '', ''])
})
