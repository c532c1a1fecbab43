// One Rust toolchain for native code and WebAssembly alike: the one that is there, completed.
//
// - Where rustup may download, it adds the target and std's sources to the toolchain that this clone uses.
// - Where it may not (RUSTUP_AUTO_INSTALL=0), Debian's packages hold a whole toolchain less the compiled std for
//   WebAssembly. That is built once, laid beside the others, and the clone is told to use this toolchain.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { oldestRust, root, wasmTarget } from './project.mjs'
import { Stop, ask, must, step } from './shell.mjs'

const linkedName = 'storywire'
const debianRust = ['rustc-web', 'cargo-web', 'rust-web-src', 'rust-web-clippy', 'rustfmt-web']
const isRoot = process.getuid?.() === 0

/** What `rustc` is in this clone, or null. */
export const rustcVersion = () => ask('rustc', ['-vV'], { cwd: root })

const releaseOf = (versionText) => /^release: (\d+)\.(\d+)/m.exec(versionText).slice(1).map(Number)

function isOlder(versionText, than) {
  const [major, minor] = releaseOf(versionText)
  const [wantedMajor, wantedMinor] = than.split('.').map(Number)
  return major < wantedMajor || (major === wantedMajor && minor < wantedMinor)
}

/** Beside a std that we built: the compiler that it was built by. Any other cannot read it. */
const builtBy = (sysroot) => join(sysroot, 'lib', 'rustlib', wasmTarget, 'built-by')

function hasWasm(versionText, sysroot) {
  const libraries = join(sysroot, 'lib', 'rustlib', wasmTarget, 'lib')
  if (!existsSync(libraries) || !readdirSync(libraries).some((name) => name.startsWith('libstd-'))) return false
  return !existsSync(builtBy(sysroot)) || readFileSync(builtBy(sysroot), 'utf8') === versionText
}

/** Whether std can be rebuilt for size with the toolchain of this clone. */
export function hasStdSources() {
  const sysroot = ask('rustc', ['--print', 'sysroot'], { cwd: root })
  return sysroot !== null && existsSync(join(sysroot, 'lib', 'rustlib', 'src', 'rust', 'library', 'Cargo.lock'))
}

/** Makes `cargo`, clippy and wasm-pack work in this clone for both targets. `afterPackages` may start when apt is free. */
export async function setUpRust(afterPackages) {
  const version = rustcVersion()
  const sysroot = version && ask('rustc', ['--print', 'sysroot'], { cwd: root })
  const mayDownload = process.env.RUSTUP_AUTO_INSTALL !== '0'

  if (version && !isOlder(version, oldestRust()) && hasWasm(version, sysroot)) {
    return afterPackages()
  }
  if (ask('rustup', ['--version']) && mayDownload) {
    if (!version) throw new Stop('rustup has no toolchain yet: run `rustup default stable`, then this again.')
    if (isOlder(version, oldestRust())) {
      throw new Stop(`Rust ${oldestRust()} or newer is needed, and this clone uses ${version.split('\n')[0]}: run \`rustup update stable\`, then this again.`)
    }
    return Promise.all([completeWithRustup(), afterPackages()])
  }
  if (!existsSync('/etc/debian_version')) {
    throw new Stop(
      mayDownload
        ? 'Rust is missing: install it with rustup (https://rustup.rs), then run this again.'
        : `RUSTUP_AUTO_INSTALL=0 forbids rustup to download, and its toolchain has no ${wasmTarget}: run \`rustup target add ${wasmTarget}\` and \`rustup component add rust-src\`, or unset the variable.`,
    )
  }
  if (!isRoot) {
    throw new Stop('Rust for WebAssembly has to come from Debian\'s packages here, which takes root once: run `sudo -E npm run setup`, then this again.')
  }
  if (!ask('dpkg', ['-s', ...debianRust])) {
    await step("installing Debian's Rust and its sources (about 25 s)", () => aptInstall(...debianRust, linkerPackage))
  }
  await Promise.all([completeDebian(), afterPackages()])
}

async function completeWithRustup() {
  await step('asking rustup for WebAssembly, the sources of std, clippy and rustfmt (about 20 s)', async () => {
    await must('rustup could not add the target.', 'rustup', ['target', 'add', wasmTarget], { cwd: root })
    await must('rustup could not add the components.', 'rustup', ['component', 'add', 'rust-src', 'clippy', 'rustfmt'], { cwd: root })
  })
}

