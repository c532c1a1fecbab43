// Server-sent events in headless Chromium, beside the clients that pages use: rounds are interleaved, medians are compared.
// Times depend on the machine; the ratios are what counts.
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { browserFlags, findBrowser } from '../../../tools/browser.mjs'
import { root } from '../../../tools/project.mjs'
import { events } from './corpus.js'

const COUNT = 100_000
const ROUNDS = 7
const PARSER = 'fetch + eventsource-parser'

/** Streams from memory: the client alone. */
const parsing = {
  'id + event + data, 16 KiB chunks': { count: COUNT, size: 16_384 },
  'the same, JSON parsed': { count: COUNT, size: 16_384, json: true },
  '1,400 B chunks': { count: COUNT, size: 1_400 },
  'CRLF, 16 KiB chunks': { count: COUNT, size: 16_384, end: '\r\n' },
  'one line of 10 MB, 1,400 B chunks': { count: 1, size: 1_400, big: 10_000_000 },
}
const parsers = [PARSER, 'storywire client.stream']

/** Streams over loopback. */
const wire = {
  'small JSON events': { path: '/wire/small', json: false },
  'small JSON events, parsed': { path: '/wire/small', json: true },
  '1 KB events': { path: '/wire/large', json: false },
}

export async function run({ dist, args }) {
  const rounds = Number(args.find((arg) => /^\d+$/.test(arg)) ?? ROUNDS)
  const place = mkdtempSync(join(tmpdir(), 'storywire-bench-'))
  try {
    await bundle(place, dist)
    const server = await serve(place)
    const browser = await chromium.launch({ executablePath: findBrowser(), args: browserFlags })
    try {
      const page = await browser.newPage()
      page.on('pageerror', (error) => console.error(error))
      await page.goto(server.origin)
      const bench = await page.evaluateHandle(() => import('/page.js'))
      console.log(`Chromium ${browser.version()}, ${COUNT.toLocaleString('en-US')} events, medians of ${rounds} interleaved rounds\n`)
      await measureParsing(bench, rounds)
      if (!args.includes("--parsing")) await measureWire(bench, rounds)
    } finally {
      await browser.close()
      server.close()
    }
  } finally {
    rmSync(place, { recursive: true, force: true })
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

async function serve(place) {
  const bodies = { '/wire/small': events(COUNT), '/wire/large': events(COUNT / 10, { width: 940 }) }
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

const median = (values) => [...values].sort((one, two) => one - two)[values.length >> 1]

/** One table: rows are clients, with the ratio to fetch + eventsource-parser. */
async function table(bench, rounds, names, path, { count, json }) {
  const times = new Map(names.map((name) => [name, []]))
  for (let round = -1; round < rounds; round++) {
    for (const name of names) {
      const time = await bench.evaluate(({ measure }, [name, path, count, json]) => measure(name, path, count, json), [name, path, count, json ?? false])
      if (round >= 0) times.get(name).push(time)
    }
  }
  const base = median(times.get(PARSER))
  const rows = names.map((name) => {
    const time = median(times.get(name))
    return [name, `${time.toFixed(1)} ms`, count > 1 ? `${Math.round(count / time).toLocaleString('en-US')} k/s` : '', `${(base / time).toFixed(2)}×`]
  })
  for (const row of rows) console.log(`  ${row[0].padEnd(38)}${row[1].padStart(12)}${row[2].padStart(12)}${row[3].padStart(9)}`)
}

async function measureParsing(bench, rounds) {
  for (const [title, what] of Object.entries(parsing)) {
    console.log(`\n${title}, from memory`)
    await bench.evaluate(({ prepare }, what) => prepare('/memory', what), what)
    await table(bench, rounds, parsers, '/memory', what)
  }
}

async function measureWire(bench, rounds) {
  for (const [title, { path, json }] of Object.entries(wire)) {
    const count = path === '/wire/small' ? COUNT : COUNT / 10
    console.log(`\n${title}, over loopback`)
    const names = await bench.evaluate(({ names }) => names)
    await table(bench, rounds, names, path, { count, json })
  }
}
