// The figures of the README and the report of `npm run size -- --why`: both only pass on what was measured.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { figures, tablesOf } from '../../tools/docs/figures.mjs'
import { root } from '../../tools/project.mjs'
import { areaOf, sectionsOf } from '../../tools/size-why.mjs'

const benchmarks = readFileSync(join(root, 'docs/benchmarks.md'), 'utf8')

test('the README shows figures of docs/benchmarks.md and no others', () => {
  const shown = figures(benchmarks)
  assert.ok(readFileSync(join(root, 'README.md'), 'utf8').includes(shown), '`npm run docs` writes them anew')
  const measured = new Set([...tablesOf(benchmarks).values()].flatMap(({ rows }) => [...rows.values()].flat().map((cell) => cell.replace(/ ±.*/, ''))))
  const cells = shown.split('\n').slice(2).flatMap((line) => line.split(' | ').slice(1, -1))
  assert.ok(cells.length > 20)
  assert.deepEqual(cells.filter((cell) => cell.trim() && !measured.has(cell.trim())), [])
})

test('a figure that was not measured is not left out silently', () => {
  assert.throws(() => figures(benchmarks.replace('## start, Fast 3G', '## start, elsewhere')), /no table "start, Fast 3G": npm run bench -- start/)
})

test('the sections and the functions of a module add up to its bytes', () => {
  // (module (func) (func (result i32) i32.const 1000))
  const bytes = Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 2, 96, 0, 0, 96, 0, 1, 127, 3, 3, 2, 0, 1, 10, 10, 2, 2, 0, 11, 5, 0, 65, 232, 7, 11])
  assert.ok(WebAssembly.validate(bytes))
  const { sections, bodies } = sectionsOf(bytes)
  assert.equal(sections.reduce((sum, { size }) => sum + size, 8), bytes.length)
  assert.deepEqual(bodies, [3, 6])
})

test('a function counts for the part of the crate that it is of', () => {
  assert.equal(areaOf('<storywire::core::asset::story::Story>::gather'), 'core::asset')
  assert.equal(areaOf('storywire::core::base::json_read::next_value'), 'core::base')
  assert.equal(areaOf('<alloc::vec::Vec<storywire::core::ids::RowsId>>::push'), 'alloc')
  assert.equal(areaOf('memcmp'), 'memcmp')
})
