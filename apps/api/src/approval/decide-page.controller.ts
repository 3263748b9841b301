import type { Commands } from '#commands';
import { isNexusError, nexusError } from '#contracts';
import type { JsonValue } from '#contracts';
import { Controller, Get, Inject, Post, Query, Req, Res } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { contextFor } from '../graphql/graphql-context.js';
import { currentRequestId } from '../http/request-context.js';
import { COMMANDS } from '../tokens.js';
import { decidedPage, linkPage, type Page, pageHeaders, refusedPage } from './decide-page.js';
import { decidePath } from './decide-path.js';

const largestForm = 256 * 1024;

/**
 * Where a person decides by a link. Looking changes nothing: mail programs and chats follow links to show what is
 * behind them. The token is the proof of who decides, so that a form from elsewhere can do nothing without it.
 */
@Controller(decidePath.slice(1))
export class DecidePageController {
  constructor(@Inject(COMMANDS) private readonly commands: Commands) {}

  @Get()
  async show(@Query('token') given: unknown, @Res() response: ServerResponse): Promise<void> {
    const token = typeof given === 'string' ? given : '';
    send(response, linkPage(await this.commands.readLink(caller(), { token: short(token) }), token));
  }

  @Post()
  async decide(@Req() request: IncomingMessage, @Res() response: ServerResponse): Promise<void> {
    const form = await formOf(request);
    const token = short(form.get('token') ?? '');
    const decision = form.get('decision');
    const view = await this.commands.readLink(caller(), { token });
    if (decision !== 'approve' && decision !== 'reject')
      return send(response, refusedPage(view, token, [fault('press one of the buttons')]));
    const approve = decision === 'approve';
    const answer = answerOf(approve ? (form.get('answer') ?? '') : '');
    if (answer === unreadable)
      return send(response, refusedPage(view, token, [fault('the answer is not JSON; text goes in quotes')]));
    const comment = form.get('comment') || undefined;
    try {
      const result = await this.commands.decideByLink(caller(), { token, approve, answer, comment });
      if ('view' in result) return send(response, linkPage(result.view, token));
      const { approval, userErrors } = result.decided;
      if (userErrors.length === 0 && approval) return send(response, decidedPage(approval));
      const now = await this.commands.readLink(caller(), { token });
      send(response, refusedPage(now, token, userErrors));
    } catch (error) {
      if (!isNexusError(error)) throw error;
      send(response, refusedPage(view, token, [fault(error.message)]));
    }
  }
}

const unreadable = Symbol('unreadable');

function answerOf(text: string): JsonValue | undefined | typeof unreadable {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return unreadable;
  }
}

async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  if (!request.headers['content-type']?.startsWith('application/x-www-form-urlencoded'))
    throw nexusError('BAD_USER_INPUT', 'this takes the form of the page at the same address');
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > largestForm)
      throw nexusError('BAD_USER_INPUT', `the form has more than ${largestForm} bytes`);
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}

/** What is longer is no token of ours, and need not be looked up. */
function short(token: string): string {
  return token.slice(0, 200);
}

function fault(message: string) {
  return { field: null, code: 'BAD_USER_INPUT', message };
}

function caller() {
  return contextFor(currentRequestId()).command;
}

function send(response: ServerResponse, { status, html }: Page): void {
  response.writeHead(status, pageHeaders);
  response.end(html);
}
