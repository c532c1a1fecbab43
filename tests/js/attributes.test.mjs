// The table of attributes: it knows every attribute that the sources know, and what is made of it is current.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { test } from 'node:test'
import { attributes, events, properties } from '../../tools/attributes.mjs'
import { outdated } from '../../tools/docs.mjs'
import { vscodeData, webTypes } from '../../tools/docs/editor-data.mjs'
import { filesUnder, root } from '../../tools/project.mjs'

const known = new Set(attributes.map(({ name }) => name))
const dashed = (/** @type {string} */ name) => `data-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

/** What an element has besides a dataset. */
const ofElements = new Set(['dataset', 'src'])

/** What other scripts have on their tags, and Webflow on what it moves. */
const ofOthers = new Set(['data-wized-id', 'data-w-id'])

/** The attributes that a source names, in whichever way it does. @param {string} text */
function named(text) {
  // In the script tag's own code, `tag` is the tag's dataset.
  const patterns = [/\{([^{}]*)\}\s*=\s*[^;\n]*\b(?:dataset|tag)\s*$/gm, /\btag:\s*\{([^{}]*)\}/g]
  const taken = patterns.flatMap((pattern) => [...text.matchAll(pattern)]).flatMap(([, names]) => names.split(',').map((name) => name.match(/^\s*(\w+)/)?.[1]))
  const read = [...text.matchAll(/\b(?:dataset|tag)\??\.(\w+)/g)].map(([, name]) => name)
  const camel = [...taken, ...read].filter((name) => name && !ofElements.has(name)).map((name) => dashed(String(name)))
  return [...camel, ...[...text.matchAll(/\bdata-[a-z][a-z\d-]*[a-z\d]\b/g)].map(([name]) => name)].filter((name) => !ofOthers.has(name))
}

/** `data-text-${state}` is named by its beginning. @param {string} name */
const isKnown = (name) => known.has(name) || [...known].some((one) => one.startsWith(`${name}-`) && attributes.some((of) => of.name === one && of.endings))

test('every attribute that the sources name is in the table', () => {
  const missing = new Map()
  for (const path of filesUnder('js', 'src').filter((file) => /\.(js|css|rs)$/.test(file))) {
    for (const name of named(readFileSync(path, 'utf8'))) if (!isKnown(name)) missing.set(name, path.slice(root.length + 1))
  }
  assert.deepEqual([...missing], [], 'add them to tools/attributes.mjs, then run `npm run docs`')
})

test('no attribute of the table has gone from the sources', () => {
  const names = new Set(filesUnder('js', 'src').flatMap((path) => named(readFileSync(path, 'utf8'))))
  const gone = attributes.filter(({ name, endings }) => !names.has(name) && !(endings && [...names].some((one) => name.startsWith(`${one}-`))))
  assert.deepEqual(gone.map(({ name }) => name), [])
})

test('every custom property of the stylesheets is explained, and no other', () => {
  for (const file of filesUnder('js').filter((path) => path.endsWith('.css'))) {
    // `--storywire-toasts` tells our own script that the stylesheet is there.
    const set = new Set([...readFileSync(file, 'utf8').matchAll(/--storywire-([\w-]+):/g)].map(([, name]) => name).filter((name) => name !== 'toasts'))
    assert.deepEqual([...set].sort(), Object.keys(properties[basename(file)] ?? {}).sort(), file)
  }
})

test('every event of the sources is explained, and no other', () => {
  const text = filesUnder('js').filter((path) => path.endsWith('.js') && !path.includes('/debug/')).map((path) => readFileSync(path, 'utf8')).join('\n')
  const fired = [...text.matchAll(/'(storywire:[a-z-]+)'/g)].map(([, name]) => name)
  // js/sink.js puts these two together from what has changed.
  assert.match(text, /`storywire:\$\{kind\}`/)
  assert.deepEqual([...new Set([...fired, 'storywire:asset', 'storywire:story'])].sort(), events.map(({ name }) => name).sort())
})

test('an attribute has what its readers need', () => {
  assert.equal(known.size, attributes.length, 'each stands in the table once')
  for (const { name, what, example, since } of attributes) {
    assert.match(what, /^[^\s].*[.]$/s, `${name}: what it is, in a sentence`)
    assert.ok(example.includes(name) || /data-text-/.test(name), `${name}: the example has it`)
    assert.match(since, /^\d+\.\d+\.\d+$/, `${name}: since a version`)
  }
})

test('editors are told of the attributes that a page may write, each where it may stand', () => {
  const { contributions } = webTypes('1.2.3')
  const [script] = contributions.html.elements
  assert.ok(script.attributes.some(({ name, required }) => name === 'data-supabase-url' && required))
  assert.ok(contributions.html.attributes.some(({ name }) => name === 'data-text-failed'), 'patterns are written out')
  const { globalAttributes, tags } = vscodeData()
  const as = globalAttributes.find(({ name }) => name === 'data-asset-as')
  assert.ok(as?.values.some(({ name }) => name === 'background'))
  assert.ok(!globalAttributes.some(({ name }) => name === 'data-asset-state'), 'what Storywire sets is not for pages to write')
  assert.equal(tags[0].attributes.length, script.attributes.length)
})

test('the generated documents are current', async () => {
  assert.deepEqual((await outdated()).map(({ path }) => path), [], '`npm run docs` writes them anew')
})
