// Chromium and its driver: where they are, and how to get them where they are not.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { Stop } from './shell.mjs'

const usualPlaces = {
  browser: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/opt/google/chrome/chrome',
    '/snap/bin/chromium',
  ],
  driver: ['/usr/bin/chromedriver', '/usr/lib/chromium-browser/chromedriver', '/opt/homebrew/bin/chromedriver', '/usr/local/bin/chromedriver'],
}

function find(fromEnvironment, names, places) {
  if (fromEnvironment) return fromEnvironment
  const onPath = (process.env.PATH ?? '').split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)))
  return [...onPath, ...places].find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** The browser that the journeys drive; `CHROMIUM` chooses another. */
export const findBrowser = () => find(process.env.CHROMIUM, ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'], usualPlaces.browser)

/** The driver that wasm-bindgen-test speaks to; `CHROMEDRIVER` chooses another. */
export const findDriver = () => find(process.env.CHROMEDRIVER, ['chromedriver'], usualPlaces.driver)

/** How a Chromium is started that asks nobody and talks to nobody. As root it cannot have a sandbox. */
export const browserFlags = [
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
]

/** @returns {{ browser: string, driver: string }} */
export function browserAndDriver() {
  const browser = findBrowser()
  const driver = findDriver()
  if (browser && driver) return { browser, driver }
  const missing = [browser ? '' : 'Chrome or Chromium', driver ? '' : 'chromedriver'].filter(Boolean).join(' and ')
  throw new Stop(
    `The tests in a browser need ${missing}: install ${process.platform === 'darwin' ? 'them with `brew install --cask google-chrome chromedriver`' : 'the packages chromium and chromium-driver (Debian, Ubuntu) or chromium (others)'}, or set CHROMIUM and CHROMEDRIVER to where they are.`,
  )
}
