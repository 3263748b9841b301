import { describe, expect, it } from '@jest/globals';
import type { ArtefactView } from '#commands';
import { artefactHeaders, isCurrent } from './artefact-headers.js';

const artefact = (changes: Partial<ArtefactView>) =>
  artefactHeaders({
    name: 'a.txt',
    mediaType: 'text/plain',
    bytes: 3,
    sha256: 'abc',
    ...changes,
  } as ArtefactView);

describe('artefactHeaders', () => {
  it('says type, length, name and tag', () => {
    expect(artefact({})).toMatchObject({
      'content-type': 'text/plain',
      'content-length': 3,
      'content-disposition': `attachment; filename="a.txt"; filename*=UTF-8''a.txt`,
      etag: '"abc"',
    });
  });

  it('lets no name or type break out of its header', () => {
    const headers = artefact({ name: 'ü"\r\nx: y.txt', mediaType: 'text/html\r\nset-cookie: a=b' });
    expect(headers['content-disposition']).toBe(
      `attachment; filename="____x: y.txt"; filename*=UTF-8''%C3%BC%22%0D%0Ax%3A%20y.txt`,
    );
    expect(headers['content-type']).toBe('application/octet-stream');
  });
});

describe('isCurrent', () => {
  it.each([
    [undefined, false],
    ['"abc"', true],
    ['W/"abc"', true],
    ['"x", "abc"', true],
    ['*', true],
    ['"abcd"', false],
  ])('answers for %s', (header, current) => {
    expect(isCurrent(header, 'abc')).toBe(current);
  });
});
