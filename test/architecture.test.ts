/** The conventions that a machine can check. The rings are those of CONTRIBUTING.md: imports point inwards only. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { expect } from 'chai';

/** From the inside out; rings of one line do not know each other. */
const rings: readonly (readonly string[])[] = [
  ['observer', 'operator-error', 'tally'],
  ['scheduler'],
  // The store keeps bytes, and knows nothing of KMIP.
  ['ttlv', 'store'],
  ['protocol', 'profiles'],
  ['objects', 'crypto'],
  ['workers'],
  ['operations'],
  ['config', 'log'],
  ['access', 'audit', 'certs'],
  ['repository'],
  ['server', 'client', 'administration'],
  ['conformance', 'daemon'],
  ['cli'],
];

/** What KMIP is does not know how anything is kept. */
const strangersToStore = ['protocol', 'profiles', 'objects', 'crypto', 'workers', 'operations'];

/** Rows and nothing else: versions stand in columns of their own, and length is no fault. */
const tables = ['tags.ts', 'enumeration-rows.ts', 'mask-rows.ts', 'profile-names.ts'].map((name) =>
  join('src', 'protocol', name),
);

const skipped = new Set(['.git', 'node_modules', 'dist', 'kmipd-data']);

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (skipped.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesUnder(path);
    return entry.isFile() ? [relative('.', path)] : [];
  });
}

const files = filesUnder('.');
const scripts = files.filter((path) => /\.c?ts$/.test(path));
const sources = scripts.filter((path) => !path.startsWith('test'));
const text = (path: string): string => readFileSync(path, 'utf8');

