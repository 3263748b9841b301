import { Controller, Get, Header, Inject } from '@nestjs/common';
import { HOME } from '../tokens.js';

/** The start page. */
@Controller()
export class HomeController {
  constructor(@Inject(HOME) private readonly page: string) {}

  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  home(): string {
    return this.page;
  }
}
