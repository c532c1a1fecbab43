// Each measurement with few messages: every page of every client reaches the right final state. No time is judged.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { names, withLab } from './run.mjs'

for (const name of names) {
  test(`the measurement "${name}" brings every client to the right state`, { timeout: 240_000 }, async () => {
    const { run } = await import(`./${name}/run.mjs`)
    const tables = await withLab(String(process.env.STORYWIRE_DIST), { quick: true, say: () => {} }, run)
    assert.ok(tables.length > 0)
    for (const { title, rows, data } of tables) {
      assert.ok(rows.length > 1, `${title} compares nothing`)
      assert.doesNotMatch(JSON.stringify(data), /"faults":\["/, `a page of ${title} threw`)
    }
  })
}
