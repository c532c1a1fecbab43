// `npm start`: from a fresh clone to a page on which a story fills itself in.
import { createServer } from 'node:net'
import { build } from './build.mjs'
import { buildServer, startServer } from './server.mjs'
import { setUp } from './setup.mjs'
import { Stop, script, step } from './shell.mjs'

function portFromEnvironment() {
  const text = process.env.PORT || '8787'
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new Stop(`PORT is "${text}", and should be a number from 1 to 65535.`)
  return port
}

/** Asked first, because nobody wants to hear of it after minutes of building. */
const stopIfTaken = (port) =>
  new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', ({ code }) =>
      reject(
        new Stop(
          code === 'EADDRINUSE'
            ? `Port ${port} is taken, perhaps by another \`npm start\`. Choose another one: PORT=${port < 65535 ? port + 1 : 8788} npm start`
            : `Port ${port} cannot be used (${code}). Choose another one: PORT=8788 npm start`,
        ),
      ),
    )
    probe.listen(port, '127.0.0.1', () => probe.close(resolve))
  })

await script(async () => {
  const port = portFromEnvironment()
  await stopIfTaken(port)
  const env = await setUp({ browser: false })
  const dist = await build({ release: false, env })
  // Imported now: its packages are there since the set-up.
  const { writePages } = await import('./docs/pages.mjs')
  writePages()
  const program = await step('building the local backend (about 1 minute the first time)', () => buildServer(env))
  const server = await startServer(program, { port, dist, onLine: (line) => console.log(line) })
  // The terminal sends Ctrl-C to the backend as well; this one only waits for it to end.
  let asked = false
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      asked = true
      server.stop(signal === 'SIGHUP' ? 'SIGTERM' : signal)
    })
  }
  console.log(`\n  http://127.0.0.1:${port}/\n\nOpen it in a browser. Ctrl-C ends it.`)
  const code = await server.ended
  if (!asked) throw new Stop(`The local backend ended by itself, with code ${code}.`)
})
