// Bundles the front end into ../static/dist: one style sheet, one script, the fonts and icons
// they use under hashed names, manifest.json (name → hashed name) and THIRD_PARTY.md.
// `./run` calls it when a source changed. By hand:
//   npm ci --ignore-scripts --no-audit --no-fund && node build.mjs

import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as esbuild from 'esbuild'

const here = dirname(fileURLToPath(import.meta.url))
const web = dirname(here)
/** The style sheet of the invoice's view, which PDF files use as well. */
const invoiceView = [join(web, '..', 'src', 'laufzettel', 'einvoice', 'view', 'view.css')]
const target = join(web, 'static', 'dist')
const fresh = `${target}.new`

/** Folders of `web` that have a style sheet of their own name: diagram/diagram.css. */
function areaSheets() {
  const folders = readdirSync(web, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return folders
    .map(({ name }) => join(web, name, `${name}.css`))
    .filter(existsSync)
    .sort()
    .concat(invoiceView)
}

/** KERN without its grid and spacing classes: half of the file, and we use none of them. */
function kernComponents(path) {
  const [components, utilities] = readFileSync(path, 'utf8').split('/**\n * @file _grid.scss')
  if (!utilities) throw new Error('kern.css hat kein _grid.scss mehr: bitte build.mjs anpassen')
  const { name, version, license } = packageOf(path)
  return `/*! ${name} ${version} | ${license} */\n${components}`
}

/** The package.json of the package that a file below node_modules belongs to. */
function packageOf(path) {
  const [, inside] = path.split(/node_modules[\\/](?!.*node_modules)/)
  const parts = inside.split(/[\\/]/)
  const name = parts.slice(0, parts[0].startsWith('@') ? 2 : 1).join('/')
  return JSON.parse(readFileSync(join(here, 'node_modules', name, 'package.json'), 'utf8'))
}

const sources = {
  name: 'laufzettel',
  setup(build) {
    build.onResolve({ filter: /^laufzettel:areas$/ }, ({ path }) => ({ path, namespace: 'areas' }))
    build.onLoad({ filter: /.*/, namespace: 'areas' }, () => ({
      contents: areaSheets().map((path) => `@import ${JSON.stringify(path)};`).join('\n'),
      loader: 'css',
      resolveDir: web,
    }))
    build.onLoad({ filter: /@kern-ux[\\/]native[\\/]dist[\\/]kern\.css$/ }, ({ path }) => ({
      contents: kernComponents(path),
      loader: 'css',
    }))
    // Our Content-Security-Policy allows no data: addresses, so KERN's icons become files.
    build.onResolve({ filter: /^data:image\/svg\+xml,/ }, ({ path }) => ({
      path: `${createHash('sha256').update(path).digest('hex')}/icon.svg`,
      namespace: 'icon',
      pluginData: decodeURIComponent(path.slice(path.indexOf(',') + 1)),
    }))
    build.onLoad({ filter: /.*/, namespace: 'icon' }, ({ pluginData }) => ({
      contents: pluginData,
      loader: 'file',
    }))
  },
}

/** Bundle, and return esbuild's account of what went in and came out. */
async function bundle() {
  const { metafile } = await esbuild.build({
    absWorkingDir: here,
    entryPoints: ['src/app.css', 'src/app.js', 'src/favicon.svg'],
    outdir: fresh,
    bundle: true,
    minify: true,
    metafile: true,
    charset: 'utf8',
    legalComments: 'linked',
    target: ['chrome115', 'edge115', 'firefox115', 'safari16.5'],
    entryNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    loader: { '.svg': 'copy', '.woff2': 'file' },
    plugins: [sources],
    logLevel: 'warning',
  })
  return metafile
}

/** `app.css` → `app-3F2A91BC.css`, for everything that a page links. */
function manifest({ outputs }) {
  const entries = Object.entries(outputs).filter(([, { entryPoint }]) => entryPoint)
  return Object.fromEntries(
    entries.map(([path, { entryPoint }]) => [basename(entryPoint), basename(path)]).sort(),
  )
}

/** Name, version, licence and licence text of every package that is in the bundle. */
function thirdParty({ inputs }) {
  const used = Object.keys(inputs).filter((path) => path.includes('node_modules'))
  const packages = new Map(used.map(packageOf).map((each) => [each.name, each]))
  const parts = [...packages.values()].map(({ name, version, license, homepage }) => {
    const folder = join(here, 'node_modules', name)
    const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)/i.test(file))
    const texts = files.map((file) => readFileSync(join(folder, file), 'utf8').trim())
    return [`## ${name} ${version} (${license})`, homepage ?? '', ...texts].join('\n\n')
  })
  return ['# Software of others in this folder', FONTS, ...parts].join('\n\n') + '\n'
}

const FONTS = `## Fira Sans 4.106 (OFL-1.1)

Digitized data copyright © 2012-2015, The Mozilla Foundation and Telefonica S.A. Fira Sans is a
trademark of The Mozilla Corporation. Licensed under the SIL Open Font License, version 1.1 or
later (https://openfontlicense.org), as the font files say themselves. They come unchanged from
@kern-ux/native.`

rmSync(fresh, { recursive: true, force: true })
mkdirSync(fresh, { recursive: true })
const account = await bundle()
writeFileSync(join(fresh, 'manifest.json'), JSON.stringify(manifest(account), null, 2) + '\n')
writeFileSync(join(fresh, 'THIRD_PARTY.md'), thirdParty(account))
rmSync(target, { recursive: true, force: true })
renameSync(fresh, target)
console.log(`${Object.keys(account.outputs).length} Dateien in ${relative(dirname(web), target)}`)
