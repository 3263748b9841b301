import type { Commands } from '#commands';
import type { Logger } from '#telemetry';
import type { ApolloDriverConfig } from '@nestjs/apollo';
import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { GraphQLModule } from '@nestjs/graphql';
import { ApprovalFieldsResolver } from './approval/approval-fields.resolver.js';
import { ApprovalResolver } from './approval/approval.resolver.js';
import { DecidePageController } from './approval/decide-page.controller.js';
import { StandingRuleResolver } from './approval/standing-rule.resolver.js';
import { ArtefactController } from './artefact/artefact.controller.js';
import { BreakerResolver } from './breaker/breaker.resolver.js';
import { EventResolver } from './event/event.resolver.js';
import { HealthController } from './health/health.controller.js';
import type { Readiness } from './health/readiness.js';
import { HomeController } from './home/home.controller.js';
import { ErrorFilter } from './http/error.filter.js';
import { KillSwitchResolver } from './kill-switch/kill-switch.resolver.js';
import { NodeResolver } from './node/node.resolver.js';
import { PlanResolver } from './plan/plan.resolver.js';
import { RegistryResolver } from './registry/registry.resolver.js';
import { RollbackResolver } from './rollback/rollback.resolver.js';
import { ModelCallResolver } from './run/model-call.resolver.js';
import { RunControlResolver } from './run/run-control.resolver.js';
import { RunFieldsResolver } from './run/run-fields.resolver.js';
import { RunResolver } from './run/run.resolver.js';
import { TaskFieldsResolver } from './run/task-fields.resolver.js';
import { TemplateResolver } from './template/template.resolver.js';
import { COMMANDS, HOME, LOGGER, READINESS } from './tokens.js';

export interface ApiParts {
  readonly commands: Commands;
  readonly logger: Logger;
  readonly readiness: Readiness;
  /** HTML of the start page. */
  readonly home: string;
  readonly graphql: ApolloDriverConfig;
}

/** All doors of the API over one set of commands. */
@Module({})
export class ApiModule {
  static with({ commands, logger, readiness, home, graphql }: ApiParts): DynamicModule {
    return {
      module: ApiModule,
      imports: [GraphQLModule.forRoot<ApolloDriverConfig>(graphql)],
      controllers: [ArtefactController, DecidePageController, HealthController, HomeController],
      providers: [
        { provide: COMMANDS, useValue: commands },
        { provide: LOGGER, useValue: logger },
        { provide: READINESS, useValue: readiness },
        { provide: HOME, useValue: home },
        { provide: APP_FILTER, useClass: ErrorFilter },
        ApprovalFieldsResolver,
        ApprovalResolver,
        BreakerResolver,
        EventResolver,
        KillSwitchResolver,
        NodeResolver,
        PlanResolver,
        RegistryResolver,
        RollbackResolver,
        ModelCallResolver,
        RunControlResolver,
        RunFieldsResolver,
        RunResolver,
        StandingRuleResolver,
        TaskFieldsResolver,
        TemplateResolver,
      ],
    };
  }
}
