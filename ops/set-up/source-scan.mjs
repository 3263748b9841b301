import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const ignored = new Set(['node_modules', 'dist', '.nexus', '.git', 'coverage']);

/** Every file below the folders (or the files themselves), as paths relative to the root, sorted. */
export function filesBelow(root, folders) {
  const found = [];
  const visit = (relative) => {
    for (const entry of readdirSync(join(root, relative), { withFileTypes: true })) {
      if (ignored.has(entry.name)) continue;
      const path = `${relative}/${entry.name}`;
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile()) found.push(path);
    }
  };
  for (const folder of folders) {
    if (!existsSync(join(root, folder))) continue;
    if (statSync(join(root, folder)).isDirectory()) visit(folder);
    else found.push(folder);
  }
  return found.toSorted((left, right) => (left < right ? -1 : 1));
}

/** Changes whenever one of the files is added, removed or written. Reads no content: it runs on every start. */
export function fingerprint(root, files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const stat = statSync(join(root, file), { throwIfNoEntry: false });
    hash.update(`${file}\0${stat ? `${stat.size} ${stat.mtimeMs}` : 'gone'}\n`);
  }
  return hash.digest('hex');
}