/** The linker must understand what this LLVM writes, so it is of the same version. */
function linkerPackage() {
  const llvm = /llvm-(\d+)/.exec(ask('apt-cache', ['depends', 'rust-web-llvm']) ?? '')?.[1]
  if (!llvm) throw new Stop("Debian's archive has no rust-web-llvm: is the security archive among apt's sources?")
  return `lld-${llvm}`
}

let updated
/** Installs Debian packages; a package may be given as a function, asked when the lists are fresh. */
export async function aptInstall(...packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const wait = ['-o', 'DPkg::Lock::Timeout=600', '-o', 'Acquire::Retries=3']
  updated ??= must("apt could not read the lists of Debian's packages.", 'apt-get', [...wait, 'update'], { env })
  await updated
  const names = packages.map((name) => (typeof name === 'function' ? name() : name))
  await must('apt could not install what is needed.', 'apt-get', [...wait, 'install', '-y', '--no-install-recommends', ...names], { env })
}

async function completeDebian() {
  const sysroot = '/usr'
  const rustlib = join(sysroot, 'lib', 'rustlib')
  const version = ask('/usr/bin/rustc', ['-vV'])
  const host = /^host: (.+)/m.exec(version)[1]

  const linker = join(rustlib, host, 'bin', 'rust-lld')
  if (!existsSync(linker)) {
    await aptInstall(linkerPackage)
    mkdirSync(join(linker, '..'), { recursive: true })
    rmSync(linker, { force: true })
    symlinkSync(join('/usr/bin', linkerPackage()), linker)
  }
  if (!hasWasm(version, sysroot)) {
    await step('building the standard library for WebAssembly, once on this machine (about 40 s)', () => buildStd(version, rustlib))
  }
  if (!ask('rustup', ['--version'])) return
  if (!ask('rustup', ['toolchain', 'list']).split('\n').some((line) => line.split(' ')[0] === linkedName)) {
    await must("rustup could not link Debian's toolchain.", 'rustup', ['toolchain', 'link', linkedName, sysroot])
  }
  await must("rustup could not choose Debian's toolchain for this clone.", 'rustup', ['override', 'set', linkedName, '--path', root])
  if (rustcVersion() !== version) {
    throw new Stop(`This clone should use Debian's Rust, but something overrules it: is RUSTUP_TOOLCHAIN set (now ${process.env.RUSTUP_TOOLCHAIN ?? 'not'})?`)
  }
}

async function buildStd(version, rustlib) {
  const place = mkdtempSync(join(tmpdir(), 'storywire-std-'))
  try {
    mkdirSync(join(place, 'src'))
    writeFileSync(join(place, 'src', 'lib.rs'), '#![no_std]\n')
    writeFileSync(
      join(place, 'Cargo.toml'),
      '[workspace]\n[package]\nname = "only-std"\nedition = "2024"\n[profile.release]\ndebug = false\n',
    )
    // RUSTC_BOOTSTRAP: building std is unstable, and the compiler is a stable one. `test` is for wasm-bindgen-test.
    const env = { ...process.env, RUSTC_BOOTSTRAP: '1', RUSTC: '/usr/bin/rustc', CARGO_TARGET_DIR: join(place, 'target') }
    const args = ['build', '--release', '--target', wasmTarget, '-Zbuild-std=std,panic_abort,test']
    await must('The standard library for WebAssembly could not be built.', '/usr/bin/cargo', args, { cwd: place, env })

    const built = join(place, 'target', wasmTarget, 'release', 'deps')
    const fresh = join(rustlib, `${wasmTarget}.new-${process.pid}`)
    mkdirSync(join(fresh, 'lib'), { recursive: true })
    for (const name of readdirSync(built)) {
      if (name.endsWith('.rlib') && !name.startsWith('libonly_std-')) cpSync(join(built, name), join(fresh, 'lib', name))
    }
    writeFileSync(join(fresh, 'built-by'), version)
    rmSync(join(rustlib, wasmTarget), { recursive: true, force: true })
    renameSync(fresh, join(rustlib, wasmTarget))
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}
