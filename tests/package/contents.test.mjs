// What is published: what is needed and nothing else, in a form that bundlers and TypeScript have nothing to say about.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { test } from 'node:test'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { root } from '../../tools/project.mjs'
import { packedFiles, project, run } from './packed.mjs'

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const consumer = await project()

/** The files that a file of the package asks for: by import, by address, by type. @param {string} path */
function askedFor(path) {
  if (!/\.(d\.ts|js)$/.test(path)) return []
  const text = readFileSync(join(consumer.installed, path), 'utf8')
  if (path.endsWith('.d.ts')) return [...text.matchAll(/(?:from|import)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g)].map(([, name]) => normalize(join(dirname(path), String(name).replace(/\.js$/, '.d.ts'))))
  // By import or by address, put together from parts or not: a name is a name.
  const names = new Set([...text.matchAll(/[\w-]+\.(?:js|wasm|css)\b/g)].map(([name]) => join('dist', name)))
  return [...names].filter((name) => existsSync(join(consumer.installed, name)))
}

test('the package holds what its entries need and nothing else', async () => {
  const always = ['package.json', 'README.md', 'CHANGELOG.md', 'LICENSE-MIT', 'LICENSE-APACHE', 'dist/manifest.json', 'dist/snippet.html']
  const entries = [
    ...Object.values(manifest.exports).flatMap((target) => (typeof target === 'string' ? [target] : Object.values(target))),
    manifest.jsdelivr,
    manifest.unpkg,
    manifest['web-types'],
    // By the tag's script, which puts their addresses together.
    'dist/start.js',
    'dist/manifest.json',
    'dist/snippet.html',
  ].map((path) => normalize(path))
  const needed = new Set(always)
  const visit = (/** @type {string} */ path) => {
    if (needed.has(path) && path !== 'package.json') return
    needed.add(path)
    for (const next of askedFor(path)) visit(next)
  }
  for (const path of entries) visit(path)
  assert.deepEqual(await packedFiles(), [...needed].sort())
})

test('publint has nothing to say', async () => {
  const { messages, pkg } = await publint({ pkgDir: consumer.installed, strict: true, pack: false })
  assert.deepEqual(messages.map((message) => formatMessage(message, pkg, { color: false })), [])
})

test('"Are the types wrong?" has nothing to say', async () => {
  const attw = join(root, 'node_modules', '.bin', 'attw')
  const said = await run(attw, [consumer.tarball, '--profile', 'esm-only', '--no-definitely-typed', '--format', 'ascii', '--no-emoji', '--no-color']).catch((error) => error)
  assert.equal(said.code ?? 0, 0, said.stdout)
  for (const entry of Object.keys(manifest.exports)) assert.ok(said.stdout.includes(`"${join('storywire', entry)}"`), `it looked at ${entry}`)
})

test('the tag of a CDN that names no file is the script for pages', () => {
  for (const field of ['jsdelivr', 'unpkg']) assert.equal(manifest[field], './dist/auto.js')
})

test('the tag that one pastes, and what it asks for ahead, have the version and the hashes of what is published', () => {
  const tag = readFileSync(join(consumer.installed, 'dist/snippet.html'), 'utf8')
  const named = [...tag.matchAll(/npm\/storywire@([\d.]+)\/(dist\/[\w.-]+)"\s+integrity="(sha\d+)-([^"]+)" crossorigin="anonymous"/g)]
  assert.deepEqual(named.map(([, , file]) => file), ['dist/start.js', 'dist/storywire_story_bg.wasm', 'dist/auto.js'])
  for (const [, version, file, kind, hash] of named) {
    assert.equal(version, manifest.version)
    assert.equal(createHash(String(kind)).update(readFileSync(join(consumer.installed, String(file)))).digest('base64'), hash, file)
  }
  const [, , [, , , kind, hash] = []] = named
  assert.equal(JSON.parse(readFileSync(join(consumer.installed, 'dist/manifest.json'), 'utf8')).files['auto.js'].integrity, `${kind}-${hash}`)
})
