import type { Commands } from '#commands';
import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { contextFor } from '../graphql/graphql-context.js';
import { currentRequestId } from '../http/request-context.js';
import { COMMANDS } from '../tokens.js';
import { artefactHeaders, isCurrent } from './artefact-headers.js';

/** Downloads. */
@Controller('v1/artefacts')
export class ArtefactController {
  constructor(@Inject(COMMANDS) private readonly commands: Commands) {}

  @Get(':id')
  async download(
    @Param('id') id: string,
    @Req() request: IncomingMessage,
    @Res() response: ServerResponse,
  ): Promise<void> {
    const { artefact, content } = await this.commands.artefact(contextFor(currentRequestId()).command, {
      id,
    });
    const current = isCurrent(request.headers['if-none-match'], artefact.sha256);
    response.writeHead(current ? 304 : 200, artefactHeaders(artefact));
    response.end(current || request.method === 'HEAD' ? undefined : content);
  }
}