/** A source without its comments; strings are matched first, so that `//` within them is none. */
const codeOf = (path: string): string =>
  text(path).replace(
    /('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|\/\/.*/g,
    (_, literal?: string) => literal ?? '',
  );

const importsOf = (path: string): string[] =>
  [...codeOf(path).matchAll(/\b(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');

const ringOf = (path: string): string => {
  const [first = '', second = ''] = path.split(/[\\/]/);
  return first === 'src' ? basename(second, '.ts') : first;
};
/** The file that an import of our own names: `#ring/name`, or `./name.ts` beside `from`. */
const fileOf = (target: string, from = ''): string => {
  if (target.startsWith('.')) return join(dirname(from), target);
  const path = `${target.slice(1)}.ts`;
  return /^#(?:ttlv|certs|profiles|test)\//.test(target) ? join(path) : join('src', path);
};
const rankOf = (ring: string): number => rings.findIndex((each) => each.includes(ring));

/** Lists the offenders, so that a failure says where to look. */
const offenders = (paths: readonly string[], offends: (path: string) => boolean): string[] => paths.filter(offends);

describe('architecture', () => {
  it('finds the sources', () => {
    expect(sources).to.include(join('ttlv', 'item.ts'));
    expect(scripts).to.include(join('test', 'architecture.test.ts'));
  });

  it('imports point inwards, by ./name.ts within a ring and #ring/name across', () => {
    const wrong = scripts.flatMap((path) => {
      const rank = rankOf(ringOf(path));
      return importsOf(path)
        .filter((target) => {
          if (target.startsWith('./')) return !target.endsWith('.ts');
          if (!target.startsWith('#')) return target.startsWith('.');
          const [ring = ''] = target.slice(1).split('/');
          // A folder within a ring reaches the rest of it by the ring's name.
          if (ring === ringOf(path)) return dirname(fileOf(target)) === dirname(path);
          // Tests, and the files beside the rings that start the program, may reach everywhere.
          return rank >= 0 && (rankOf(ring) < 0 || rankOf(ring) >= rank);
        })
        .map((target) => `${path} imports ${target}`);
    });
    expect(wrong).to.deep.equal([]);
  });

  it('keeps operations, and all that is within them, apart from the store', () => {
    const wrong = offenders(
      scripts,
      (path) =>
        strangersToStore.includes(ringOf(path)) && importsOf(path).some((target) => target.startsWith('#store/')),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('has no cycles, of types neither', () => {
    const graph = new Map(
      scripts.map((path) => [
        path,
        importsOf(path)
          .filter((target) => /^[.#]/.test(target))
          .map((target) => fileOf(target, path)),
      ]),
    );
    const finished = new Set<string>();
    const cycles: string[] = [];
    const follow = (path: string, way: readonly string[]): void => {
      const begin = way.indexOf(path);
      if (begin >= 0) cycles.push([...way.slice(begin), path].join(' -> '));
      if (begin >= 0 || finished.has(path)) return;
      for (const next of graph.get(path) ?? []) follow(next, [...way, path]);
      finished.add(path);
    };
    for (const path of graph.keys()) follow(path, []);
    expect(cycles).to.deep.equal([]);
  });

  it('has at most 20 scripts beside each other in a folder', () => {
    const counts = new Map<string, number>();
    for (const path of scripts) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
    expect([...counts].filter(([, count]) => count > 20)).to.deep.equal([]);
  });

  it('reads the environment in config.ts and in the launcher only', () => {
    const allowed = [join('src', 'config.ts'), join('src', 'launcher.cts')];
    const wrong = offenders(sources, (path) => !allowed.includes(path) && /\bprocess\.env\b/.test(codeOf(path)));
    expect(wrong).to.deep.equal([]);
  });

  it('names versions in versions.ts, in tables and as since or until of a row only', () => {
    const home = join('src', 'protocol', 'versions.ts');
    const wrong = offenders(sources, (path) => {
      if (path === home || tables.includes(path)) return false;
      const code = codeOf(path)
        .replace(/\bimport\b[^;]*;/g, '')
        .replace(/\b(?:since|until): V\d_\d\b/g, '');
      return /\bV\d_\d\b|\b0x0(?:10[0-4]|20[01])\b|\bversion\s*(?:[<>]=?|[!=]==(?! undefined))/.test(code);
    });
    expect(wrong).to.deep.equal([]);
  });

  it('keeps files at 400 lines, tables at 800', () => {
    const wrong = offenders(sources, (path) => {
      const isTable =
        tables.includes(path) || (/^export const \w+ = \{$/m.test(text(path)) && ringOf(path) === 'objects');
      return text(path).split('\n').length - 1 > (isTable ? 800 : 400);
    });
    expect(wrong).to.deep.equal([]);
  });

  it('has no file that is called after nothing', () => {
    expect(offenders(files, (path) => /\b(?:utils?|helpers?|common|misc)\.\w+$/i.test(path))).to.deep.equal([]);
  });

  it('leaves nothing for later', () => {
    const later = new RegExp(`\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].join('|')})\\b`);
    expect(offenders(scripts, (path) => later.test(text(path)))).to.deep.equal([]);
  });

  it('writes every text that may reach an answer in ASCII', () => {
    const spoken = sources.filter((path) => !path.startsWith(join('src', 'cli')));
    expect(offenders(spoken, (path) => /[^\x00-\x7f]/.test(codeOf(path)))).to.deep.equal([]);
  });

  it('names no machine and no registry', () => {
    const machine = new RegExp(
      ['/(?:root|home|work|tmp/wt)/', 'registry\\.\\w+\\.\\w+', 'proxy\\.golang']
        .map((each) => `(?:${each})`)
        .join('|'),
    );
    const own = join('test', 'architecture.test.ts');
    const readable = files.filter(
      (path) => path !== own && /\.(?:[cm]?[jt]s|json|md|ya?ml|go|mod|sum|sh|xml)$|^[^.]+$|^\.\w+$/.test(path),
    );
    expect(offenders(readable, (path) => machine.test(text(path)))).to.deep.equal([]);
    expect(text('package-lock.json')).to.not.include('"resolved"');
  });
});
