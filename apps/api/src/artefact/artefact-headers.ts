import type { ArtefactView } from '#commands';
import type { OutgoingHttpHeaders } from 'node:http';

/** Headers of a download. A run may have made it, so no browser shall run it as a page of ours. */
export function artefactHeaders({ name, mediaType, bytes, sha256 }: ArtefactView): OutgoingHttpHeaders {
  return {
    'content-type': /^[\w.+-]+\/[\w.+-]+(; *[\w-]+=[\w."-]+)*$/.test(mediaType)
      ? mediaType
      : 'application/octet-stream',
    'content-length': bytes,
    'content-disposition': contentDisposition(name),
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    etag: `"${sha256}"`,
    'cache-control': 'private, no-cache',
  };
}

/** Whether the caller has this content already. */
export function isCurrent(ifNoneMatch: string | undefined, sha256: string): boolean {
  if (ifNoneMatch === undefined) return false;
  const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(`"${sha256}"`);
}

/** RFC 6266: a plain name for old clients, the real one in UTF-8. */
function contentDisposition(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const real = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${real}`;
}
