// Server-sent events in headless Chromium, beside the clients that pages use: rounds are interleaved, medians are compared.
// Times depend on the machine; the ratios are what counts.
import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { root } from '../../../tools/project.mjs'
import { cell, digits, median } from '../lab/report.mjs'
import { events } from './corpus.js'

const MANY = 100_000
const ROUNDS = 5
const PARSER = 'fetch + eventsource-parser'

/** Streams from memory: the client alone. */
const parsing = {
  'id + event + data, 16 KiB chunks': { size: 16_384 },
  'the same, JSON parsed': { size: 16_384, json: true },
  '1,400 B chunks': { size: 1_400 },
  'CRLF, 16 KiB chunks': { size: 16_384, end: '\r\n' },
  'one line of 10 MB, 1,400 B chunks': { count: 1, size: 1_400, big: 10_000_000 },
}
const parsers = [PARSER, 'storywire client.stream']

/** Streams over loopback. */
const wire = {
  'small JSON events': { path: '/wire/small', json: false },
  'small JSON events, parsed': { path: '/wire/small', json: true },
  '1 KB events': { path: '/wire/large', json: false },
}

/** @param {import('../run.mjs').Lab} lab @returns {Promise<import('../lab/report.mjs').Table[]>} */
export async function run({ browser, folder, dist, rounds = ROUNDS, quick, only, say }) {
  const place = join(folder, 'sse')
  mkdirSync(place)
  await bundle(place, dist)
  const count = quick ? 1000 : MANY
  const server = await serve(place, count)
  const page = await browser.newPage()
  try {
    page.on('pageerror', (error) => console.error(error))
    await page.goto(server.origin)
    const bench = await page.evaluateHandle(() => import('/page.js'))
    const loads = [
      ...Object.entries(parsing).map(([title, what]) => ({ title: `stream, ${title}, from memory`, path: '/memory', what, names: parsers, count: what.big ? 1 : count, json: what.json })),
      ...Object.entries(wire).map(([title, { path, json }]) => ({ title: `stream, ${title}, over loopback`, path, what: undefined, names: undefined, count: path === '/wire/small' ? count : count / 10, json })),
    ]
    const tables = []
    for (const { title, path, what, names, count, json = false } of loads) {
      if (only && !title.includes(only)) continue
      if (what) await bench.evaluate(({ prepare }, what) => prepare('/memory', what), { ...what, count })
      const table = await compare(bench, quick ? 1 : rounds, names ?? (await bench.evaluate(({ names }) => names)), path, { title, count, json })
      say(table)
      tables.push(table)
    }
    return tables
  } finally {
    await page.close()
    server.close()
  }
}

async function bundle(place, dist) {
  const { build } = await import('esbuild')
  const glue = join(root, 'target', 'pkg-release')
  await build({
    entryPoints: [join(import.meta.dirname, 'page.js')],
    bundle: true,
    minify: true,
    outdir: place,
    format: 'esm',
    plugins: [
      {
        name: 'glue',
        setup: ({ onResolve }) => onResolve({ filter: /\/pkg\/\w+\.js$/ }, ({ path }) => ({ path: join(glue, path.replace(/.*\//, '')) })),
      },
    ],
  })
  cpSync(join(dist, 'storywire_stream_bg.wasm'), join(place, 'storywire_stream_bg.wasm'))
}

/** @param {string} place @param {number} count */
async function serve(place, count) {
  const bodies = { '/wire/small': events(count), '/wire/large': events(count / 10, { width: 940 }) }
  const types = { js: 'text/javascript', wasm: 'application/wasm' }
  const http = createServer((request, response) => {
    const body = bodies[request.url]
    if (body) {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      response.write(body)
      // The limit's reader waits for the end; a stream stays open.
      if (request.headers['x-end']) response.end()
      return
    }
    if (request.url === '/') return response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><link rel=icon href=data:,>')
    try {
      response.writeHead(200, { 'content-type': types[request.url.split('.').pop()] }).end(readFileSync(join(place, request.url)))
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${http.address().port}/`,
    close() {
      http.closeAllConnections()
      http.close()
    },
  }
}

/** One table: the rows are clients, with the ratio to fetch + eventsource-parser. */
async function compare(bench, rounds, names, path, { title, count, json }) {
  /** @type {Record<string, number[]>} */
  const times = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = -1; round < rounds; round++) {
    for (const name of names) {
      const time = await bench.evaluate(({ measure }, [name, path, count, json]) => measure(name, path, count, json), [name, path, count, json])
      if (round >= 0 || rounds === 1) times[name].push(time)
    }
  }
  const base = median(times[PARSER])
  const rows = names.map((name) => [name, cell(times[name]), count > 1 ? `${Math.round(count / median(times[name])).toLocaleString('en-US')} k` : '', digits(base / median(times[name]))])
  return { title, head: ['client', 'ms', 'events a second', 'times as fast as fetch + eventsource-parser'], rows, data: times }
}
