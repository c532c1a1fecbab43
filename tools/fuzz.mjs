// The properties of the native tests again and again, with ever new inputs.
//
//   npm run fuzz                   all of them, for a minute
//   npm run fuzz -- frame 600      those whose name contains `frame`, for 600 seconds
//
// A failing input is printed, and kept by proptest in a file that every later run tries first.
import { root } from './project.mjs'
import { setUp } from './setup.mjs'
import { Stop, run, script } from './shell.mjs'

await script(async () => {
  const args = process.argv.slice(2)
  const seconds = Number(args.find((arg) => /^\d+$/.test(arg)) ?? 60)
  const names = args.filter((arg) => !/^\d+$/.test(arg))
  const env = { ...(await setUp({ browser: false })), PROPTEST_CASES: '2000' }
  const end = performance.now() + seconds * 1000
  let rounds = 0
  while (performance.now() < end) {
    const { code, output } = await run('cargo', ['test', '--package', 'storywire', '--release', '--test', 'native', '--', ...names], { cwd: root, env })
    if (code !== 0) throw new Stop(`${output}\nRound ${rounds + 1} found something.`)
    const [, passed] = /^test result: ok\. (\d+) passed/m.exec(output) ?? []
    if (!Number(passed)) throw new Stop(`No test has ${names.join(' ')} in its name.`)
    rounds += 1
    console.log(`round ${rounds}: ${passed} passed`)
  }
})
