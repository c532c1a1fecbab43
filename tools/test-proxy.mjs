// The way from the browser to the server of wasm-bindgen's test runner: one request at a time.
//
// That server (tiny_http 0.12, `util/task_pool.rs`) can put two new connections into the queue of one waiting thread, which
// then serves the first until it is closed: the second is never answered, and the page stays at "Loading scripts..."
// (wasm-pack#783). A browser that loads a module and what it imports opens six connections at once; through one, none waits.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Agent, createServer, request } from 'node:http'
import { dirname, join } from 'node:path'
import { root } from './project.mjs'

/**
 * Starts the proxy, which lasts as long as this process, and writes the capabilities with which chromedriver starts a browser
 * that uses it.
 * @returns {Promise<string>} the path of the capabilities
 */
export async function browserThroughProxy() {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const server = createServer((asked, answer) => {
    const { method, url, headers } = asked
    const onward = request(url, { agent, method, headers: { ...headers, connection: 'keep-alive' } }, (answered) => {
      answer.writeHead(answered.statusCode, answered.headers)
      answered.pipe(answer)
    })
    onward.on('error', () => answer.destroy())
    asked.pipe(onward)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()

  const capabilities = join(root, 'target', 'webdriver.json')
  const given = JSON.parse(readFileSync(join(root, 'webdriver.json'), 'utf8'))
  // Chromium asks no proxy for an address of its own machine unless it is told to.
  given['goog:chromeOptions'].args.push(`--proxy-server=http://127.0.0.1:${server.address().port}`, '--proxy-bypass-list=<-loopback>')
  mkdirSync(dirname(capabilities), { recursive: true })
  writeFileSync(capabilities, JSON.stringify(given))
  return capabilities
}
