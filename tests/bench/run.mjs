// npm run bench -- NAME: runs tests/bench/NAME/run.mjs, with the release.
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from '../../tools/build.mjs'
import { setUp } from '../../tools/setup.mjs'
import { Stop, script } from '../../tools/shell.mjs'

const here = dirname(fileURLToPath(import.meta.url))

await script(async () => {
  const [name = '', ...args] = process.argv.slice(2)
  const names = readdirSync(here).filter((folder) => existsSync(join(here, folder, 'run.mjs')))
  if (!names.includes(name)) throw new Stop(`Which measurement? \`npm run bench -- NAME\`, where NAME is one of: ${names.join(', ')}.`)
  const dist = await build({ release: true, env: await setUp({ browser: true }) })
  const { run } = await import(join(here, name, 'run.mjs'))
  await run({ dist, args })
})
