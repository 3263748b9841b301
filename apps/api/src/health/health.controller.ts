import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { READINESS } from '../tokens.js';
import type { Readiness, ReadinessReport } from './readiness.js';

/** For load balancers and supervisors. */
@Controller()
export class HealthController {
  constructor(@Inject(READINESS) private readonly readiness: Readiness) {}

  @Get('livez')
  live(): { live: true } {
    return { live: true };
  }

  @Get('readyz')
  async ready(@Res({ passthrough: true }) response: ServerResponse): Promise<ReadinessReport> {
    const report = await this.readiness.report();
    response.statusCode = report.ready ? 200 : 503;
    return report;
  }
}
