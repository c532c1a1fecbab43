// A page in a headless Chromium, and servers on two origins whose answers the test writes by hand.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { browserFlags, findBrowser } from '../../tools/browser.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const dist = process.env.STORYWIRE_DIST ?? join(root, 'target/dist-dev')
const types = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html', '.css': 'text/css', '.map': 'application/json' }

/**
 * @typedef {{ method: string, url: URL, headers: import('node:http').IncomingHttpHeaders, body: string }} Seen
 * @typedef {(request: Seen & { count: number }, response: import('node:http').ServerResponse) => unknown} Handler
 */

/** A server that answers as its `routes` say, and remembers what it was asked. */
export class Server {
  /** @type {Map<string, Handler>} */
  routes = new Map()
  /** @type {Seen[]} */
  seen = []
  /** @type {Map<string, string>} extra files, by path */
  files = new Map()
  /** Live responses, by path. */
  live = new Map()

  async listen() {
    this.http = createServer((request, response) => void this.#answer(request, response))
    this.http.keepAliveTimeout = 100
    await new Promise((resolve) => this.http?.listen(0, '127.0.0.1', () => resolve(undefined)))
    const address = this.http.address()
    this.origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
    return this
  }

  /** @param {string} path @param {Handler} handler */
  on(path, handler) {
    this.routes.set(path, handler)
  }

  /** @param {string} path */
  requests(path) {
    return this.seen.filter((seen) => seen.url.pathname === path)
  }

  /** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
  async #answer(request, response) {
    const url = new URL(request.url ?? '/', this.origin)
    const handler = this.routes.get(url.pathname)
    if (handler) {
      let body = ''
      for await (const chunk of request) body += chunk
      const seen = { method: request.method ?? '', url, headers: request.headers, body }
      this.seen.push(seen)
      const count = this.seen.filter((other) => other.url.pathname === url.pathname).length
      const live = this.live.get(url.pathname) ?? 0
      this.live.set(url.pathname, live + 1)
      response.on('close', () => this.live.set(url.pathname, this.live.get(url.pathname) - 1))
      return handler({ ...seen, count }, response)
    }
    const extension = /\.\w+$/.exec(url.pathname)?.[0] ?? ''
    try {
      const text = this.files.get(url.pathname) ?? (await readFile(join(dist, url.pathname)))
      response.writeHead(200, { 'content-type': types[extension] ?? 'text/html', 'cache-control': 'no-cache' }).end(text)
    } catch {
      response.writeHead(404).end()
    }
  }

  close() {
    this.http?.closeAllConnections()
    this.http?.close()
  }
}

const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? findBrowser(), args: browserFlags })

/** @returns {Promise<{ page: import('playwright-core').Page, server: Server, other: Server, close(): Promise<void>, problems: string[] }>} */
export async function openPage() {
  const [server, other] = await Promise.all([new Server().listen(), new Server().listen()])
  server.files.set('/', '<!doctype html><meta charset=utf-8><title>streams</title><link rel=icon href=data:,>')
  const browser = await launch()
  const page = await browser.newPage()
  /** @type {string[]} */
  const problems = []
  page.on('pageerror', (error) => problems.push(String(error)))
  await page.goto(`${server.origin}/`)
  const close = async () => {
    await browser.close()
    server.close()
    other.close()
  }
  return { page, server, other, close, problems }
}

export const eventStream = { 'content-type': 'text/event-stream' }
